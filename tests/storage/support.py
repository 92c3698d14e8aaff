"""What all tests of the memory share: a clock that is set by hand, short ways to say things, and processes that die."""

from __future__ import annotations

import os
import signal
import sqlite3
import traceback
from collections.abc import Awaitable, Callable
from contextlib import closing
from hashlib import sha256
from pathlib import Path
from typing import Any

import trio
from attrs import define

from storage import crashpoints
from storage.limits import Limits
from storage.records import Acquire, Append, AuditEntry, Headline, NewEvent, Receipt, Recorded, Release, Transaction
from storage.store import Store

__all__ = [
    "NOW",
    "SMALL",
    "Clock",
    "acquire",
    "append",
    "audit",
    "dump",
    "event",
    "events",
    "fill",
    "fork",
    "hashes",
    "headline",
    "open_store",
    "receipt",
    "release",
    "serving",
    "sql",
    "three",
    "tx",
]  # fmt: skip

NOW = 1_700_000_000_000
SMALL = Limits(wal=32_768, receipts=1)  # opens in a few milliseconds


@define
class Clock:
    """The wall clock of a test; `now` is moved by hand."""

    now: int = NOW

    def now_ms(self) -> int:
        return self.now


def event(kind: str = "happened", data: bytes = b"{}") -> NewEvent:
    return NewEvent(kind, data)


def events(recorded: list[Recorded]) -> list[str]:
    return [one.kind for one in recorded]


def append(stream: str, expected: int, *kinds: str, **more: Any) -> Append:
    return Append(stream, expected, tuple(event(kind) for kind in kinds), **more)


def tx(*appends: Append, at_ms: int = NOW, **more: Any) -> Transaction:
    return Transaction(at_ms, appends, **more)


def headline(stream: str, status: str = "queued", **more: Any) -> Headline:
    return Headline(**{"stream": stream, "kind": "run", "status": status, "created_ms": NOW, "updated_ms": NOW, **more})


def acquire(epoch: int, claimant: str = "me", lease_ms: int = 30_000) -> Acquire:
    return Acquire(claimant, epoch, lease_ms)


def release() -> Release:
    return Release()


def receipt(request_id: str = "request-1", digest: bytes = b"digest", reply: bytes = b"reply") -> Receipt:
    return Receipt(request_id, digest, reply)


def audit(action: str = "run.start", subject: str = "run-1") -> AuditEntry:
    return AuditEntry("uid:0", action, subject, b"{}", "ok")


def open_store(folder: Path, *, clock: Clock | None = None, limits: Limits = SMALL, inline: bool | None = True, **more: Any) -> Store:
    return Store.open(folder, clock=clock or Clock(), limits=limits, inline=inline, **more)


def serving(store: Store, story: Callable[[Store], Awaitable[None]]) -> None:
    """Run a story against a served store, in a trio of its own."""

    async def main() -> None:
        async with trio.open_nursery() as nursery:
            await nursery.start(store.serve)
            await story(store)
            nursery.cancel_scope.cancel()

    trio.run(main)


def fill(folder: Path, story: Callable[[Store], Awaitable[None]], **more: Any) -> None:
    """Open, run a story, close."""
    with open_store(folder, **more) as store:
        serving(store, story)


def fork(work: Callable[[int], None], *, crash_at: str = "") -> tuple[int, bytes]:
    """Do the work in a process of its own, which may be killed at a crash point; its exit status and what it wrote to its pipe.

    The work gets the pipe's descriptor. Whatever it leaves open dies with it, as in a real crash.
    """
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            os.close(read)
            crashpoints.arm(crash_at)
            work(write)
            status = 0
        except BaseException:  # noqa: BLE001  a child must never return into the tests of its parent
            traceback.print_exc()
        finally:
            os._exit(status)
    os.close(write)
    with os.fdopen(read, "rb") as pipe:
        said = pipe.read()
    _, status = os.waitpid(pid, 0)
    return (-signal.SIGKILL if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)), said


def dump(store: Store) -> dict[str, Any]:
    """All content that can be read back."""
    streams: dict[str, list[Any]] = {}
    for _, stream, recorded in store.journal.since(0, 1_000_000):
        streams.setdefault(stream, []).append(recorded)
    return {
        "streams": {stream: store.journal.read(stream) for stream in streams},
        "unchecked": streams,
        "catalog": sorted(store.catalog.list(limit=10_000), key=lambda line: line.stream),
        "claims": store.claims.held(),
        "audit": store.audit.list(limit=10_000),
    }


async def three(store: Store) -> None:
    """Three commits, each with an event, a receipt and an audit entry."""
    for n in range(3):
        await store.commit(tx(append("run-1", n, "x"), receipt=receipt(f"r{n}"), audit=(audit(),)))


def hashes(folder: Path) -> dict[str, str]:
    """The SHA-256 of every file in the folder but the lock."""
    return {path.name: sha256(path.read_bytes()).hexdigest() for path in sorted(folder.iterdir()) if path.suffix != ".lock"}


def sql(folder: Path, *statements: str) -> None:
    """What somebody with another program does to the database while nobody has it open."""
    with closing(sqlite3.connect(folder / "penstock.db", isolation_level=None)) as connection:
        for statement in statements:
            connection.execute(statement)
