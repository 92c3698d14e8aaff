"""OTP's rules of supervision as a small recursive program over plain data. Written from the rules, not from the kernel: it has no
tasks, no cells and no queue, and time is a number."""

from __future__ import annotations

from collections.abc import Iterator

from attrs import define, field, frozen

from supervision.childspec import AutoShutdown, Restart, Strategy
from supervision.intensity import backoff_s

__all__ = ["PERIOD", "Branch", "Leaf", "Model", "Plan", "Pool", "flat"]

PERIOD = 4.5003  # no sum of waits and whole seconds falls exactly on it


@frozen
class Leaf:
    """A worker."""

    id: str
    restart: Restart = "permanent"
    significant: bool = False


@frozen
class Pool:
    """A dynamic supervisor that never has more than one child, so that its order is certain."""

    id: str
    restart: Restart = "permanent"
    intensity: int = 1
    significant: bool = False


@frozen
class Branch:
    """A static supervisor."""

    id: str
    restart: Restart = "permanent"
    strategy: Strategy = "one_for_one"
    intensity: int = 1
    auto: AutoShutdown = "never"
    children: tuple[Plan, ...] = ()
    significant: bool = False


Plan = Leaf | Pool | Branch


def flat(plan: Plan, path: str = "") -> Iterator[tuple[str, Plan]]:
    yield path, plan
    if isinstance(plan, Branch):
        for child in plan.children:
            yield from flat(child, f"{path}/{child.id}" if path else child.id)


class NotStarted(Exception):
    """A start failed."""


@define(eq=False)
class Child:
    """What a supervisor knows of one child: nothing runs (None), it waits to be tried again, or it lives."""

    plan: Plan
    life: Life | None = None
    retry: int = 0
    failures: int = 0
    starts: int = 0


@define(eq=False)
class Life:
    """One incarnation. `children` and `spent` belong to supervisors."""

    plan: Plan
    path: str
    above: tuple[Life, Child] | None
    children: list[Child] = field(factory=list)
    spent: list[float] = field(factory=list)


@define
class Model:
    """`trace` holds what workers would write, with the time; `root` is None when the tree has ended."""

    plan: Branch
    now: float = 0.0
    trace: list[str] = field(factory=list)
    faults: dict[str, int] = field(factory=dict)
    root: Life | None = None
    retries: list[tuple[float, int, Life, Child]] = field(factory=list)
    serial: int = 0

    # What may happen

    def boot(self) -> None:
        self.root = self._start(Child(self.plan), "", None)

    def leaf_ends(self, path: str, how: str) -> None:
        for life in self.lives():
            if life.path == path and life.above is not None:
                self._ended(*life.above, how)
                return

    def add(self, path: str, restart: Restart) -> None:
        pool = next((life for life in self.lives() if life.path == path), None)
        if pool is not None and not pool.children:
            child = Child(Leaf("d", restart))
            try:
                child.life = self._start(child, f"{path}/d", pool)
            except NotStarted:
                return
            pool.children.append(child)

    def dismiss(self, path: str) -> None:
        for life in self.lives():
            if life.path == path:
                self._stop_children(life)
                life.children.clear()

    def wait(self, seconds: float) -> None:
        target = self.now + seconds
        while due := [entry for entry in self.retries if entry[0] <= target]:
            entry = min(due)
            self.retries.remove(entry)
            self.now, serial, life, child = entry
            if child.retry == serial:
                self._restart(life, child)
        self.now = target

    def stop(self) -> None:
        if self.root is not None:
            self._stop(self.root)
            self.root = None

    def lives(self) -> list[Life]:
        found = [] if self.root is None else [self.root]
        for life in found:
            found.extend(child.life for child in life.children if child.life is not None)
        return found

    # The rules

    def _note(self, text: str) -> None:
        self.trace.append(f"{self.now:.6f} {text}")

    def _start(self, child: Child, path: str, above: Life | None) -> Life:
        life = Life(child.plan, path, None if above is None else (above, child))
        child.retry = 0
        child.starts += 1
        if isinstance(life.plan, Leaf):
            self._note(f"start {path}")
            if self.faults.get(path, 0) > 0:
                self.faults[path] -= 1
                raise NotStarted
        elif isinstance(life.plan, Branch):
            life.children = [Child(plan) for plan in life.plan.children]
            try:
                for each in life.children:
                    self._start_in(life, each)
            except NotStarted:
                self._stop_children(life)
                raise
        return life

    def _start_in(self, life: Life, child: Child) -> None:
        child.life = self._start(child, f"{life.path}/{child.plan.id}" if life.path else child.plan.id, life)
        child.failures = 0

    def _stop(self, life: Life) -> None:
        if isinstance(life.plan, Leaf):
            self._note(f"stop {life.path}")
        else:
            self._stop_children(life)

    def _stop_children(self, life: Life, *, among: list[Child] | None = None) -> None:
        for child in reversed(life.children if among is None else among):
            if child.life is not None:
                self._stop(child.life)
            child.life, child.retry = None, 0

    def _ended(self, life: Life, child: Child, how: str) -> None:
        """A child ended by itself: `how` is normal, shutdown or abnormal."""
        child.life = None
        if child.plan.restart == "permanent" or (child.plan.restart == "transient" and how == "abnormal"):
            self._restart(life, child)
            return
        if child.plan.restart == "temporary" or isinstance(life.plan, Pool):
            life.children.remove(child)
        auto = life.plan.auto if isinstance(life.plan, Branch) else "never"
        others = any(each.plan.significant and (each.life is not None or each.retry) for each in life.children)
        if child.plan.significant and (auto == "any_significant" or (auto == "all_significant" and not others)):
            self._give_up(life, "shutdown")

    def _restart(self, life: Life, child: Child) -> None:
        assert not isinstance(life.plan, Leaf)
        life.spent = [at for at in life.spent if at >= self.now - PERIOD] + [self.now]
        if len(life.spent) > life.plan.intensity:
            self._give_up(life, "abnormal")
            return
        group = self._group(life, child)
        self._stop_children(life, among=group)
        for each in group:
            if each.plan.restart == "temporary":
                life.children.remove(each)
        for each in group:
            if each.plan.restart != "temporary":
                try:
                    self._start_in(life, each)
                except NotStarted:
                    self._later(life, each)
                    return

    def _group(self, life: Life, child: Child) -> list[Child]:
        strategy = life.plan.strategy if isinstance(life.plan, Branch) else "one_for_one"
        if strategy == "one_for_one":
            return [child]
        return life.children[0 if strategy == "one_for_all" else life.children.index(child) :]

    def _later(self, life: Life, child: Child) -> None:
        assert not isinstance(life.plan, Leaf)
        child.failures += 1
        self.serial += 1
        child.retry = self.serial
        wait = backoff_s(child.failures, intensity=life.plan.intensity, period=PERIOD, jitter=1.0)
        self.retries.append((self.now + wait, self.serial, life, child))

    def _give_up(self, life: Life, how: str) -> None:
        self._stop_children(life)
        if life.above is None:
            self.root = None
        else:
            self._ended(*life.above, how)
