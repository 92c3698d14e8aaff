"""The facts of a dead letter, and the one that a retry leaves in its run's log."""

from __future__ import annotations

from functools import cache
from typing import ClassVar

from attrs import frozen

from actors.entity import Fact
from storage.codec import Codec

__all__ = [
    "DeadLetterDispatched", "DeadLetterIgnored", "DeadLetterLinkedToCompensation", "DeadLetterOpened", "DeadLetterResolved",
    "DeadLetterRetryRequested", "DeadLetterRetryRequeued", "letter_codec",
]  # fmt: skip


@frozen
class DeadLetterOpened(Fact):
    """Something of a run failed for good. `source_type` is tool_effect (a node's work), stateful_wait (nothing came in time) or
    notification (the hook did not take it).

    `options` are what may be done about it: retry, ignore, compensate, abandon.
    """

    kind: ClassVar[str] = "dead_letter_opened"
    PRIVATE: ClassVar[frozenset[str]] = frozenset({"message"})
    run_id: str
    workflow_id: str
    source_type: str
    node_id: str
    instance: int
    code: str
    options: tuple[str, ...]
    failure_class: str = ""
    message: str = ""
    attempts: int = 0
    wait_id: str | None = None


@frozen
class DeadLetterRetryRequested(Fact):
    """An operator wants it tried again."""

    kind: ClassVar[str] = "dead_letter_retry_requested"
    by: str
    note: str | None = None


@frozen
class DeadLetterDispatched(Fact):
    """Its run was queued again for it, for the `count`th time."""

    kind: ClassVar[str] = "dead_letter_dispatched"
    count: int


@frozen
class DeadLetterIgnored(Fact):
    """Settled: by_operator, or retry_exhausted."""

    kind: ClassVar[str] = "dead_letter_ignored"
    reason: str
    by: str = "system"
    note: str | None = None


@frozen
class DeadLetterLinkedToCompensation(Fact):
    """The run `run_id` makes good what went wrong."""

    kind: ClassVar[str] = "dead_letter_linked_to_compensation"
    run_id: str
    by: str
    note: str | None = None


@frozen
class DeadLetterResolved(Fact):
    """Settled: retry_succeeded, or by_operator."""

    kind: ClassVar[str] = "dead_letter_resolved"
    reason: str
    by: str = "system"
    note: str | None = None


@frozen
class DeadLetterRetryRequeued(Fact):
    """In the run's log: dead letters of it are tried again, and the nodes `reset_nodes` (sorted) begin anew.

    `node_ids` are the nodes that the letters are about, one for each.
    """

    kind: ClassVar[str] = "stateful_dead_letter_retry_requeued"
    letter_ids: tuple[str, ...]
    node_ids: tuple[str, ...]
    reset_nodes: tuple[str, ...]
    reason: str = "stateful_dead_letter_retry_dispatched"


@cache
def letter_codec() -> Codec[Fact]:
    """The codec of the letters' own logs."""
    return Codec((
        DeadLetterOpened, DeadLetterRetryRequested, DeadLetterDispatched, DeadLetterIgnored, DeadLetterLinkedToCompensation,
        DeadLetterResolved,
    ))  # fmt: skip
