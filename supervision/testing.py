"""Tools for tests of actors, shipped and typed. Nothing in the kernel knows of them."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import trio
import trio.testing

from supervision.actor import Actor
from supervision.childspec import ChildSpec, Supervisor
from supervision.clock import Clock, TrioClock
from supervision.errors import StartFailed, UnknownActor
from supervision.exits import Failed
from supervision.reports import KernelEvent
from supervision.system import System

__all__ = ["Crashed", "Probe", "crash", "run_tree", "settled"]

T = TypeVar("T")


class Crashed(Exception):
    """What `crash` makes a handler raise."""


class Probe(Actor[Any]):
    """An actor that keeps what it gets, in `received`, and answers every ask with `reply`."""

    def __init__(self, reply: object = None) -> None:
        self.received: list[Any] = []
        self.reply = reply
        self._arrival = trio.Event()
        self._seen = 0

    async def receive(self, message: Any) -> object:
        self.received.append(message)
        self._arrival.set()
        return self.reply

    def status(self) -> str:
        return f"{len(self.received)} received"

    async def expect(self, kind: type[T], *, timeout: float = 5.0) -> T:
        """The next message of class `kind`, passing over others. Raises `trio.TooSlowError` after `timeout` seconds."""
        with trio.fail_after(timeout):
            while True:
                while self._seen < len(self.received):
                    message = self.received[self._seen]
                    self._seen += 1
                    if isinstance(message, kind):
                        return message
                self._arrival = trio.Event()
                await self._arrival.wait()


@asynccontextmanager
async def run_tree(
    tree: Supervisor | Sequence[ChildSpec],
    *,
    clock: Clock | None = None,
    observe: Callable[[KernelEvent], None] | None = None,
    kill_grace_s: float = 1.0,
) -> AsyncGenerator[System, None]:
    """Run a tree (or children under a default supervisor) around the block: up at its start, stopped in order at its end.

    Retries wait without jitter. A tree that cannot start raises its `StartFailed`.
    """
    root = tree if isinstance(tree, Supervisor) else Supervisor(children=tree)
    system = System(root, clock=clock or TrioClock(), observe=observe, jitter=lambda: 1.0, kill_grace_s=kill_grace_s)
    failure: BaseException | None = None
    async with trio.open_nursery() as nursery:
        nursery.start_soon(system.run)
        await system.wait_up()
        try:
            _raise_failed_start(system)
            yield system
        except trio.Cancelled:
            raise
        except BaseException as error:  # noqa: BLE001 - raised again below, where no nursery wraps it into a group
            failure = error
        finally:
            if not system.stopping:
                system.stop()
    if failure is not None:
        raise failure


def _raise_failed_start(system: System) -> None:
    if isinstance(system.exit, Failed) and isinstance(system.exit.error, StartFailed):
        raise system.exit.error


async def settled() -> None:
    """Return when every task waits for something: all that could happen now has happened."""
    await trio.testing.wait_all_tasks_blocked()


def crash(system: System, path: str, error: Exception | None = None) -> None:
    """Make the next handler of the actor at `path` raise `error` (default: `Crashed`) instead of handling its message."""
    cell = system.registry.receiver(path)
    if cell is None:
        raise UnknownActor(path)

    own = vars(cell.actor)

    async def broken(_message: object) -> object:
        del own["receive"]  # once: the factory may give the same object to the next incarnation
        raise error or Crashed(path)

    own["receive"] = broken
