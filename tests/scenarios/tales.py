"""The canonical scenarios: told the same way whether daemons die under them or not. Each answers its run."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import trio

from tests.scenarios.client import Refused
from tests.scenarios.flows import flow, gate, step, wait
from tests.scenarios.handing import hand, watcher
from tests.scenarios.harness import House
from tests.scenarios.planned import put_planned, until
from tests.scenarios.script import Call, Hold, fail, take, write
from tests.scenarios.tales_agents import AGENT_TALES
from tests.scenarios.tales_flow import FLOW_TALES
from tests.scenarios.tales_gates import GATE_TALES
from tests.scenarios.tales_learning import LEARNING_TALES
from tests.scenarios.tales_loops import LOOP_TALES
from tests.scenarios.tales_outside import OUTSIDE_TALES
from tests.scenarios.tales_races import RACE_TALES
from tests.scenarios.tales_recovery import RECOVERY_TALES
from tests.scenarios.tales_worktrees import WORKTREE_TALES

__all__ = ["TALES", "ending_of"]

MANY = 12
"""More calls of a node than any story makes, so that an act holds for all of them."""


async def _linear(house: House) -> str:
    return await house.begin(
        flow(step("a"), step("b", "needs: [a]"), step("c", "needs: [b]"), top='output: {last: "{{ nodes.c.output }}"}')
    )


async def _fan(house: House) -> str:
    branches = [f"b{i}" for i in range(8)]
    nodes = [step("a"), *(step(name, "needs: [a]") for name in branches), step("z", f"needs: [{', '.join(branches)}]")]
    return await house.begin(flow(*nodes, top="limits: {parallel: 8}"))


async def _retry(house: House) -> str:
    house.script.on("b", fail())
    retry = "needs: [a], retry: {max_attempts: 4, backoff: {strategy: fixed, initial: 2s}}"
    return await house.begin(flow(step("a"), step("b", retry), step("c", "needs: [b]")))


async def _asked(house: House) -> str:
    run_id = await house.begin(flow(step("a"), gate("ask", "needs: [a]"), step("b", "needs: [ask]")))
    await house.run_until(run_id, "awaiting_approval")
    return run_id


async def _approved(house: House) -> str:
    run_id = await _asked(house)
    await house.decide(run_id, "approve", feedback="yes")
    return run_id


async def _rejected(house: House) -> str:
    run_id = await _asked(house)
    await house.decide(run_id, "reject", feedback="no")
    return run_id


async def _cancelled(house: House) -> str:
    hold = Hold()
    house.script.on("b", *[hold] * MANY)
    house.script.on("tidy", *[take(1)] * MANY)
    run_id = await house.begin(flow(step("a"), step("b", "needs: [a]"), step("c", "needs: [b]"), last=(step("tidy"),)))
    await hold.begun()
    await house.call("run.cancel", run_id=run_id, reason="enough")
    return run_id


async def _artifact(house: House) -> str:
    house.script.on("draft", *[write("out/deep/notes.json", '{"n": 1}')] * MANY)
    draft = step("draft", "artifact: {path: out/deep/notes.json, schema: notes}")
    use = step("use", 'needs: [ask], with: {sha: "{{ nodes.draft.artifact.sha256 }}"}')
    top = "schemas: {notes: {type: object, required: [n]}}"
    run_id = await house.begin(flow(draft, gate("ask", "needs: [draft]"), use, top=top))
    await house.run_until(run_id, "awaiting_approval")
    shown = await _gate(house, run_id)
    if shown is not None:
        await house.decide(run_id, "approve", shown_digest=shown["shown_digest"])
    return run_id


async def _gate(house: House, run_id: str) -> dict[str, Any] | None:
    try:
        return await house.gate(run_id)
    except Refused:
        return None


async def _finally(house: House) -> str:
    house.script.on("b", *[fail("broken")] * MANY)
    tidy = (step("tidy", 'with: {how: "{{ run.workflow_outcome }}"}'), step("tell", "needs: [tidy]"))
    return await house.begin(flow(step("a"), step("b", "needs: [a]"), step("c", "needs: [b]"), last=tidy))


async def _timer(house: House) -> str:
    pay = wait("pay", "signal: payment, timeout: 20s, on_timeout: resume")
    return await house.begin(flow(step("a"), wait("nap", "timer: 5s", "needs: [a]"), pay, step("b", "needs: [nap, pay]")))


async def _signal(house: House) -> str:
    """The signal races the opening of its wait."""
    run_id = await house.begin(flow(step("a"), wait("pay", "signal: payment", "needs: [a]"), step("b", "needs: [pay]")))
    await house.call("signal.send", run_id=run_id, name="payment", payload={"amount": 20}, key="k1")
    return run_id


async def _webhook(house: House) -> str:
    hook = wait("hook", "webhook: ci, match: {field: idempotency_key, value: o1}", "needs: [a]")
    run_id = await house.begin(flow(step("a"), hook, step("b", "needs: [hook]")))
    await house.call("webhook.deliver", trigger_id="ci", payload={"state": "green"}, idempotency_key="o1")
    return run_id


async def _escalated(house: House) -> str:
    pay = wait("pay", "signal: payment, timeout: 5s, on_timeout: escalate, escalate_to: '@ops'")
    run_id = await house.begin(flow(pay, step("b", "needs: [pay]")))
    await house.run_until(run_id, "paused")
    await house.call("run.resume", run_id=run_id)
    await house.call("signal.send", run_id=run_id, name="payment", key="k1")
    return run_id


async def _scheduled(house: House) -> str:
    """The first run of a schedule whose next time is not awaited. A death may make the time late; it is made up for."""
    first = await put_planned(house, "every: 2m", step("a"), step("b", "needs: [a]"))
    await until(house, first)
    return await _only_run(house, "job")


async def _handed_over(house: House) -> str:
    await house.put(watcher(house, step("a", 'with: {id: "{{ inputs.handoff_id }}"}'), top="inputs: {handoff_id: {default: none}}"))
    hand(house, "h1")
    await trio.sleep(40)
    return await _only_run(house, "publish")


async def _only_run(house: House, workflow_id: str) -> str:
    [run] = (await house.call("run.list", workflow_id=workflow_id))["runs"]
    return str(run["run_id"])


async def _dead_letter(house: House) -> str:
    """What is broken is mended before somebody asks for a retry."""
    broken = True

    async def pay(call: Call) -> Any:
        if broken:
            raise ConnectionError("the bank is down")
        return {"paid": True}

    house.script.on("pay", *[pay] * MANY)
    run_id = await house.begin(flow(step("pay", "retry: {terminal_behavior: dead_letter}"), step("b", "needs: [pay]")))
    await house.run_until(run_id, "failed")
    (letter,) = (await house.call("dead_letter.list", run_id=run_id))["letters"]
    broken = False
    await house.call("dead_letter.retry", letter_id=letter["letter_id"])
    for _ in range(MANY * MANY):
        if (await house.call("dead_letter.get", letter_id=letter["letter_id"]))["letter"]["status"] == "resolved":
            return run_id
        await trio.sleep(1)
    raise AssertionError("the letter was not resolved")


async def _dry_run(house: House) -> str:
    """A plan is told, then the run itself is made."""
    text = flow(step("a", 'with: {x: "{{ inputs.x }}"}'), step("b", "needs: [a]"), top="inputs: {x: {type: string}}")
    rehearsed = await house.begin(text, dry_run=True, inputs={"x": "1"})
    assert (await house.run(rehearsed))["detail"] == {"code": "dry_run"}
    return await house.begin(text, inputs={"x": "1"})


async def _purge(house: House) -> str:
    """A run that has ended goes; another one of its workflow stays."""
    text = flow(step("a", "retry: {terminal_behavior: dead_letter}"), step("b", "needs: [a]"))
    house.script.on("a", *[fail()] * MANY)
    gone = await house.begin(text, request_id="first")
    await house.run_until(gone)
    await house.call("run.purge", run_id=gone)
    with pytest.raises(Refused):
        await house.call("run.get", run_id=gone)
    kept = await house.begin(text)
    await house.run_until(kept)
    return kept


TALES: dict[str, Callable[[House], Awaitable[str]]] = {
    "linear": _linear, "fan": _fan, "retry": _retry, "approved": _approved, "rejected": _rejected, "cancelled": _cancelled,
    "artifact": _artifact, "finally": _finally, "timer": _timer, "signal": _signal, "webhook": _webhook, "escalated": _escalated,
    "schedule": _scheduled, "handoff": _handed_over, "dead_letter": _dead_letter, "dry_run": _dry_run, "purge": _purge,
    **RECOVERY_TALES, **RACE_TALES, **GATE_TALES, **OUTSIDE_TALES, **AGENT_TALES, **WORKTREE_TALES, **FLOW_TALES, **LOOP_TALES,
    **LEARNING_TALES,
}  # fmt: skip


async def ending_of(house: House, run_id: str) -> dict[str, Any]:
    """What became of the run, apart from times and attempts."""
    run = await house.run_until(run_id)
    nodes = {
        node["node_id"]: (
            node["status"],
            node["instance"],
            _plain(node.get("output")),
            _own_code(node.get("error", {}).get("code")),
            node.get("artifact"),
        )
        for node in run["nodes"]
    }
    history = [(entry["node_id"], entry["instance"], entry["decision"]) for entry in run["gate_history"] if not _of_tool(entry)]
    history += sorted({(entry["gate_name"], 0, entry["decision"]) for entry in run["gate_history"] if _of_tool(entry)})
    known = ("status", "detail", "stop_kind", "stop_reason", "output", "inputs", "workflow_id", "version", "digest", "open_gates")
    return {name: run.get(name) for name in known} | {"nodes": nodes, "history": history}


def _of_tool(entry: dict[str, Any]) -> bool:
    """Nobody knows what came of an approved call in which a daemon died, and the agent asks anew. How often is no matter of the tale."""
    return str(entry["gate_name"]).endswith(".tool")


def _own_code(code: str | None) -> str | None:
    """That an attempt was lost with its daemon is no matter of the tale."""
    return None if code == "interrupted_by_restart" else code


def _plain(output: Any) -> Any:
    """Without what differs from one telling to the next."""
    if not isinstance(output, dict):
        return output
    if output.get("blocker_category") == "server_restart_interrupted":
        return None
    if output.get("contract_kind") == "stateful_wait":
        content = output["content"]
        return content["wait_kind"], content["event_type"], content["wake"].get("payload")
    if output.get("contract_kind") in ("approval_gate", "quality_gate"):
        return {name: value for name, value in output["content"].items() if name != "decided_at_ms"}
    return output
