"""A worker whose every step can be scripted, and the journal it writes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import trio
from attrs import field, frozen

from supervision import Actor, ChildSpec, Exit, Ignore, KernelEvent, Normal, Request, Shutdown
from supervision.childspec import Restart, ShutdownTime

__all__ = ["Boom", "Broken", "Do", "End", "Journal", "Nap", "Note", "Ping", "Worker", "child", "ends", "happened", "swallow"]

Journal = list[str]
Step = Callable[[], Awaitable[object]]


class Broken(Exception):
    """What a worker breaks with."""


@frozen
class Ping(Request[str]):
    text: str = "pong"


@frozen
class Note:
    text: str


@frozen
class Boom(Request[None]):
    error: BaseException = field(factory=Broken)


@frozen
class Nap(Request[str]):
    seconds: float


@frozen
class End:
    how: Normal | Shutdown | None = None


@frozen
class Do:
    step: Callable[[Worker], object]


class Worker(Actor[Any]):
    """Writes `start path`, its notes and `stop path`; `starts` says how the next starts go, `parting` runs in stopped()."""

    accepts = (Note,)

    def __init__(self, journal: Journal, starts: Iterator[str], parting: Step | None = None) -> None:
        self.journal = journal
        self.starts = starts
        self.parting = parting

    async def started(self) -> None:
        script = next(self.starts, "")
        self.journal.append(" ".join(filter(None, ("start", self.path, script))))
        match script:
            case "fails":
                raise Broken(self.path)
            case "ignores":
                raise Ignore
            case "hangs":
                await trio.sleep_forever()
            case "naps":
                await trio.sleep(1)

    async def receive(self, message: Any) -> object:
        match message:
            case Ping(text):
                return text
            case Note(text):
                self.journal.append(f"{self.path} {text}")
            case Boom(error):
                raise error
            case Nap(seconds):
                await trio.sleep(seconds)
                self.journal.append(f"{self.path} rested")
                return "rested"
            case End(how):
                self.finish(how)
            case Do(step):
                step(self)
        return None

    async def stopped(self) -> None:
        if self.parting is not None:
            await self.parting()
        self.journal.append(f"stop {self.path}")


def child(
    name: str,
    journal: Journal,
    restart: Restart = "permanent",
    *,
    starts: str = "",
    shutdown: ShutdownTime | None = None,
    parting: Step | None = None,
    significant: bool = False,
) -> ChildSpec:
    """A worker's spec; `starts` is a list of words, one for each incarnation: ok, fails, ignores, hangs, naps, explodes (its factory)."""
    script = iter([word if word != "ok" else "" for word in starts.split()])

    def make() -> Worker:
        steps = iter([next(script, "")])
        if "explodes" in (word := list(steps)):
            raise Broken("factory")
        return Worker(journal, iter(word), parting)

    return ChildSpec(name, make, restart, shutdown, significant)


def swallow(seconds: float) -> Step:
    """A step that does not let itself be cancelled for that long."""

    async def stubborn() -> None:
        with trio.CancelScope(shield=True):
            await trio.sleep(seconds)

    return stubborn


def ends(events: list[KernelEvent]) -> list[tuple[str, Exit | None]]:
    return [(event.path, event.exit) for event in events if event.happening == "ended"]


def happened(events: list[KernelEvent], what: str) -> list[str]:
    return [event.path for event in events if event.happening == what]
