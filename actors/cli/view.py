"""What a person sees of a run while it goes on: lines without a terminal, nothing for JSON, a live tree (in `live`) on a terminal."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Any, Protocol

from actors.cli.text import clock_time, emit, visible

__all__ = ["Lines", "Silence", "View", "event_line", "view_for"]

_OWN = {"seq", "event", "at_ms"}
# Names of things for machines: a person who watches does not need them, `penstock events` has them all.
_FOR_MACHINES = {"claim_id", "claimant_id", "digest", "lease_epoch", "nonce", "shown", "shown_digest"}


class View(Protocol):
    """Something that is told of events and of the run's present state."""

    def event(self, event: dict[str, Any]) -> None:
        """One event happened."""
        ...

    def show(self, run: dict[str, Any]) -> None:
        """The run looks like this now."""
        ...

    def tick(self) -> None:
        """A moment passed."""
        ...

    def say(self, text: str) -> None:
        """Something a person should read."""
        ...

    def suspended(self) -> AbstractContextManager[object]:
        """While the block runs, the terminal belongs to somebody else."""
        ...

    def close(self) -> None:
        """Nothing more will come."""
        ...


class Silence:
    """For --json: what is printed comes at the end."""

    def event(self, event: dict[str, Any]) -> None:
        """Nothing."""

    def show(self, run: dict[str, Any]) -> None:
        """Nothing."""

    def tick(self) -> None:
        """Nothing."""

    def say(self, text: str) -> None:
        """Nothing; the last state says it."""

    def suspended(self) -> AbstractContextManager[object]:
        """Nobody is asked without a terminal."""
        return nullcontext()

    def close(self) -> None:
        """Nothing."""


class Lines(Silence):
    """One line for each event, flushed at once."""

    def event(self, event: dict[str, Any]) -> None:
        """Print it."""
        emit(event_line({key: value for key, value in event.items() if key not in _FOR_MACHINES}))

    def say(self, text: str) -> None:
        """Print it."""
        emit(visible(text))


def event_line(event: dict[str, Any]) -> str:
    """Sequence number, local time, the event's name, its short fields."""
    fields = " ".join(f"{key}={_short(value)}" for key, value in event.items() if key not in _OWN and value not in (None, "", [], {}))
    return visible(f"{event['seq']:>5} {clock_time(event['at_ms'])} {event['event']} {fields}").rstrip()


def _short(value: Any) -> str:
    if isinstance(value, (dict, list)):
        return f"{{{len(value)}}}" if isinstance(value, dict) else f"[{len(value)}]"
    text = str(value)
    return text if len(text) <= 80 else text[:79] + "…"


def view_for(terminal: bool, as_json: bool) -> View:  # noqa: FBT001  two facts about the terminal, named at the only call
    """The view that fits."""
    if as_json:
        return Silence()
    if terminal:
        from actors.cli.live import Live

        return Live()
    return Lines()
