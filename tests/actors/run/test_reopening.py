"""What is opened when a daemon starts, and how a run that kills daemons is found and locked away."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import Factory, define

from actors.run.logbook import Logbook, fold_log
from actors.run.operations import operate
from actors.run.recovery import claim, hold_for_shutdown
from actors.run.reopening import STREAM, reopen_all
from actors.run.requests import Pause
from actors.run.rules import advance
from actors.services import Services
from storage import Append, NewEvent, Transaction
from tests.actors.run.house import hold, made
from tests.actors.run.table import ANNA, flow


class Death(BaseException):
    """The daemon dies here."""


@define
class Registrar:
    """What is asked of the registrar, its tree, and its pool of runs; `alive` are open already, `deadly` kill the daemon."""

    services: Services
    alive_runs: set[str] = Factory(set)
    deadly: set[str] = Factory(set)
    opened_now: list[str] = Factory(list)

    @property
    def system(self) -> Registrar:
        return self

    def alive(self, path: str) -> bool:
        return path.removeprefix("runs/") in self.alive_runs

    def dynamic(self, path: str) -> Registrar:
        return self

    def spec(self, run_id: str) -> str:
        return run_id

    def open(self, run_id: str) -> None:
        self.opened_now.append(run_id)

    def opened(self, run_id: str) -> None:
        self.opened_now.append(run_id)

    async def start(self, run_id: str) -> None:
        if run_id in self.deadly:
            raise Death(run_id)
        raise ValueError("which the registrar hears as the run's end, and the next one is opened all the same")


async def reopen(registrar: Registrar) -> list[str]:
    told: Any = registrar
    await reopen_all(told)
    return registrar.opened_now


async def running(services: Services, request: str) -> Logbook:
    clock: Any = services.clock
    clock.now += 1
    book = Logbook(services, await made(services, flow("a"), request))
    turn = book.turn()
    claim(turn, "c", services.claimant, None)
    advance(turn)
    await book.commit(turn, claim=hold())
    return book


def kinds(services: Services) -> list[str]:
    return [note.kind for note in services.store.journal.read(STREAM)]


async def test_runs_that_were_under_way_or_held_for_a_shutdown_are_opened_and_others_not(services: Services) -> None:
    first, second, third = [await running(services, f"req-{n}") for n in range(3)]
    await made(services, flow("a"), "req-queued")
    turn = second.turn()
    operate(turn, Pause(ANNA))
    await second.commit(turn)
    turn = third.turn()
    hold_for_shutdown(turn)
    await third.commit(turn)
    assert sorted(await reopen(Registrar(services))) == [first.run_id, third.run_id]
    assert kinds(services) == ["recovery_begun", "recovery_done"]


async def test_with_nothing_to_open_nothing_is_written(services: Services) -> None:
    book = await running(services, "req-1")
    assert await reopen(Registrar(services, {book.run_id})) == []
    assert kinds(services) == []


async def noted(services: Services, *kinds: str) -> None:
    events = tuple(NewEvent(kind, b'{"runs":1}') for kind in kinds)
    await services.store.commit(Transaction(1, (Append(STREAM, services.store.journal.head(STREAM), events),)))


async def test_after_three_starts_that_died_each_run_is_noted_before_it_is_touched(services: Services) -> None:
    book = await running(services, "req-1")
    await noted(services, "recovery_begun", "recovery_begun")
    await reopen(Registrar(services))
    assert kinds(services)[2:] == ["recovery_begun", "recovery_done"]
    await noted(services, "recovery_begun", "recovery_begun", "recovery_begun")
    assert await reopen(Registrar(services)) == [book.run_id]
    assert kinds(services)[7:] == ["recovery_begun", "recovering", "recovery_done"]


async def test_a_run_that_kills_three_careful_starts_is_locked_away_and_the_others_are_opened(services: Services) -> None:
    good, bad = await running(services, "req-1"), await running(services, "req-2")
    await noted(services, "recovery_begun", "recovery_begun", "recovery_begun")
    for _ in range(3):
        with pytest.raises(Death, match=bad.run_id):
            await reopen(Registrar(services, deadly={bad.run_id}))
    assert await reopen(Registrar(services, deadly={bad.run_id})) == [good.run_id]
    assert fold_log(services, bad.run_id).status == "failed"
    assert kinds(services)[-1] == "recovery_done"
