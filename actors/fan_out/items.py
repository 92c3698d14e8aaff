"""The items of one for-each: what its provider found, and what became of each of them. Pure (flow spec 1.4)."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from typing import Literal

from attrs import Factory, define, frozen

__all__ = ["TERMINAL", "FanOut", "Item", "ItemKey", "ItemStatus", "NewItem", "distinct"]

ItemStatus = Literal["pending", "running", "completed", "failed", "skipped"]
ItemKey = tuple[str, str]
"""(type, id): what tells the items of one for-each apart."""
TERMINAL: frozenset[str] = frozenset({"completed", "failed", "skipped"})


@frozen
class NewItem:
    """What a provider found. `item_ref` is how it is spoken of outside; `context` are texts that its run gets as `item.NAME`."""

    item_type: str
    item_id: str
    item_ref: str
    context: Mapping[str, str] = Factory(dict)

    @property
    def key(self) -> ItemKey:
        """What tells it from the others."""
        return self.item_type, self.item_id


def distinct(found: Iterable[NewItem]) -> tuple[NewItem, ...]:
    """Each item once, where it came first."""
    kept: dict[ItemKey, NewItem] = {}
    for one in found:
        kept.setdefault(one.key, one)
    return tuple(kept.values())


@define(eq=False)
class Item:
    """One item and its run. Times are epoch milliseconds; `blocker`: the failed item for whose sake it was skipped."""

    found: NewItem
    status: ItemStatus = "pending"
    child_run_id: str | None = None
    dispatched_at_ms: int | None = None
    completed_at_ms: int | None = None
    blocker: str | None = None

    @property
    def terminal(self) -> bool:
        """Whether nothing becomes of it any more."""
        return self.status in TERMINAL

    def end(self, at: int, status: Literal["completed", "failed"] = "completed") -> None:
        """Its run is over."""
        self.status, self.completed_at_ms = status, at

    def begin_anew(self) -> None:
        """Forget what became of it: it gets another run."""
        self.status, self.child_run_id, self.dispatched_at_ms, self.completed_at_ms, self.blocker = "pending", None, None, None, None


@define(eq=False)
class FanOut:
    """All items of one for-each in one turn of the loops around it, in order of insertion.

    `blockers`: by item what has to be terminal before it; no key where that is nothing.
    """

    items: dict[ItemKey, Item] = Factory(dict)
    blockers: dict[ItemKey, tuple[ItemKey, ...]] = Factory(dict)

    def insert(self, found: Iterable[NewItem]) -> None:
        """Take in what is new; an item that is there already stays as it is."""
        for one in found:
            self.items.setdefault(one.key, Item(one))

    def with_status(self, *statuses: ItemStatus) -> list[Item]:
        """Those that stand so, in order of insertion."""
        return [item for item in self.items.values() if item.status in statuses]

    def count(self, status: ItemStatus) -> int:
        """How many stand so."""
        return sum(item.status == status for item in self.items.values())

    def running(self, child_run_id: str) -> Item | None:
        """The item at work in that run."""
        return next((item for item in self.with_status("running") if item.child_run_id == child_run_id), None)

    def reopen(self) -> None:
        """A person has the for-each begin anew: what failed or was skipped gets another run, what completed is kept."""
        for item in self.with_status("failed", "skipped"):
            item.begin_anew()

    def take_up(self, under_way: Container[str | None]) -> None:
        """Another attempt of the for-each begins: an item whose run is not among those under way gets another."""
        for item in self.with_status("running"):
            if item.child_run_id not in under_way:
                item.begin_anew()
