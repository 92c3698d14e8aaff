"""Canonical scenarios of runs that do not end well at first, told as those in `tales`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from attrs import define

from tests.scenarios.flows import flow, gate, step
from tests.scenarios.harness import House
from tests.scenarios.script import Call, Failed, give, spend, write

__all__ = ["RECOVERY_TALES"]

MANY = 12
JUDGED = "contract: {kind: report}"
NO_ACCESS = {"status": "blocked", "blocked_reason": "no access"}


@define
class Broken:
    """An act that says `value`, or raises, until it is mended: however often a death has it called."""

    value: Any = None
    mended: bool = False

    async def __call__(self, call: Call) -> Any:
        if not self.mended and self.value is None:
            raise Failed("broken")
        return {"status": "done"} if self.mended else self.value


def _break(house: House, node_id: str, value: Any = None) -> Broken:
    broken = Broken(value)
    house.script.on(node_id, *[broken] * MANY)
    return broken


async def _recovered(house: House) -> str:
    broken = _break(house, "b")
    run_id = await house.begin(flow(step("a"), step("b", "needs: [a]"), step("c", "needs: [b]"), last=(step("tidy"),)))
    await house.run_until(run_id)
    broken.mended = True
    await house.call("run.recover", run_id=run_id)
    return run_id


async def _continued(house: House) -> str:
    broken = _break(house, "b", NO_ACCESS)
    run_id = await house.begin(flow(step("a"), step("b", f"needs: [a], {JUDGED}"), step("c", "needs: [b]")))
    await house.run_until(run_id)
    broken.mended = True
    await house.call("run.continue", run_id=run_id, node_id="b")
    return run_id


async def _repaired(house: House) -> str:
    broken = _break(house, "b")
    run_id = await house.begin(flow(step("a"), step("b", "needs: [a]"), step("c", "needs: [b]")))
    await house.run_until(run_id)
    broken.mended = True
    await house.call("run.repair", run_id=run_id, node_id="b", patch={"retry": {"max_attempts": 3}})
    return run_id


async def _forked(house: House) -> str:
    """Answers the fork; what it keeps was made by the first run."""
    house.script.on("a", *[write("a.txt", "one")] * MANY)
    broken = _break(house, "b")
    nodes = (step("a", "artifact: a.txt"), gate("ask", "needs: [a]"), step("b", "needs: [ask]"), step("c", "needs: [b]"))
    run_id = await house.begin(flow(*nodes))
    await house.run_until(run_id, "awaiting_approval")
    await house.decide(run_id, "approve")
    await house.run_until(run_id)
    broken.mended = True
    return str((await house.call("run.fork", run_id=run_id))["run_id"])


async def _finished(house: House) -> str:
    run_id = await house.begin(flow(step("a"), gate("ask", "needs: [a]"), step("b", "needs: [ask]"), last=(step("tidy"),)))
    await house.run_until(run_id, "awaiting_approval")
    await house.call("run.finish", run_id=run_id)
    return run_id


async def _rolled_back(house: House) -> str:
    """The reviewer never approves: the work is done again as often as it may be, then the run is blocked."""
    house.script.on("review", *[give({"status": "blocked", "approved": False, "blocked_reason": "too short"})] * MANY)
    nodes = (step("plan"), step("draft", "needs: [plan]"), step("review", f"needs: [draft], {JUDGED}"), step("send", "needs: [review]"))
    return await house.begin(flow(*nodes))


async def _over_budget(house: House) -> str:
    house.script.on("a", *[spend({"n": 1}, prompt_tokens=120, completion_tokens=30)] * MANY)
    run_id = await house.begin(flow(step("a"), step("b", "needs: [a]"), top="limits: {tokens: 100}"))
    await house.run_until(run_id, "paused")
    await house.call("run.resume", run_id=run_id, limits={"tokens": 10_000})
    return run_id


async def _promised(house: House) -> str:
    """A file that the workflow promises is not there: its owner is asked again, then the run fails."""
    house.script.on("a", *[give({"see": "out.md"})] * MANY)
    return await house.begin(flow(step("a", "retry: {max_attempts: 2}"), step("b", "needs: [a]"), top="output_targets: [out.md]"))


RECOVERY_TALES: dict[str, Callable[[House], Awaitable[str]]] = {
    "recovered": _recovered, "continued": _continued, "repaired": _repaired, "forked": _forked, "finished": _finished,
    "rollback": _rolled_back, "budget": _over_budget, "promised": _promised,
}  # fmt: skip
