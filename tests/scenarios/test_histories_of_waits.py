"""Waits as public histories tell them and their scheduler counts them: woken, timed out, over deaths, pauses and clocks that jump."""

from __future__ import annotations

import pytest
import trio

from tests.scenarios.flows import flow, gate, step, wait
from tests.scenarios.harness import House
from tests.scenarios.script import Hold
from tests.scenarios.ticking import counted, ticks, told_of, waited
from tests.scenarios.told import WAIT, caught_up, names, whole


async def test_p51_a_timer_is_told_once_with_its_lag(h: House) -> None:
    run_id = await h.begin(flow(wait("nap", "timer: 90s"), step("b", "needs: [nap]")))
    run = await h.run_until(run_id, "waiting")
    await h.crash()
    await trio.sleep((run["waits"][0]["wake_at_ms"] + 250 - h.clock.now_ms()) / 1000)
    await h.start()
    await h.run_until(run_id)
    found = await whole(h, run_id)
    [woken] = told_of(found)
    assert woken["event_type"] == f"{WAIT}timer_woken"
    payload = woken["payload"]
    assert woken["event_id"] == f"stateful-wait-{payload['completion_key']}"
    assert payload["completion_key"] == f"timer:{run_id}:{payload['wait_id']}:{payload['wake_at_ms']}"
    assert (payload["lag_ms"], payload["scheduler"]) == (250, "stateful-wait-scheduler")
    assert woken["occurred_at_ms"] == payload["wake_at_ms"] + 250
    assert (woken["wait_kind"], woken["phase_id"], woken["causation_id"]) == ("timer", "nap", payload["wait_id"])
    at = found["events"].index(woken)
    told = found["snapshots"]
    assert (told[at]["status"], told[at]["phase"], "checkpoint" in told[at]) == ("sleeping", "sleeping", False)
    assert names(found)[at + 2] == "stateful_wait_woken_requeued"
    assert (told[at + 2]["status"], (await waited(h, run_id))[0]["status"]) == ("queued", "woken")
    assert await counted(h) == (1, 1, 1, 0, 0)
    await trio.sleep(600)
    after = await ticks(h)
    assert (after["checked"], after["outcome_timer_woken"], after["max_lag_ms"]) == (1, 1, 250)
    assert after["ticks"] > 10


@pytest.mark.parametrize(
    ("ending", "reason"), [pytest.param("cancelled", "phase_terminal", id="P52"), pytest.param("blocked", "run_terminal", id="P92")]
)
async def test_p52_p92_a_timer_of_a_run_that_has_ended_wakes_nothing(h: House, ending: str, reason: str) -> None:
    """That a run cannot complete while a wait is open, tests/actors/wait/test_completed.py shows."""
    hold = Hold()
    h.script.on("a", hold)
    run_id = await h.begin(flow(wait("nap", "timer: 1h"), step("a"), top="limits: {parallel: 2}"))
    await hold.begun()
    if ending == "blocked":
        await h.call("run.finish", run_id=run_id)
        hold.open()
    else:
        await h.call("run.cancel", run_id=run_id)
    run = await h.run_until(run_id)
    assert run["status"] == ending
    [row] = await waited(h, run_id)
    assert (row["status"], row["denied"], row["completion_key"]) == ("cancelled", reason, f"phase-guard-denied:{row['wait_id']}")
    before = await h.names(run_id)
    await trio.sleep(7200)
    assert (await h.names(run_id), (await h.run(run_id))["status"]) == (before, ending)
    assert told_of(await whole(h, run_id)) == []
    assert await counted(h) == (0, 0, 0, 0, 0)


async def test_p53_an_escalated_wait_is_told_with_its_dead_letter(h: House) -> None:
    run_id = await h.begin(flow(wait("pay", "timer: 11m, timeout: 10m, on_timeout: escalate, escalate_to: '@ops'")))
    await h.run_until(run_id, "paused")
    found = await whole(h, run_id)
    [event] = told_of(found)
    assert (event["event_type"], event["payload"]["timeout_policy"]["on_timeout"]) == (f"{WAIT}timeout_escalated", "escalate")
    [letter] = (await h.call("dead_letter.list", run_id=run_id))["letters"]
    detail = (await h.call("dead_letter.get", letter_id=letter["letter_id"]))["letter"]
    assert (detail["source_type"], sorted(detail["options"])) == ("stateful_wait", ["compensate", "ignore"])
    assert found["snapshots"][-1]["phase"] == "paused_attention_required"
    await trio.sleep(600)  # its wake would be due
    assert (len(await h.names(run_id)), (await waited(h, run_id))[0]["status"]) == (len(names(found)), "escalated")
    assert (await counted(h), (await ticks(h))["outcome_timeout_escalated"]) == ((1, 1, 1, 0, 0), 1)


