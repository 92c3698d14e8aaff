"""What has ended is gone from memory at once: nothing of the kernel refers to itself and waits for the garbage collector."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import trio

from supervision import Actor, ChildSpec, Dynamic, Supervisor
from supervision.cell import Cell
from supervision.childspec import ShutdownTime
from supervision.testing import run_tree, settled
from tests.supervision.workers import Do, Note, Ping, child

TREE = [ChildSpec("pool", lambda: Dynamic(intensity=1, period=10))]


@contextmanager
def uncollected() -> Iterator[None]:
    """Without the garbage collector."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def below(path: str) -> list[str]:
    """The cells below that path that are still in memory, living or not."""
    return sorted(one.path for one in gc.get_objects() if isinstance(one, Cell) and one.path.startswith(f"{path}/"))


@pytest.mark.parametrize("shutdown", [5.0, "brutal_kill"])
async def test_an_ended_actor_and_its_cell_are_gone(shutdown: ShutdownTime) -> None:
    with uncollected():
        async with run_tree(TREE) as system:
            pool = system.dynamic("pool")
            ref = await pool.start(child("a", [], restart="temporary", shutdown=shutdown))
            assert await ref.ask(Ping(), timeout=1) == "pong"
            assert below("pool") == ["pool/a"]
            await pool.stop("a")
            await settled()
            assert below("pool") == []


async def test_a_subtree_that_has_ended_is_gone_as_a_whole() -> None:
    def subtree() -> Supervisor:
        return Supervisor(children=[ChildSpec("work", Dynamic), child("main", [])], strategy="rest_for_one")

    with uncollected():
        async with run_tree(TREE) as system:
            pool = system.dynamic("pool")
            await pool.start(ChildSpec("a", subtree, restart="temporary"))
            work = system.dynamic("pool/a/work")
            await work.start(child("b", []))
            del work
            assert below("pool") == ["pool/a", "pool/a/main", "pool/a/work", "pool/a/work/b"]
            await pool.stop("a")
            await settled()
            assert below("pool") == []


class Part:
    """Refers back to what it is a part of."""

    def __init__(self, whole: Whole) -> None:
        self.whole = whole


class Whole(Actor[Any]):
    forgets = True

    def __init__(self) -> None:
        self.part = Part(self)

    async def started(self) -> None:
        self.spawn(trio.sleep_forever)


async def test_an_actor_that_forgets_lets_its_parts_go() -> None:
    made: list[weakref.ref[Whole]] = []

    def make() -> Whole:
        whole = Whole()
        made.append(weakref.ref(whole))
        return whole

    with uncollected():
        async with run_tree(TREE) as system:
            await system.dynamic("pool").start(ChildSpec("a", make, restart="temporary"))
            assert [ref() is not None for ref in made] == [True]
            await system.dynamic("pool").stop("a")
            await settled()
            assert [ref() for ref in made] == [None]


async def test_a_discarded_timer_keeps_nobody() -> None:
    """It lies in the heap of all timers until it would have been due, or until enough of them have gathered."""
    journal: list[str] = []
    with uncollected():
        async with run_tree(TREE) as system:
            pool = system.dynamic("pool")
            ref = await pool.start(child("a", journal, restart="temporary"))
            await ref.tell(Do(lambda worker: worker.after(3600.0, Note("late"))))
            await settled()
            assert len(system.timers) > 0
            await pool.stop("a")
            await settled()
            assert below("pool") == []
