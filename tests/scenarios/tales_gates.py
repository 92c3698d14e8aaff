"""Tales of gates: every decision, and everything that follows when nobody decides."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from tests.scenarios.flows import flow, gate, step
from tests.scenarios.harness import House
from tests.scenarios.script import give

__all__ = ["GATE_TALES"]

MANY = 12


def _open(name: str, instance: int = 1, **known: Any) -> Callable[[dict[str, Any]], bool]:
    """Whether the gate is open in that instance, with these facts about it."""

    def holds(run: dict[str, Any]) -> bool:
        found = next((node.get("gate") for node in run["nodes"] if node["node_id"] == name), None)
        return found is not None and found["instance"] == instance and all(found.get(key) == value for key, value in known.items())

    return holds


async def _answered(house: House) -> str:
    """Rework, approve, reject that goes on; options of an earlier node; a verdict; and at last a rejection."""
    house.script.on("plan", *[give({"all": ["x", "y"], "confidence": 90})] * MANY)
    run_id = await house.begin(
        flow(
            step("plan"), gate("ask", "needs: [plan], options: plan.all"), gate("no", "needs: [ask], on_reject: continue"),
            "{id: q, gate: quality, needs: [no], source: plan, threshold: 80}", gate("last", "needs: [q]"), step("b", "needs: [last]"),
        )
    )  # fmt: skip
    await house.when(run_id, _open("ask"))
    await house.decide(run_id, "rework", gate="ask", feedback="shorter")
    await house.when(run_id, _open("ask", 2))
    await house.decide(run_id, "approve", gate="ask", selections=["y"])
    await house.when(run_id, _open("no", 2))
    await house.decide(run_id, "reject", gate="no", feedback="later")
    await house.when(run_id, _open("last", 2))
    await house.decide(run_id, "reject", gate="last")
    return run_id


async def _unanswered(house: House) -> str:
    """Nobody answers in time: the run goes on, silence counts, somebody else is asked, people are reminded, the node fails."""
    late = "timeout: 1s, on_timeout"
    run_id = await house.begin(
        flow(
            gate("c", f"{late}: continue"), gate("r", f"needs: [c], {late}: resume, min_approvals: 2"),
            gate("e", f"needs: [r], {late}: escalate"), gate("m", f"needs: [e], {late}: remind"), gate("f", f"needs: [m], {late}: fail"),
        )
    )  # fmt: skip
    await house.when(run_id, _open("r"))
    await house.decide(run_id, "approve", gate="r", request_id="one-of-two")
    await house.when(run_id, _open("e", escalated_to="unassigned_escalation_principal"))
    await house.decide(run_id, "approve", gate="e")
    await house.when(run_id, _open("m", reminders=1))
    await house.decide(run_id, "approve", gate="m")
    return run_id


async def _given_up(house: House) -> str:
    """A gate cancels the run, which cleans up first."""
    run_id = await house.begin(flow(step("a"), gate("g", "needs: [a]"), last=(step("tidy"),)))
    await house.when(run_id, _open("g"))
    await house.decide(run_id, "cancel", reason="enough")
    return run_id


async def _ran_out(house: House) -> str:
    """Nobody answers a gate that then cancels the run."""
    return await house.begin(flow(step("a"), gate("g", "needs: [a], timeout: 5s, on_timeout: cancel"), last=(step("tidy"),)))


GATE_TALES: dict[str, Callable[[House], Awaitable[str]]] = {
    "gates_answered": _answered, "gates_unanswered": _unanswered, "gate_cancels": _given_up, "gate_runs_out": _ran_out,
}  # fmt: skip
