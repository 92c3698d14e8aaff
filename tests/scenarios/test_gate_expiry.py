"""Gates that nobody answers, and answers that come too late."""

from __future__ import annotations

import pytest
import trio

from tests.scenarios.flows import flow, gate, step
from tests.scenarios.harness import House


def asking(action: str, timeout: str = "5m") -> str:
    return flow(
        gate("ask", f"timeout: {timeout}, on_timeout: {action}"), step("b", 'needs: [ask], with: {said: "{{ nodes.ask.decision }}"}')
    )


async def test_expiry_fail_fails_the_node_and_never_early(d: House) -> None:
    run_id = await d.begin(asking("fail"))
    opened = (await d.run_until(run_id, "awaiting_approval"))["updated_at_ms"]
    run = await d.run_until(run_id)
    assert (run["status"], run["nodes"][0]["error"]["code"]) == ("failed", "gate_timed_out")
    assert 300_000 <= run["finished_at_ms"] - opened <= 301_000
    names = await d.names(run_id, ("approval_gate_opened", "approval_gate_expired", "approval_gate_decided", "node_failed", "run_failed"))
    assert names == ["approval_gate_opened", "approval_gate_expired", "approval_gate_decided", "node_failed", "run_failed"]
    decided = next(event for event in await d.events(run_id) if event["event"] == "approval_gate_decided")
    assert (decided["decision"], decided["decided_by"]) == ("timed_out", "system")


async def test_gt70_expiry_continue_counts_as_completed_and_can_be_read(d: House) -> None:
    run_id = await d.begin(asking("continue"))
    run = await d.run_until(run_id)
    assert (run["status"], d.script.calls()[-1]["given"]) == ("completed", {"said": "timed_out"})


async def test_r64_expiry_cancel_cancels_once(d: House) -> None:
    run_id = await d.begin(asking("cancel", "1ms"))
    run = await d.run_until(run_id)
    assert (run["status"], run["stop_kind"]) == ("cancelled", "cancelled")
    names = await d.names(run_id)
    assert names[-3:-1] == ["approval_gate_expired", "run_cancelled"]
    await trio.sleep(120)
    assert await d.names(run_id) == names


async def test_gt69_a_timeout_of_nothing_expires_at_once(d: House) -> None:
    run_id = await d.begin(asking("fail", "0s"))
    run = await d.run_until(run_id)
    assert (run["status"], run["nodes"][0]["error"]["code"]) == ("failed", "gate_timed_out")


async def test_gg17_without_a_timeout_a_gate_is_open_for_seven_days_then_cancels(d: House) -> None:
    run_id = await d.begin(flow(gate("ask")))
    await d.run_until(run_id, "awaiting_approval")
    found = await d.gate(run_id)
    assert (found["expires_at_ms"] - found["opened_at_ms"], found["on_expiry"]) == (604_800_000, "cancel")


async def test_gg18_a_held_run_keeps_its_gate_and_expires_after_the_resume(d: House) -> None:
    run_id = await d.begin(asking("cancel"))
    await d.run_until(run_id, "awaiting_approval")
    await d.call("run.pause", run_id=run_id)
    await trio.sleep(600)
    assert (await d.run(run_id))["status"] == "paused"
    refused = await d.refused("gate.decide", run_id=run_id, decision="approve")
    assert refused.code == "gate_expired"
    await d.call("run.resume", run_id=run_id)
    assert (await d.run_until(run_id))["status"] == "cancelled"


async def test_gg24_an_answer_at_the_due_time_is_late(d: House) -> None:
    run_id = await d.begin(asking("fail"))
    await d.run_until(run_id, "awaiting_approval")
    d.clock.jump(300_000)
    refused = await d.refused("gate.decide", run_id=run_id, decision="approve")
    assert refused.code in ("gate_expired", "gate_already_decided")
    run = await d.run_until(run_id)
    assert run["nodes"][0]["error"]["code"] == "gate_timed_out"


@pytest.mark.parametrize("crash", [False, True])
async def test_a_gate_that_expired_while_no_daemon_lived_expires_after_the_start(d: House, *, crash: bool) -> None:
    run_id = await d.begin(asking("fail"))
    await d.run_until(run_id, "awaiting_approval")
    await (d.crash() if crash else d.stop())
    await trio.sleep(400)
    await d.start()
    started = d.clock.now_ms()
    run = await d.run_until(run_id)
    assert (run["status"], run["finished_at_ms"] - started <= 5_000) == ("failed", True)


async def test_other_branches_go_on_when_a_gate_expires(d: House) -> None:
    text = flow(gate("ask", "timeout: 5m, on_timeout: continue"), step("other"), step("end", "needs: [ask, other]"))
    run_id = await d.begin(text)
    assert (await d.run_until(run_id))["status"] == "completed"
    assert [call["node"] for call in d.script.calls()] == ["other", "end"]
