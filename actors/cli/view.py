"""What a person sees of a run while it goes on: lines without a terminal, nothing for JSON, a live tree (in `live`) on a terminal."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Any, Protocol

from actors.cli.narrate import Narrator
from actors.cli.text import emit, visible

__all__ = ["Lines", "Silence", "View", "view_for"]


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
    """One line for each event that says something new, flushed at once."""

    def __init__(self) -> None:
        self._narrator = Narrator()

    def event(self, event: dict[str, Any]) -> None:
        """Print it."""
        line = self._narrator.live_line(event)
        if line is not None:
            emit(line)

    def say(self, text: str) -> None:
        """Print it."""
        emit(visible(text))


def view_for(terminal: bool, as_json: bool) -> View:  # noqa: FBT001  two facts about the terminal, named at the only call
    """The view that fits."""
    if as_json:
        return Silence()
    if terminal:
        from actors.cli.live import Live

        return Live()
    return Lines()
