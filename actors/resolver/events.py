"""The facts of one open gate that a resolver is asked about: it was opened, it was asked, it was answered. And what its run notes of it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, ClassVar

from attrs import Factory, frozen

from actors.entity import Fact
from storage.codec import Codec

__all__ = ["ApprovalGateResolverFailed", "GatePollClosed", "GatePollOpened", "GatePolled", "Progress", "poll_codec"]


@frozen
class Progress:
    """How far the asking has come. `answer` is the digest of the last answer, `memo` what the resolver wants to be reminded of.

    `failures`: tries without an answer since the last one, of which the newest had the code `code`. Times are epoch milliseconds.
    """

    due_ms: int
    count: int = 0
    interval_ms: int | None = None
    answer: str | None = None
    failures: int = 0
    code: str | None = None
    memo: Mapping[str, Any] = Factory(dict)


@frozen
class GatePollOpened(Fact):
    """The gate is open, and `params` are what its resolver is asked with. A long log begins with this again, with its `progress`."""

    kind: ClassVar[str] = "gate_poll_opened"
    PRIVATE: ClassVar[frozenset[str]] = frozenset({"params", "progress"})
    run_id: str
    workflow_id: str
    node_id: str
    instance: int
    gate_name: str
    gate_type: str
    progress: Progress
    params: Mapping[str, Any] = Factory(dict)


@frozen
class GatePolled(Fact):
    """It was asked, and is still open."""

    kind: ClassVar[str] = "gate_polled"
    PRIVATE: ClassVar[frozenset[str]] = frozenset({"progress"})
    progress: Progress


@frozen
class GatePollClosed(Fact):
    """Its answer has decided the gate, in this commit."""

    kind: ClassVar[str] = "gate_poll_closed"
    decision: str


@frozen
class ApprovalGateResolverFailed(Fact):
    """In the run's log: the resolver gave no answer, for the `count`th time in a row (the first of a series, and every tenth)."""

    kind: ClassVar[str] = "approval_gate_resolver_failed"
    PRIVATE: ClassVar[frozenset[str]] = frozenset({"message"})
    node_id: str
    gate_name: str
    instance: int
    code: str
    count: int
    message: str = ""


@cache
def poll_codec() -> Codec[Fact]:
    """The codec of these logs."""
    return Codec((GatePollOpened, GatePolled, GatePollClosed))
