"""One attempt among all of a run, as its summary counts them (flow spec 6.5). Data. Pure."""

from __future__ import annotations

from typing import Literal

from attrs import Factory, define

__all__ = ["Attempt", "AttemptStatus", "Attempts"]

AttemptStatus = Literal["running", "completed", "failed", "skipped", "timed_out", "interrupted"]


@define
class Attempt:
    """One entry. Times are epoch milliseconds; without a start nothing was ever executed. `iteration`: of the innermost loop around it."""

    node_id: str
    attempt: int
    iteration: int
    status: AttemptStatus
    started_at_ms: int | None = None
    ended_at_ms: int | None = None


@define
class Attempts:
    """All of a run in the order in which they began; `under_way`: by node the one that has not ended."""

    rows: list[Attempt] = Factory(list)
    under_way: dict[str, Attempt] = Factory(dict)
