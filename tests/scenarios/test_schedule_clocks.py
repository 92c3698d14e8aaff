"""Schedules over days on which clocks are changed, and killed around a fire, through the socket."""

from __future__ import annotations

from datetime import datetime

import pytest
import trio

from tests.scenarios.harness import House
from tests.scenarios.planned import HOUR, fired, made, next_fire, put_planned, until


def ms(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp() * 1000)


async def day(house: House, midnight: str) -> None:
    """A daemon that starts at midnight, by the clocks of Berlin."""
    house.clock.jump(ms(midnight) - house.clock.now_ms())
    await house.start()


BERLIN = 'cron: "30 2 * * *", timezone: Europe/Berlin'


async def go_to(house: House, moment: str) -> None:
    """Set the watch, and wait until that was noticed."""
    house.clock.jump(ms(moment) - house.clock.now_ms())
    await trio.sleep(31)


async def test_r94_a_time_that_is_skipped_fires_right_after_the_gap_once(house: House) -> None:
    await day(house, "2026-03-29T00:00:00+01:00")
    assert await put_planned(house, BERLIN) == ms("2026-03-29T01:00:00+00:00")
    for moment in ("2026-03-29T01:59:50+01:00", "2026-03-29T03:30:00+02:00", "2026-03-29T23:59:00+02:00"):
        await go_to(house, moment)
        assert await fired(house) == [ms("2026-03-29T01:00:00+00:00")]
    assert await next_fire(house) == ms("2026-03-30T02:30:00+02:00")


async def test_r95_a_time_that_is_shown_twice_fires_once(house: House) -> None:
    await day(house, "2026-10-25T00:00:00+02:00")
    await put_planned(house, BERLIN)
    for moment in ("2026-10-25T02:29:50+02:00", "2026-10-25T02:29:50+01:00", "2026-10-25T23:59:00+01:00"):
        await go_to(house, moment)
        assert await fired(house) == [ms("2026-10-25T00:30:00+00:00")]
    assert await next_fire(house) == ms("2026-10-26T02:30:00+01:00")


async def test_an_interval_goes_on_through_the_hour_that_comes_twice(house: House) -> None:
    await day(house, "2026-10-25T00:00:00+02:00")
    first = await put_planned(house, 'cron: "0 * * * *", timezone: Europe/Berlin')
    for n in range(5):
        house.clock.jump(first + n * HOUR - house.clock.now_ms() - 10_000)
        await trio.sleep(31)
    assert await fired(house) == [first + n * HOUR for n in range(5)]


@pytest.mark.parametrize("point", ["commit.before", "commit.after"])
async def test_r96_a_death_around_the_commit_of_a_fire_makes_one_run_for_its_time(house: House, point: str) -> None:
    await house.start()
    first = await put_planned(house, "every: 10m")
    await until(house, first - 1000)
    await house.stop()
    house.revive, house.point.plan = True, [(point, 1)]
    await house.start()  # whose first commit is that of the fire
    await until(house, first + 60_000)
    assert (house.point.fired, await fired(house)) == (1, [first])
    assert [run["scheduled_for_ms"] for run in await made(house)] == [first]
