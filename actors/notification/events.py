"""The facts of one notification on its way: it was to be sent, a try failed, it was taken, it was given up."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, ClassVar

from attrs import Factory, frozen

from actors.entity import Fact
from storage.codec import Codec

__all__ = ["NotificationFailed", "NotificationGivenUp", "NotificationQueued", "NotificationSent", "notification_codec"]


@frozen
class NotificationQueued(Fact):
    """The hook is to be told, by `way` (command or url). `about` is what is said; its name is the same for both ways and every try."""

    kind: ClassVar[str] = "notification_queued"
    PRIVATE: ClassVar[frozenset[str]] = frozenset({"about"})
    notification_id: str
    event: str
    way: str
    run_id: str
    workflow_id: str
    about: Mapping[str, Any] = Factory(dict)


@frozen
class NotificationFailed(Fact):
    """The `count`th try failed; the next one is due at `next_ms` (epoch milliseconds)."""

    kind: ClassVar[str] = "notification_failed"
    PRIVATE: ClassVar[frozenset[str]] = frozenset({"message"})
    count: int
    code: str
    next_ms: int
    message: str = ""


@frozen
class NotificationSent(Fact):
    """The hook took it, at the `count`th try."""

    kind: ClassVar[str] = "notification_sent"
    count: int


@frozen
class NotificationGivenUp(Fact):
    """The hook did not take it for too long: a dead letter stands beside this."""

    kind: ClassVar[str] = "notification_given_up"
    PRIVATE: ClassVar[frozenset[str]] = frozenset({"message"})
    count: int
    code: str
    message: str = ""


@cache
def notification_codec() -> Codec[Fact]:
    """The codec of these logs."""
    return Codec((NotificationQueued, NotificationFailed, NotificationSent, NotificationGivenUp))
