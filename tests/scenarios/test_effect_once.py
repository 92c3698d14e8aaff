"""What must happen once is never started again unasked."""

from __future__ import annotations

from typing import Any

import pytest

from tests.scenarios.flows import flow, gate, step
from tests.scenarios.harness import House
from tests.scenarios.script import Hold, give, take

PAY = flow(step("pay", "effect: once, retry: {max_attempts: 5}"), step("thank", "needs: [pay]"))


async def asked(d: House) -> str:
    """A run whose payment was under way when the daemon died."""
    hold = Hold()
    d.script.on("pay", hold)
    run_id = await d.begin(PAY)
    await hold.begun()
    await d.restart(crash=True)
    run = await d.run_until(run_id, "awaiting_approval")
    assert (run["open_gates"], d.script.count("pay")) == (["pay.outcome"], 1)
    return run_id


@pytest.mark.parametrize(("decision", "status", "pays", "thanks"), [
    ("approve", "completed", 1, 1), ("rework", "completed", 2, 1), ("reject", "failed", 1, 0), ("cancel", "cancelled", 1, 0),
])  # fmt: skip
async def test_after_a_crash_a_person_says_what_became_of_it(d: House, decision: str, status: str, pays: int, thanks: int) -> None:
    run_id = await asked(d)
    await d.decide(run_id, decision)
    run = await d.run_until(run_id)
    assert (run["status"], d.script.count("pay"), d.script.count("thank")) == (status, pays, thanks)


async def test_the_question_survives_more_restarts_and_never_expires(d: House) -> None:
    run_id = await asked(d)
    found = await d.gate(run_id, gate="pay.outcome")
    assert ("expires_at_ms" in found, "without a recorded outcome" in found["prompt"]) == (False, True)
    await d.restart(crash=True)
    await d.restart()
    assert await d.gate(run_id) == found
    await d.decide(run_id, "approve", gate="pay.outcome", nonce=found["nonce"], shown_digest=found["shown_digest"])
    assert (await d.run_until(run_id))["status"] == "completed"


async def test_a_crash_after_the_rework_asks_again(d: House) -> None:
    run_id = await asked(d)
    again = Hold()
    d.script.on("pay", again)
    await d.decide(run_id, "rework")
    await again.begun()
    await d.restart(crash=True)
    run = await d.run_until(run_id, "awaiting_approval")
    assert (run["open_gates"], d.script.count("pay")) == (["pay.outcome"], 2)
    await d.decide(run_id, "approve")
    assert (await d.run_until(run_id))["status"] == "completed"


async def test_a_time_limit_leaves_the_outcome_unknown(d: House) -> None:
    d.script.on("pay", take(60))
    run_id = await d.begin(flow(step("pay", "effect: once, timeout: 5s, retry: {max_attempts: 3}")))
    run = await d.run_until(run_id, "awaiting_approval", "failed", "completed")
    assert (run["status"], run["open_gates"], d.script.count("pay")) == ("awaiting_approval", ["pay.outcome"], 1)
    await d.decide(run_id, "reject")
    assert (await d.run_until(run_id))["status"] == "failed"


async def test_a_pause_that_interrupts_it_asks_too(d: House) -> None:
    hold = Hold()
    d.script.on("pay", hold, give("paid"))
    run_id = await d.begin(PAY)
    await hold.begun()
    await d.call("run.pause", run_id=run_id)
    run = await d.run(run_id)
    assert (run["status"], run["open_gates"]) == ("paused", ["pay.outcome"])
    await d.call("run.resume", run_id=run_id)
    await d.run_until(run_id, "awaiting_approval")
    await d.decide(run_id, "rework")
    run = await d.run_until(run_id)
    assert (run["status"], d.script.count("pay"), run["nodes"][0]["output"]) == ("completed", 2, "paid")


async def test_a_failure_that_it_reports_itself_is_an_ordinary_one(d: House) -> None:
    hold = Hold(error="card refused")
    hold.open()
    d.script.on("pay", hold, give("paid"))
    run_id = await d.begin(PAY)
    run = await d.run_until(run_id)
    assert (run["status"], d.script.count("pay")) == ("completed", 2)


async def test_other_nodes_go_on_while_a_person_is_asked(d: House) -> None:
    hold = Hold()
    d.script.on("pay", hold)
    text = flow(step("pay", "effect: once"), step("x"), step("y", "needs: [x]"), gate("g", "needs: [pay, y]"), top="limits: {parallel: 2}")
    run_id = await d.begin(text)
    await hold.begun()
    await d.restart(crash=True)

    def rest(run: dict[str, Any]) -> bool:
        return run["status"] == "awaiting_approval" and all(node["status"] == "completed" for node in run["nodes"][1:3])

    await d.when(run_id, rest)
    await d.decide(run_id, "approve")
    await d.when(run_id, lambda run: run["open_gates"] == ["g"] and run["status"] == "awaiting_approval")
    await d.decide(run_id, "approve")
    assert (await d.run_until(run_id))["status"] == "completed"
