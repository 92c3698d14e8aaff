"""Gates whose time is over and that stay open, through the socket."""

from __future__ import annotations

import pytest
import trio

from tests.scenarios.flows import flow, gate, step
from tests.scenarios.harness import House

HOUR = 3_600_000


async def asked(d: House, more: str) -> str:
    run_id = await d.begin(flow(gate("g", more), step("x", "needs: [g]")))
    await d.run_until(run_id, "awaiting_approval")
    return run_id


async def test_r64_an_expired_gate_cancels_its_run_once(d: House) -> None:
    run_id = await asked(d, "timeout: 1h, on_timeout: cancel")
    run = await d.run_until(run_id)
    assert (run["status"], run["gate_history"][0]["decision"]) == ("cancelled", "expired")
    names = await d.names(run_id, ("approval_gate_expired", "run_cancelled"))
    await trio.sleep(120)
    assert (names, await d.names(run_id, names)) == (["approval_gate_expired", "run_cancelled"], names)


async def test_r65_reminders_come_in_their_interval_and_each_has_a_key(d: House) -> None:
    run_id = await asked(d, "timeout: 1h, on_timeout: remind, remind_every: 10m")
    await trio.sleep(65 * 60)
    events = [event for event in await d.events(run_id) if event["event"] == "approval_gate_reminder_due"]
    assert [(event["reminder_count"], event["expired"]) for event in events] == [
        (1, False), (2, False), (3, False), (4, False), (5, False), (6, True),
    ]  # fmt: skip
    assert events[0]["notification_key"] == f"workflow:{run_id}:g:1:reminder:1"
    await d.decide(run_id, "approve")
    assert (await d.run_until(run_id))["status"] == "completed"


async def test_r66_without_a_time_of_its_own_a_gate_has_seven_days(d: House) -> None:
    run_id = await asked(d, "prompt: Sure?")
    opened = await d.gate(run_id)
    assert (opened["expires_at_ms"] - opened["opened_at_ms"], opened["on_expiry"]) == (604_800_000, "cancel")


@pytest.mark.parametrize("crash", [False, True])
async def test_a_reminder_that_came_while_no_daemon_ran_comes_once(d: House, *, crash: bool) -> None:
    run_id = await asked(d, "timeout: 2d, on_timeout: escalate, escalate_to: '@lead', remind_every: 1h")
    await (d.crash() if crash else d.stop())
    d.clock.jump(10 * HOUR)
    await d.start()
    await trio.sleep(40)
    assert (await d.names(run_id)).count("approval_gate_reminder_due") == 1


async def test_an_escalated_gate_stays_open_and_is_answered_late(d: House) -> None:
    run_id = await asked(d, "timeout: 1h, on_timeout: escalate, escalate_to: '@lead'")
    await trio.sleep(2 * 3600)
    opened = await d.gate(run_id)
    assert (opened["escalated_to"], (await d.names(run_id)).count("approval_gate_escalated")) == ("@lead", 1)
    await d.decide(run_id, "approve")
    assert (await d.run_until(run_id))["status"] == "completed"


async def test_silence_is_taken_for_an_approval_where_the_gate_says_so(d: House) -> None:
    run_id = await asked(d, "timeout: 1h, on_timeout: resume")
    run = await d.run_until(run_id)
    assert (run["status"], run["gate_history"][0]["decision"], run["gate_history"][0]["decided_by"]) == (
        "completed",
        "timeout_resume",
        "system",
    )


async def test_a_gate_that_is_open_for_a_day_is_marked(d: House) -> None:
    run_id = await asked(d, "prompt: Sure?")
    d.clock.jump(25 * HOUR)
    await trio.sleep(60)
    assert (await d.gate(run_id))["stale"] is True
    assert (await d.names(run_id)).count("approval_gate_marked_stale") == 1
