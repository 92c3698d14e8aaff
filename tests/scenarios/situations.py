"""A run in each status, however one gets there; the same few situations serve many stories."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from tests.scenarios.flows import flow, gate, step, wait
from tests.scenarios.harness import House
from tests.scenarios.script import Hold, fail, give

__all__ = ["SITUATIONS", "in_status"]


async def _queued(d: House) -> str:
    """Held in the queue by a back-off that is far away."""
    d.script.on("a", fail())
    run_id = await d.begin(flow(step("a", "retry: {max_attempts: 3, backoff: {strategy: fixed, initial: 1h}}"), name="queued"))
    await d.run_until(run_id, "queued")
    await d.when(run_id, lambda run: "retry_after_ms" in run.get("scheduler", {}))
    return run_id


async def _running(d: House) -> str:
    hold = Hold()
    d.script.on("r", hold)
    run_id = await d.begin(flow(step("r"), step("s", "needs: [r]"), name="running"))
    await hold.begun()
    return run_id


async def _paused(d: House) -> str:
    run_id = await _running(d)
    await d.call("run.pause", run_id=run_id)
    return run_id


async def _awaiting(d: House) -> str:
    run_id = await d.begin(flow(gate("ask"), step("after", "needs: [ask]"), name="awaiting"))
    await d.run_until(run_id, "awaiting_approval")
    return run_id


async def _completed(d: House) -> str:
    run_id = await d.begin(flow(step("c"), name="completed"))
    await d.run_until(run_id)
    return run_id


async def _failed(d: House) -> str:
    d.script.on("f", fail())
    run_id = await d.begin(flow(step("e"), step("f", "needs: [e]"), name="failed"))
    await d.run_until(run_id)
    return run_id


async def _waiting(d: House) -> str:
    run_id = await d.begin(flow(wait("w", "timer: 10h"), step("after", "needs: [w]"), name="waiting"))
    await d.run_until(run_id, "waiting")
    return run_id


async def _blocked(d: House) -> str:
    d.script.on("b", give({"status": "blocked", "blocked_reason": "no access"}))
    run_id = await d.begin(flow(step("b", "contract: {kind: report}"), step("after", "needs: [b]"), name="blocked"))
    await d.run_until(run_id)
    return run_id


async def _cancelled(d: House) -> str:
    run_id = await _running(d)
    await d.call("run.cancel", run_id=run_id)
    return run_id


SITUATIONS: dict[str, Callable[[House], Awaitable[str]]] = {
    "queued": _queued, "running": _running, "paused": _paused, "awaiting_approval": _awaiting, "completed": _completed,
    "failed": _failed, "cancelled": _cancelled, "waiting": _waiting, "blocked": _blocked,
}  # fmt: skip


async def in_status(d: House, status: str) -> str:
    """A run in that status; its id."""
    run_id = await SITUATIONS[status](d)
    assert (await d.run(run_id))["status"] == status
    return run_id
