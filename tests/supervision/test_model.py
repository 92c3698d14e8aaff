"""The kernel against the model: random trees, random faults, random stops; every start and stop in the same order at the same time."""

from __future__ import annotations

from typing import Any

import trio
from attrs import frozen
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from trio.testing import MockClock

from supervision import ChildSpec, Dynamic, Normal, Shutdown, StartFailed, Supervisor, System
from supervision.childspec import AutoShutdown, Restart, Strategy
from supervision.clock import TrioClock
from supervision.testing import settled
from tests.supervision.model import PERIOD, Branch, Leaf, Model, Plan, Pool, flat
from tests.supervision.workers import Boom, Broken, End, Worker

RESTARTS: st.SearchStrategy[Restart] = st.sampled_from(["permanent", "permanent", "transient", "temporary"])
STRATEGIES: st.SearchStrategy[Strategy] = st.sampled_from(["one_for_one", "one_for_all", "rest_for_one"])
AUTOS: st.SearchStrategy[AutoShutdown] = st.sampled_from(["never", "never", "any_significant", "all_significant"])
BREATH = 0.0007  # between two steps, so that no two supervisors try again at the same moment, in an order of trio's choice
HOWS = {"normal": End(Normal()), "shutdown": End(Shutdown()), "abnormal": Boom()}


@frozen
class Step:
    """`what` happens to the `which`-th of the nodes that it can happen to."""

    what: str
    which: int
    how: str = "abnormal"
    number: int = 1
    restart: Restart = "permanent"


STEPS = st.one_of(
    st.builds(Step, st.just("end"), st.integers(0, 9), st.sampled_from(sorted(HOWS)) | st.just("abnormal")),
    st.builds(Step, st.just("fault"), st.integers(0, 9), number=st.integers(1, 4)),
    st.builds(Step, st.just("add"), st.integers(0, 3), restart=RESTARTS),
    st.builds(Step, st.just("dismiss"), st.integers(0, 3)),
    st.builds(Step, st.just("wait"), st.just(0), number=st.integers(1, 6)),
)


@st.composite
def plans(draw: st.DrawFn, depth: int = 0, name: str = "root", auto: AutoShutdown = "never") -> Plan:
    kind = "branch" if depth == 0 else draw(st.sampled_from(["leaf", "leaf", "leaf", "pool", "branch"] if depth < 3 else ["leaf"]))
    restart = draw(RESTARTS)
    significant = auto != "never" and restart != "permanent" and draw(st.booleans())
    if kind == "leaf":
        return Leaf(name, restart, significant)
    if kind == "pool":
        return Pool(name, restart, draw(st.integers(0, 2)), significant)
    own = draw(AUTOS)
    children = tuple(draw(plans(depth + 1, letter, own)) for letter in "abcd"[: draw(st.integers(0 if depth else 2, 4))])
    return Branch(name, restart, draw(STRATEGIES), draw(st.integers(0, 3)), own, children, significant)


class Faulty(Worker):
    """Fails its next starts as `faults` says, and writes with the time."""

    def __init__(self, trace: list[str], faults: dict[str, int]) -> None:
        super().__init__([], iter(()))
        self.trace = trace
        self.faults = faults

    async def started(self) -> None:
        self.trace.append(f"{trio.current_time():.6f} start {self.path}")
        if self.faults.get(self.path, 0) > 0:
            self.faults[self.path] -= 1
            raise Broken(self.path)

    async def stopped(self) -> None:
        if isinstance(self.cell.finishing, Normal | Shutdown):
            return  # the model writes only stops that were asked for
        self.trace.append(f"{trio.current_time():.6f} stop {self.path}")


class Reality:
    """The same steps, on the kernel."""

    def __init__(self, plan: Branch) -> None:
        self.trace: list[str] = []
        self.faults: dict[str, int] = {}
        self.system = System(self._supervisor(plan), clock=TrioClock(), jitter=lambda: 1.0)

    def spec(self, plan: Plan) -> ChildSpec:
        return ChildSpec(plan.id, lambda: self._behaviour(plan), plan.restart, significant=plan.significant)

    def _behaviour(self, plan: Plan) -> Any:
        match plan:
            case Leaf():
                return Faulty(self.trace, self.faults)
            case Pool():
                return Dynamic(intensity=plan.intensity, period=PERIOD)
            case Branch():
                return self._supervisor(plan)

    def _supervisor(self, plan: Branch) -> Supervisor:
        return Supervisor(
            children=[self.spec(child) for child in plan.children],
            strategy=plan.strategy,
            intensity=plan.intensity,
            period=PERIOD,
            auto_shutdown=plan.auto,
        )

    async def add(self, path: str, restart: Restart) -> None:
        if self.system.alive(path) and not self.system.dynamic(path).children():
            try:
                await self.system.dynamic(path).start(self.spec(Leaf("d", restart)))
            except StartFailed:
                return


async def compare(plan: Branch, steps: list[Step]) -> None:
    model, reality = Model(plan), Reality(plan)
    everything = [(path, node) for path, node in flat(plan) if path]
    pools = [path for path, node in everything if isinstance(node, Pool)]
    leaves = [path for path, node in everything if isinstance(node, Leaf)] + [f"{path}/d" for path in pools]
    async with trio.open_nursery() as nursery:
        nursery.start_soon(reality.system.run)
        model.boot()
        await reality.system.wait_up()
        for step in steps:
            alive = [life.path for life in model.lives() if isinstance(life.plan, Leaf)]
            candidates = {"end": alive, "add": pools, "dismiss": pools}.get(step.what, leaves)
            if candidates:
                await take(step, candidates[step.which % len(candidates)], model, reality)
            await trio.sleep(BREATH)
            model.wait(BREATH)
            await settled()
            assert reality.trace == model.trace
            assert (reality.system.exit is None) == (model.root is not None)
            running = {row.path for row in reality.system.tree() if row.status == "running"}
            assert running == {life.path for life in model.lives()}
        model.stop()
        reality.system.stop()
    assert reality.trace == model.trace


async def take(step: Step, path: str, model: Model, reality: Reality) -> None:
    match step.what:
        case "end":
            reality.system.ref(path).tell_nowait(HOWS[step.how])
            model.leaf_ends(path, step.how)
        case "fault":
            model.faults[path] = reality.faults[path] = step.number
        case "add":
            await reality.add(path, step.restart)
            model.add(path, step.restart)
        case "dismiss":
            if reality.system.alive(path):
                await reality.system.dynamic(path).stop("d")
            model.dismiss(path)
        case "wait":
            await trio.sleep(step.number)
            model.wait(step.number)


@settings(max_examples=200, suppress_health_check=[HealthCheck.too_slow])
@given(plan=plans(), steps=st.lists(STEPS, min_size=4, max_size=16))
def test_the_kernel_does_what_the_rules_say(plan: Branch, steps: list[Step]) -> None:
    trio.run(compare, plan, steps, clock=MockClock(autojump_threshold=0))
