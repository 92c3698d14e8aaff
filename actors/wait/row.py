"""One wait of a node's present instance, as the log says it. Data, and when it is due. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal

from attrs import Factory, frozen

__all__ = ["DUE", "KeptSignal", "WaitKind", "WaitRow", "WaitStatus", "due_key", "due_of_key", "earliest", "webhook_key"]

WaitKind = Literal["timer", "webhook", "external_condition"]
WaitStatus = Literal["registering", "waiting", "woken", "timed_out", "escalated", "cancelled"]
DUE = "wait-due/"
"""With this the keys begin under which waits are found by their time."""
LATEST = 10**16 - 1
"""What is due later than this is due then."""


@frozen
class WaitRow:
    """`key` is the condition's name, `match` what a webhook's delivery must say. Times are epoch milliseconds.

    `ended_seq` and `completion_key`: the event that ended it; `denied`: why nothing ends it any more. `reminders`: how often people were
    reminded.
    """

    wait_id: str
    node_id: str
    instance: int
    kind: WaitKind
    status: WaitStatus
    created_at_ms: int
    wake_at_ms: int | None = None
    timeout_at_ms: int | None = None
    on_timeout: str | None = None
    escalate_to: str | None = None
    remind_every_ms: int | None = None
    key: str | None = None
    match: Mapping[str, Any] = Factory(dict)
    reminders: int = 0
    ended_seq: int | None = None
    completion_key: str | None = None
    denied: str | None = None

    @property
    def open(self) -> bool:
        """Whether something can still wake it."""
        return self.status == "waiting"

    @property
    def needs_person(self) -> bool:
        """Whether it is over without anything having come, so that only a person moves it on."""
        return self.status in ("escalated", "timed_out") and self.on_timeout in ("escalate", "remind")

    @property
    def due_ms(self) -> int | None:
        """When time alone does something to it."""
        times = [time for time in (self.wake_at_ms, self.timeout_at_ms) if time is not None]
        return min(times, default=None) if self.open else None

    @property
    def due_key(self) -> str | None:
        """The key under which the scheduler of waits finds it, None for what time alone does nothing to."""
        return None if (due := self.due_ms) is None else due_key(due, self.created_at_ms, self.wait_id)

    @property
    def lookup_key(self) -> str | None:
        """The key under which a delivery finds the run, None for what no webhook ends."""
        if self.kind != "webhook" or not self.open:
            return None
        return webhook_key(str(self.match["trigger_id"]), self.match.get("field"), self.match.get("value"))


@frozen
class KeptSignal:
    """A signal that came before anybody waited for it."""

    name: str
    key: str
    payload: Any
    by: str | None


def webhook_key(trigger_id: str, field: str | None = None, value: str | None = None) -> str:
    """The key of all deliveries of a trigger, or of those whose field has that value."""
    return f"webhook:{trigger_id}" if field is None else f"webhook:{trigger_id}:{field}:{value}"


def due_key(due_ms: int, created_at_ms: int = 0, wait_id: str = "") -> str:
    """Such keys sort as waits are served: by the time at which something is due, then by age, then by name (projection spec 10.1)."""
    return f"{DUE}{min(max(due_ms, 0), LATEST):016}/{max(created_at_ms, 0):016}/{wait_id}"


def due_of_key(key: str) -> int:
    """The time that such a key says, epoch milliseconds."""
    return int(key.split("/", 2)[1])


def earliest(rows: Iterable[WaitRow]) -> int | None:
    """When the first of them is due, epoch milliseconds."""
    return min([due for row in rows if (due := row.due_ms) is not None], default=None)
