"""Stories that run in a process of their own, below the shim. Each prints what was acknowledged, one line per fact."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import trio

from storage.errors import StorageError, StoreFailed
from storage.records import Append, NewEvent
from storage.store import Store
from tests.storage.shim import plan
from tests.storage.support import append, open_store, receipt, tx

Story = Callable[[Store, list[str]], Awaitable[None]]


def say(text: str) -> None:
    print(text, flush=True)


async def _commit(store: Store, stream: str, expected: int) -> bool:
    try:
        await store.commit(tx(append(stream, expected, "happened", "went_on"), receipt=receipt(f"{stream}:{expected}")))
    except StorageError as error:
        say(f"{error.code} {getattr(error, 'applied', '')}".strip())
        return False
    say(f"ack {stream} {expected + 2}")
    return True


async def failing(store: Store, arguments: list[str]) -> None:
    """Commit, let calls fail as told, commit until something is refused, heal, wait, commit again."""
    plan_file, call, code, first, last, suffix = arguments
    await _commit(store, "before", 0)
    plan(Path(plan_file), call, getattr(errno, code), first=int(first), last=int(last), suffix=suffix)
    seq = 0
    for _ in range(40):
        if not await _commit(store, "during", seq):
            break
        seq += 2
    say(f"reads {store.journal.head('before')} {store.journal.head('during')}")
    if last == "1000000":
        await trio.Path(plan_file).unlink()
    try:
        with trio.fail_after(10):
            await store.wait_writable()
    except StoreFailed:
        say("stopped")
        return
    await _commit(store, "after", 0)


async def recorded(store: Store, arguments: list[str]) -> None:
    """Commit facts of many sizes, blobs among them. Each acknowledgement is written to a file, so that it stands in order in the log."""
    mark = os.open(store.folder / "acknowledged", os.O_WRONLY | os.O_CREAT, 0o600)
    for n in range(int(arguments[0])):
        size = 200 + 97 * (n % 23) if n % 9 else 9_000
        digest = await store.put_blob(b"blob %d " % n * 50) if n % 5 == 0 else "none"
        data = b'{"blob":"%s","pad":"%s"}' % (digest.encode(), b"x" * size)
        await store.commit(tx(Append("run", n, (NewEvent("happened", data),)), receipt=receipt(f"r{n}")))
        os.write(mark, b"%d\n" % n)
    os._exit(0)


STORIES: dict[str, Story] = {"failing": failing, "recorded": recorded}


def main() -> None:
    name, folder, mode, *arguments = sys.argv[1:]

    async def run() -> None:
        with open_store(Path(folder), inline={"inline": True, "threaded": False}[mode]) as store:
            async with trio.open_nursery() as nursery:
                await nursery.start(_serve, store)
                await STORIES[name](store, arguments)
                nursery.cancel_scope.cancel()

    trio.run(run)


async def _serve(store: Store, *, task_status: trio.TaskStatus[None]) -> None:
    try:
        await store.serve(task_status=task_status)
    except StoreFailed:
        say("serve failed")


if __name__ == "__main__":
    main()
