"""The facts of a for-each in the log of its run: what was found, and what became of each item (flow spec 5.5)."""

from __future__ import annotations

from typing import ClassVar

from attrs import frozen

from actors.entity import Fact
from actors.fan_out.items import NewItem
from actors.node.messages import Usage

__all__ = ["FanOutItemCompleted", "FanOutItemSkipped", "FanOutItemStarted", "FanOutItemsCollected"]


@frozen
class FanOutItemsCollected(Fact):
    """The provider was asked: `items` are new, `count` is how many there are with those of before. `edges`: (blocker, dependent) by id."""

    kind: ClassVar[str] = "fan_out_items_collected"
    PRIVATE: ClassVar[frozenset[str]] = frozenset({"items", "edges"})
    node_id: str
    count: int
    iteration_path: tuple[int, ...] = ()
    items: tuple[NewItem, ...] = ()
    edges: tuple[tuple[str, str], ...] = ()
    warnings: tuple[str, ...] = ()


@frozen
class FanOutItemStarted(Fact):
    """The item's run was made, in the same commit."""

    kind: ClassVar[str] = "fan_out_item_started"
    node_id: str
    item_type: str
    item_id: str
    child_run_id: str
    iteration_path: tuple[int, ...] = ()


@frozen
class FanOutItemCompleted(Fact):
    """The item's run has ended. Without a run it could not be made; `code` says why it failed."""

    kind: ClassVar[str] = "fan_out_item_completed"
    node_id: str
    item_type: str
    item_id: str
    succeeded: bool
    child_run_id: str | None = None
    code: str = ""
    iteration_path: tuple[int, ...] = ()
    usage: Usage | None = None


@frozen
class FanOutItemSkipped(Fact):
    """The item gets no run, because the item `blocker`, on which it depends, has failed."""

    kind: ClassVar[str] = "fan_out_item_skipped"
    node_id: str
    item_type: str
    item_id: str
    blocker: str
    iteration_path: tuple[int, ...] = ()
