"""Rows of a history of which only is noted how far it reaches, made from its log for one answer where nobody can write them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import Factory, define

from actors.projection.bodies import Unreadable
from actors.projection.passing import Passes
from actors.run.logbook import CorruptLog
from storage.records import Row

if TYPE_CHECKING:
    from actors.services import Services

__all__ = ["Unwritten", "unwritten"]

ALL = 2**63


@define
class Unwritten:
    """Answers what the store would answer if the rows were written; both kinds in the order of their numbers."""

    told: list[Row] = Factory(list)
    seen: list[Row] = Factory(list)

    def events(self, history: int, *, after: int = 0, before: int | None = None, limit: int = 0, tail: bool = False) -> list[Row]:
        """Events with numbers above `after` and below `before`: the first `limit`, or with `tail` the last; 0: all."""
        found = [row for row in self.told if after < row.seq < (ALL if before is None else before)]
        if limit <= 0:
            return found
        return found[-limit:] if tail else found[:limit]

    def snapshots(self, history: int, limit: int = 0) -> list[Row]:
        """The last `limit` snapshots; 0: all."""
        return self.seen[-limit:] if limit > 0 else self.seen

    def snapshot(self, history: int, snapshot_id: str) -> Row | None:
        """The snapshot of that id."""
        return next((row for row in self.seen if row.id == snapshot_id), None)


def unwritten(services: Services, run_id: str) -> Unwritten | None:
    """The rows as the projector would write them; None where the log cannot be told to its end."""
    rows = Unwritten()
    try:
        made = Passes(services).from_zero(run_id)
        portions = list(made.portions(ALL)) if made is not None else []
    except (CorruptLog, Unreadable):
        return None
    for portion in portions:
        for seq, row in enumerate(portion.telling.rows, 1):
            if row.event is not None:
                rows.told.append(Row(seq, row.id, row.at_ms, row.event))
            if row.snapshot is not None:
                rows.seen.append(Row(seq, row.id, row.at_ms, row.snapshot))
    return rows
