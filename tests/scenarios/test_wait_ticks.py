"""Ticks of the scheduler of waits: so many at once, hand-overs that get lost or come late, and clocks that go back."""

from __future__ import annotations

import pytest
import trio
from attrs import evolve

from actors.run.messages import EndWaits
from actors.services import REGISTRAR
from actors.wait.messages import DueWait
from actors.wait.row import due_key
from storage import Append, Transaction
from tests.scenarios.flows import flow, step, wait
from tests.scenarios.harness import House
from tests.scenarios.inside import crash_at_next, store_of, system_of
from tests.scenarios.ticking import counted, ticks, told_of, waited
from tests.scenarios.told import ALWAYS, whole


async def test_p52_a_hand_over_that_comes_late_is_denied_by_a_completed_run(h: House) -> None:
    run_id = await h.begin(flow(wait("nap", "timer: 60s")))
    assert (await h.run_until(run_id))["status"] == "completed"
    before, [row] = await h.names(run_id), await waited(h, run_id)
    again = DueWait(run_id, due_key(row["wake_at_ms"], row["created_at_ms"], row["wait_id"]), h.clock.now_ms())
    await system_of(h).ref(REGISTRAR).tell(EndWaits(run_id, (again,)))
    await trio.sleep(600)
    assert await counted(h) == (1, 1, 1, 1, 0)
    assert (await h.names(run_id), await waited(h, run_id)) == (before, [row])


async def test_p56_a_clock_that_goes_back_wakes_nothing_early_and_loses_nothing(h: House) -> None:
    first = await h.begin(flow(wait("nap", "timer: 1h"), name="first"))
    await h.run_until(first, "waiting")
    await trio.sleep(40)  # a tick has found nothing
    h.clock.jump(-1_800_000)
    second = await h.begin(flow(wait("nap", "timer: 60s"), name="second"))
    await h.run_until(second, "waiting")
    await trio.sleep(35)
    during = await ticks(h)
    assert (during["checked"], during["clock_regressions"] > 0) == (0, True)
    assert 1_700_000 < during["max_clock_regression_ms"] <= 1_800_000
    await h.run_until(second)
    assert (await h.run(first))["status"] == "waiting"
    [woken] = told_of(await whole(h, second))
    assert 0 <= woken["payload"]["lag_ms"] < 100
    await h.run_until(first)
    [late] = told_of(await whole(h, first))
    assert 0 <= late["payload"]["lag_ms"] < 100
    assert await counted(h) == (2, 2, 2, 0, 0)


async def test_p56_what_was_due_before_the_clock_went_back_ends_by_the_time_of_before(house: House) -> None:
    """Its hand-over got lost, and is made again under a clock by which it would not be due."""
    house.configure("waits", lease_ms=500)
    house.config = evolve(house.config, projection=ALWAYS)
    await house.start()
    run_id = await house.begin(flow(wait("nap", "timer: 3s")))
    await house.run_until(run_id, "waiting")
    crash_at_next(house, REGISTRAR)
    await trio.sleep(3.25)
    await house.hang_up()
    house.clock.jump(-3_600_000)
    await house.run_until(run_id)
    [woken] = told_of(await whole(house, run_id))
    assert (woken["occurred_at_ms"], woken["payload"]["lag_ms"]) == (woken["payload"]["wake_at_ms"], 0)


@pytest.mark.parametrize(("lease_ms", "lag_ms"), [pytest.param(500, 500, id="P57"), pytest.param(60_000, 60_000, id="by default")])
async def test_p57_a_hand_over_that_got_lost_is_made_again_after_the_lease(house: House, lease_ms: int, lag_ms: int) -> None:
    house.configure("waits", lease_ms=lease_ms)
    house.config = evolve(house.config, projection=ALWAYS)
    await house.start()
    run_id = await house.begin(flow(wait("nap", "timer: 3s"), step("b", "needs: [nap]")))
    await house.run_until(run_id, "waiting")
    crash_at_next(house, REGISTRAR)  # it has taken what is handed over, and hands nothing on
    await trio.sleep(3.25)
    await house.hang_up()  # what stands to its right in the tree begins anew, the scheduler of waits and the socket included
    await house.run_until(run_id)
    [woken] = told_of(await whole(house, run_id))
    assert lag_ms <= woken["payload"]["lag_ms"] < lag_ms + 100
    assert (await counted(house), house.script.count("b")) == ((2, 2, 1, 0, 1), 1)


async def test_p57_a_timer_that_was_due_as_its_daemon_died_is_told_once(h: House) -> None:
    run_id = await h.begin(flow(wait("nap", "timer: 60s"), step("b", "needs: [nap]")))
    await h.run_until(run_id, "waiting")
    await h.crash()
    await trio.sleep(120)
    await h.start()
    await h.run_until(run_id)
    [woken] = told_of(await whole(h, run_id))
    assert woken["payload"]["lag_ms"] >= 60_000


async def test_a_tick_takes_so_many_of_all_runs_and_the_next_one_the_rest(house: House) -> None:
    house.configure("waits", batch=2)
    await house.start()
    runs = [await house.begin(flow(wait("nap", f"timer: {seconds}s"), name=f"w{seconds}")) for seconds in (40, 10, 30, 20, 50)]
    for run_id in runs:
        await house.run_until(run_id, "waiting")
    await house.crash()
    await trio.sleep(3600)
    await house.start()
    for run_id in runs:
        await house.run_until(run_id)
    assert (await counted(house), (await ticks(house))["ticks"] >= 3) == ((5, 5, 5, 0, 0), True)


async def test_a_wait_whose_line_an_older_version_wrote_is_found_too(h: House) -> None:
    """That kept the time of waits with the run's own, and no keys of them."""
    run_id = await h.begin(flow(wait("nap", "timer: 1h"), step("b", "needs: [nap]")))
    run = await h.run_until(run_id, "waiting")
    store = store_of(h)
    line = store.catalog.get(run_id)
    assert line is not None
    old = evolve(line, due_ms=run["waits"][0]["wake_at_ms"], keys=())
    await store.commit(Transaction(h.clock.now_ms(), (Append(run_id, store.journal.head(run_id), headline=old),)))
    await h.crash()
    await h.start()
    await h.run_until(run_id)
    [woken] = told_of(await whole(h, run_id))
    assert 0 <= woken["payload"]["lag_ms"] < 1_000
    assert (await counted(h), h.script.count("b")) == ((1, 1, 1, 0, 0), 1)