@pytest.mark.parametrize(
    ("timeout", "event"),
    [pytest.param("1h", "timeout_resumed", id="P58"), pytest.param("2h", "timer_woken", id="P59")],
)
async def test_p58_p59_of_a_wake_and_a_timeout_the_earlier_one_counts(h: House, timeout: str, event: str) -> None:
    run_id = await h.begin(flow(wait("nap", f"timer: 1h, timeout: {timeout}, on_timeout: resume")))
    await h.run_until(run_id, "waiting")
    await h.crash()
    await trio.sleep(4 * 3600)
    await h.start()
    await h.run_until(run_id)
    assert [name for name in names(await whole(h, run_id)) if name.startswith(WAIT)] == [f"{WAIT}{event}"]
    assert (await counted(h), (await ticks(h))[f"outcome_{event}"]) == ((1, 1, 1, 0, 0), 1)


async def test_p61_a_webhook_without_a_rule_of_its_own_matches_by_its_trigger_alone(h: House) -> None:
    run_id = await h.begin(flow(wait("hook", "webhook: ci, match: {field: idempotency_key, value: o1}")))
    await h.run_until(run_id, "waiting")
    await h.call("webhook.deliver", trigger_id="other", payload={}, idempotency_key="o1")
    await h.call("webhook.deliver", trigger_id="ci", payload={})
    await trio.sleep(10)
    assert (await h.run(run_id))["status"] == "waiting"
    assert (await caught_up(h, run_id))["events"][-1]["event_type"].endswith("run_waiting")
    await h.call("webhook.deliver", trigger_id="ci", payload={}, idempotency_key="o1")
    await h.run_until(run_id)
    found = await whole(h, run_id)
    assert f"{WAIT}webhook_woken" in names(found)
    assert "waiting_webhook" in [one["phase"] for one in found["snapshots"]]


async def test_p83_a_timer_of_a_paused_run_is_told_and_the_run_stays_paused(h: House) -> None:
    run_id = await h.begin(flow(wait("nap", "timer: 60s"), step("b", "needs: [nap]")))
    await h.run_until(run_id, "waiting")
    await h.call("run.pause", run_id=run_id)
    await h.when(run_id, lambda run: run["nodes"][0]["status"] == "completed")
    found = await whole(h, run_id)
    assert len([name for name in names(found) if name.startswith(WAIT)]) == 1
    assert (found["snapshots"][-1]["status"], (await h.run(run_id))["status"]) == ("paused", "paused")
    await h.call("run.resume", run_id=run_id)
    assert (await h.run_until(run_id))["status"] == "completed"
    assert h.script.count("b") == 1
    assert ((await waited(h, run_id))[0]["status"], await counted(h)) == ("woken", (1, 1, 1, 0, 0))


async def test_p90_a_wait_that_opens_again_is_another_wait(h: House) -> None:
    nodes = (step("a"), wait("nap", "timer: 60s", "needs: [a]"), gate("ask", "needs: [nap], rework: [a]"))
    run_id = await h.begin(flow(*nodes))
    await h.run_until(run_id, "awaiting_approval")
    await h.decide(run_id, "rework", feedback="again")
    await h.when(run_id, lambda run: run["status"] == "waiting" and h.script.count("a") == 2)
    first, second = await waited(h, run_id)
    assert (first["status"], second["status"], first["instance"], second["instance"]) == ("woken", "waiting", 1, 2)
    assert first["wait_id"] != second["wait_id"]
    await h.run_until(run_id, "awaiting_approval")
    await h.decide(run_id, "approve")
    await h.run_until(run_id)
    woken = [event for event in (await whole(h, run_id))["events"] if event["event_type"] == f"{WAIT}timer_woken"]
    assert len({event["causation_id"] for event in woken}) == len({event["event_id"] for event in woken}) == 2
