"""Canonical scenarios in which two things come together: an early signal, a claim that runs out, a reaper and an attempt's end."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress

import trio

from actors.run.messages import ReapRun
from actors.run.requests import Reap
from actors.services import REGISTRAR
from storage import StorageError
from supervision import ActorDead
from tests.scenarios.flows import flow, step, wait
from tests.scenarios.forged import held_back, let_go, services_of, taken
from tests.scenarios.harness import House
from tests.scenarios.inside import system_of
from tests.scenarios.script import Hold

__all__ = ["RACE_TALES", "reap_now", "sleep_over_the_lease"]

MANY = 12
THRESHOLD_MS = 600_000


async def _early_signal(house: House) -> str:
    """The signal is there before its wait opens."""
    hold = Hold()
    house.script.on("a", *[hold] * MANY)
    use = step("b", 'needs: [pay], with: {got: "{{ nodes.pay.payload.amount }}"}')
    run_id = await house.begin(flow(step("a"), wait("pay", "signal: payment, timeout: 5s, on_timeout: fail", "needs: [a]"), use))
    await hold.begun()
    answer = await house.call("signal.send", run_id=run_id, name="payment", payload={"amount": 20}, key="k1")
    assert answer["wait"] is None
    hold.open()
    return run_id


async def _lapsed(house: House) -> str:
    """The machine sleeps for longer than claims hold while an attempt is under way: the claim is taken anew."""
    hold = Hold()
    house.script.on("b", *[hold] * MANY)
    run_id = await house.begin(flow(step("a"), step("b", "needs: [a]"), step("c", "needs: [b]")))
    await hold.begun()
    await _serving(house)
    sleep_over_the_lease(house)
    hold.open()
    return run_id


def sleep_over_the_lease(house: House) -> None:
    """trio's clock stands still meanwhile, and the lease's does not."""
    lease = services_of(house).lease
    elapsed, slept_s = lease.elapsed, lease.length_ms / 1000 + 1
    lease.elapsed = lambda: elapsed() + slept_s


async def _taken_over(house: House) -> str:
    """Another daemon has claimed the run and begun a node of it, and is not heard of again."""
    run_id = await held_back(house, step("a"), step("b", "needs: [a]"))
    while (await house.run(run_id))["epoch"] == 0:
        await _serving(house)
        with suppress(StorageError):  # who has died with it may have said it or not
            await taken(house, run_id, "a")
    await let_go(house)
    return run_id


async def _reaped(house: House) -> str:
    """The reaper holds the run, with an attempt of it that was about to end; it goes on by itself."""
    hold = Hold()
    house.script.on("b", *[hold] * MANY)
    run_id = await house.begin(flow(step("a"), step("b", "needs: [a], retry: {max_attempts: 9}"), step("c", "needs: [b]")))
    await hold.begun()
    await _serving(house)
    with suppress(ActorDead):  # a daemon that dies at this moment reaps nobody
        await reap_now(house, run_id)
    await trio.sleep(0.001)
    hold.open()
    return run_id


async def reap_now(house: House, run_id: str) -> None:
    """What the sweep says of a run that it finds stale."""
    seq = services_of(house).store.journal.head(run_id)
    await system_of(house).ref(REGISTRAR).tell(ReapRun(run_id, Reap(seq, THRESHOLD_MS)))


async def _serving(house: House) -> None:
    """There is a daemon, and it is up."""
    while (host := house.host) is None or not host.up.is_set() or host.life.ending != "running":
        if host is not None:
            await (host.over if host.up.is_set() else host.known).wait()
        await trio.lowlevel.checkpoint()


RACE_TALES: dict[str, Callable[[House], Awaitable[str]]] = {
    "early_signal": _early_signal, "lapsed": _lapsed, "taken_over": _taken_over, "reaped": _reaped,
}  # fmt: skip
