"""What the scheduler of waits keeps for the life of its daemon: how far the clock had come, what it handed over, its figures. Pure.

A claim binds nobody beyond that: one daemon alone has the data folder, so what a former one had claimed is free at the next start. That
no due time yields two events is not the claim's merit but the log's: its one writer ends a wait that is open and due then, and no other.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from attrs import Factory, define

from actors.wait.messages import DueWait, Judged

__all__ = ["WaitClaims", "WaitFigures"]

MS = 1000


@define(eq=False)
class WaitFigures:
    """Counted since the daemon began (projection spec 10.4). `failed`: the run had ended by then; `outcomes`: by what happened.

    `errors`: hand-overs of which nothing was heard before their claim ran out.
    """

    ticks: int = 0
    checked: int = 0
    claimed: int = 0
    completed: int = 0
    failed: int = 0
    errors: int = 0
    clock_regressions: int = 0
    max_clock_regression_ms: int = 0
    max_lag_ms: int = 0
    outcomes: Counter[str] = Factory(Counter)

    def numbers(self) -> dict[str, int]:
        """By name, outcomes behind the others."""
        names = (
            "ticks",
            "checked",
            "claimed",
            "completed",
            "failed",
            "errors",
            "clock_regressions",
            "max_clock_regression_ms",
            "max_lag_ms",
        )
        return {name: getattr(self, name) for name in names} | {f"outcome_{name}": self.outcomes[name] for name in sorted(self.outcomes)}


@define(eq=False)
class WaitClaims:
    """`held`: keys of waits that were handed over, and until when, in seconds on a clock that never jumps. `batch` at most a tick.

    `latest_ms` is the largest time that a tick has seen, `known` what was due then. `next_ms`: when the scheduler looks again.
    """

    lease_ms: int = 60_000
    batch: int = 100
    latest_ms: int = 0
    known: frozenset[str] = frozenset()
    held: dict[str, float] = Factory(dict)
    next_ms: int | None = None
    figures: WaitFigures = Factory(WaitFigures)

    def horizon(self, now_ms: int) -> int:
        """Until when waits may be due: a clock that went back makes none undue that was due before."""
        return max(now_ms, self.latest_ms)

    def tick(self, now_ms: int, steady_s: float, found: Sequence[tuple[str, str, int]]) -> list[DueWait]:
        """Claim what this tick hands over, in its order. `found`: key, run and due time of what is due by `horizon`, in the order of keys.

        While the clock is behind where it was, what was due before is judged by that time, and anything else by the clock.
        """
        self._look_at_clock(now_ms)
        behind, figures = now_ms < self.latest_ms, self.figures
        due = [one for one in found if one[2] <= now_ms or one[0] in self.known]
        if not behind:
            self.latest_ms, self.known = now_ms, frozenset(key for key, _, _ in due)
        self._let_go(steady_s, {key for key, _, _ in found})
        chosen = [one for one in due if one[0] not in self.held][: self.batch]
        until = steady_s + max(self.lease_ms, 1) / MS
        self.held |= {key: until for key, _, _ in chosen}
        figures.ticks += 1
        figures.checked += len(chosen)
        figures.claimed += len(chosen)
        return [DueWait(run_id, key, self.latest_ms if key in self.known else now_ms) for key, run_id, _ in chosen]

    def _look_at_clock(self, now_ms: int) -> None:
        if now_ms < self.latest_ms:
            self.figures.clock_regressions += 1
            self.figures.max_clock_regression_ms = max(self.figures.max_clock_regression_ms, self.latest_ms - now_ms)

    def _let_go(self, steady_s: float, there: set[str]) -> None:
        """Claims that have run out. Where the wait is there as before, nothing was heard of its hand-over."""
        over = [key for key, until in self.held.items() if until <= steady_s]
        for key in over:
            del self.held[key]
        self.figures.errors += sum(key in there for key in over)

    def again_s(self, now_ms: int, steady_s: float, due: Sequence[tuple[str, str, int]]) -> float | None:
        """In how many seconds there is something to do again; `due` is what is left in the order of keys, beginning with what is due."""
        waits = [self.held[key] - steady_s if key in self.held else self._left_s(key, at, now_ms) for key, _, at in due]
        return max(0.0, min(waits)) if waits else None

    def _left_s(self, key: str, at_ms: int, now_ms: int) -> float:
        return 0.0 if key in self.known else (at_ms - now_ms) / MS

    def heard(self, wait: DueWait, judged: Judged) -> None:
        """It is durable what became of it."""
        self.held.pop(wait.key, None)
        if judged.outcome is None:
            self.figures.failed += 1
            return
        self.figures.completed += 1
        self.figures.outcomes[judged.outcome] += 1
        self.figures.max_lag_ms = max(self.figures.max_lag_ms, judged.lag_ms)
