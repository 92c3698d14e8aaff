"""What is told to a run about its waits: a signal, the resolution of a condition, a delivery for a webhook."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import Factory, frozen

from actors.refusals import Principal

__all__ = ["Delivery", "DueWait", "Judged", "Resolve", "Signal"]


@frozen
class Signal:
    """Somebody says that `name` has happened. `key`: the sender's name for this one signal, the same again changes nothing."""

    by: Principal
    name: str
    key: str
    payload: Any = None


@frozen
class Resolve:
    """The condition that the wait of this id (or of the node of this id) waits for holds. `key` as with a signal."""

    by: Principal
    wait: str
    key: str
    payload: Any = None


@frozen
class DueWait:
    """A wait that the scheduler has claimed: `key` is the one under which it was found, with its time.

    `judged_ms` is the time by which it was found due: later than the clock's where the clock has gone back since.
    """

    run_id: str
    key: str
    judged_ms: int


@frozen
class Judged:
    """What became of a due wait: the last word of its event, or None where its run had ended; and how late that was, milliseconds."""

    outcome: str | None
    lag_ms: int = 0


@frozen
class Delivery:
    """One webhook delivery, as it is kept: `fields` are its correlation fields that were given, `position` the end of its own log."""

    delivery_id: str
    trigger_id: str
    fields: Mapping[str, str] = Factory(dict)
    provider: str | None = None
    event_kind: str | None = None
    payload: Any = None
    received_at_ms: int = 0
