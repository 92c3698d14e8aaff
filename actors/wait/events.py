"""The facts of a wait: opened, over, timed out; and of signals that came before anybody waited for them.

`due_at_ms` is the time that had come. `judged_at_ms` stands where the clock had gone back since: the later time by which it was judged.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from attrs import Factory, frozen

from actors.entity import Fact

__all__ = [
    "SignalReceived", "SignalRefused", "WaitConditionResolved", "WaitNodeRegistered", "WaitNodeRegistrationFailed",
    "WaitNodeRegistrationStarted", "WaitTimedOut", "WaitTimeoutCancelled", "WaitTimeoutCancelledRun", "WaitTimeoutEscalated",
    "WaitTimeoutPausedRun", "WaitTimeoutReminded", "WaitTimeoutResumed", "WaitTimerWoken", "WaitWakeRecovered", "WaitWebhookWoken",
    "WaitWokenRequeued",
]  # fmt: skip


@frozen
class WaitNodeRegistrationStarted(Fact):
    """The wait opens, with its times and what it waits for. Always followed by the next fact, in the same transaction."""

    kind: ClassVar[str] = "wait_node_registration_started"
    PRIVATE: ClassVar[frozenset[str]] = frozenset({
        "wake_at_ms", "timeout_at_ms", "on_timeout", "escalate_to", "remind_every_ms", "key", "match",
    })  # fmt: skip
    node_id: str
    wait_id: str
    wait_kind: str
    instance: int
    wake_at_ms: int | None = None
    timeout_at_ms: int | None = None
    on_timeout: str | None = None
    escalate_to: str | None = None
    remind_every_ms: int | None = None
    key: str | None = None
    match: Mapping[str, Any] = Factory(dict)


@frozen
class WaitNodeRegistered(Fact):
    """The wait is open."""

    kind: ClassVar[str] = "wait_node_registered"
    node_id: str
    wait_id: str
    wait_kind: str


@frozen
class WaitNodeRegistrationFailed(Fact):
    """The wait could not be opened: what it names cannot be rendered. The run fails."""

    kind: ClassVar[str] = "wait_node_registration_failed"
    node_id: str
    code: str
    message: str


@frozen
class WaitTimerWoken(Fact):
    """Its time has come. `completion_key` names this due time for ever."""

    kind: ClassVar[str] = "stateful_runtime.wait.timer_woken"
    node_id: str
    wait_id: str
    completion_key: str
    due_at_ms: int
    judged_at_ms: int | None = None


@frozen
class WaitConditionResolved(Fact):
    """Somebody said that the condition holds. `completion_key` ends with the idempotency key that was given."""

    kind: ClassVar[str] = "stateful_runtime.wait.external_condition_resolved"
    PRIVATE: ClassVar[frozenset[str]] = frozenset({"payload"})
    node_id: str
    wait_id: str
    completion_key: str
    by: str | None = None
    payload: Any = None


@frozen
class WaitWebhookWoken(Fact):
    """The delivery came that it waited for: `delivery` is its id, `payload` what it said."""

    kind: ClassVar[str] = "stateful_runtime.wait.webhook_woken"
    PRIVATE: ClassVar[frozenset[str]] = frozenset({"payload"})
    node_id: str
    wait_id: str
    completion_key: str
    delivery: str
    payload: Any = None


@frozen
class WaitTimeoutCancelled(Fact):
    """Nothing came in time, and the run is cancelled for it."""

    kind: ClassVar[str] = "stateful_runtime.wait.timeout_cancelled"
    node_id: str
    wait_id: str
    completion_key: str
    due_at_ms: int
    judged_at_ms: int | None = None


@frozen
class WaitTimeoutEscalated(Fact):
    """Nothing came in time: somebody else must look at it."""

    kind: ClassVar[str] = "stateful_runtime.wait.timeout_escalated"
    node_id: str
    wait_id: str
    completion_key: str
    due_at_ms: int
    escalate_to: str | None = None
    judged_at_ms: int | None = None


@frozen
class WaitTimeoutReminded(Fact):
    """Nothing came in time. `next_at_ms`: it stays open, and one is reminded again then; None: it is over and needs a person."""

    kind: ClassVar[str] = "stateful_runtime.wait.timeout_reminded"
    node_id: str
    wait_id: str
    completion_key: str
    due_at_ms: int
    reminder_count: int = 1
    next_at_ms: int | None = None
    judged_at_ms: int | None = None


@frozen
class WaitTimeoutResumed(Fact):
    """Nothing came in time, and the run goes on all the same."""

    kind: ClassVar[str] = "stateful_runtime.wait.timeout_resumed"
    node_id: str
    wait_id: str
    completion_key: str
    due_at_ms: int
    judged_at_ms: int | None = None


@frozen
class WaitTimedOut(Fact):
    """Nothing came in time: the node fails."""

    kind: ClassVar[str] = "stateful_runtime.wait.timeout_failed"
    node_id: str
    wait_id: str
    completion_key: str
    due_at_ms: int
    judged_at_ms: int | None = None


@frozen
class WaitWokenRequeued(Fact):
    """The run that waited goes back into the queue."""

    kind: ClassVar[str] = "stateful_wait_woken_requeued"
    node_id: str
    wait_id: str
    reason: str


@frozen
class WaitTimeoutPausedRun(Fact):
    """A wait needs a person. `pauses`: nothing else was left, so the run is paused by this; else later, when it comes to that."""

    kind: ClassVar[str] = "stateful_wait_timeout_paused_run"
    node_id: str
    wait_id: str
    action: str
    pauses: bool
    escalate_to: str | None = None


@frozen
class WaitTimeoutCancelledRun(Fact):
    """Ending: cancelled because nothing came in time."""

    kind: ClassVar[str] = "stateful_wait_timeout_cancelled_run"
    node_id: str
    wait_id: str
    reason: str = "wait_timed_out"
    stop_kind: str = "cancelled"


@frozen
class WaitWakeRecovered(Fact):
    """A wait was over and its node had not gone on, as in a log of an older version: it goes on now."""

    kind: ClassVar[str] = "stateful_wait_wake_recovered_on_restart"
    node_id: str
    wait_id: str


@frozen
class SignalReceived(Fact):
    """A signal came that nobody waits for yet: it is kept for the next wait of its name."""

    kind: ClassVar[str] = "signal_received"
    PRIVATE: ClassVar[frozenset[str]] = frozenset({"payload"})
    name: str
    key: str
    by: str | None = None
    payload: Any = None


@frozen
class SignalRefused(Fact):
    """A kept signal does not fit the schema of the wait that opened for it: it is dropped, and the wait stays open."""

    kind: ClassVar[str] = "signal_refused"
    name: str
    key: str
    node_id: str
    message: str
