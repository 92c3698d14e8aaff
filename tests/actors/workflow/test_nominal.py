"""The nominal times of schedules: grids, and time zones with their gaps and overlaps against a clock that is watched minute by minute."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.workflow.cron import Cron
from actors.workflow.nominal import Nominal, ZoneUnknown, first_fire, nominal_times, zone_named
from actors.workflow.triggers import Schedule

ZONES = (
    "UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca", "America/Sao_Paulo", "Asia/Kathmandu",
    "Pacific/Chatham", "America/Santiago", "Africa/Cairo", "Antarctica/Troll", "Asia/Beirut",
)  # fmt: skip
YEARS = range(2018, 2038)
MINUTE, DAY = 60_000, 86_400_000


def ms(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp() * 1000)


def iso(instant: int | None) -> str | None:
    return None if instant is None else datetime.fromtimestamp(instant / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def times(cron: str, zone: str = "UTC") -> Nominal:
    found = nominal_times(Schedule(cron=cron, timezone=zone), 0)
    assert found is not None
    return found


def listed(nominal: Nominal, first: int, last: int) -> list[int]:
    """All of them, one after the other."""
    found, at = [], first - 1
    while (following := nominal.after(at)) is not None and following <= last:
        found.append(following)
        at = following
    return found


def test_r94_a_time_of_the_day_that_is_skipped_comes_right_after_the_gap_once() -> None:
    nominal = times("30 2 * * *", "Europe/Berlin")
    first = nominal.after(ms("2026-03-29T00:00:00+01:00"))
    assert iso(first) == "2026-03-29T01:00:00Z"
    assert first is not None
    assert iso(nominal.after(first)) == "2026-03-30T00:30:00Z"


def test_r95_a_time_of_the_day_that_is_shown_twice_comes_the_first_time() -> None:
    nominal = times("30 2 * * *", "Europe/Berlin")
    day = listed(nominal, ms("2026-10-25T00:00:00+02:00"), ms("2026-10-25T23:59:00+01:00"))
    assert [iso(one) for one in day] == ["2026-10-25T00:30:00Z"]


@pytest.mark.parametrize(
    ("cron", "zone", "first", "last", "expected"),
    [
        # Several times of one gap, and one that it would hit anyway, are one; seconds within it, too.
        ("0,15,30 2 * * *", "Europe/Berlin", "2026-03-29T00:00Z", "2026-03-29T12:00Z", ["2026-03-29T01:00:00Z"]),
        ("0 2,3 * * *", "Europe/Berlin", "2026-03-29T00:00Z", "2026-03-29T12:00Z", ["2026-03-29T01:00:00Z"]),
        ("* 30 2 * * *", "Europe/Berlin", "2026-03-29T00:00Z", "2026-03-29T12:00Z", ["2026-03-29T01:00:00Z"]),
        ("15 3 * * *", "Europe/Berlin", "2026-03-29T00:00Z", "2026-03-29T12:00Z", ["2026-03-29T01:15:00Z"]),
        # An interval goes on by the time that passes: through the gap, and twice through the overlap.
        ("30 * * * *", "Europe/Berlin", "2026-03-29T00:00Z", "2026-03-29T02:00Z", ["2026-03-29T00:30:00Z", "2026-03-29T01:30:00Z"]),
        ("*/30 2 * * *", "Europe/Berlin", "2026-03-29T00:00Z", "2026-03-29T12:00Z", []),
        (
            "*/30 2 * * *", "Europe/Berlin", "2026-10-25T00:00Z", "2026-10-25T12:00Z",
            ["2026-10-25T00:00:00Z", "2026-10-25T00:30:00Z", "2026-10-25T01:00:00Z", "2026-10-25T01:30:00Z"],
        ),
        # Half an hour, at 2:00 on the clock of Lord Howe: 2:00 becomes 2:30 in October, and 1:30 in April.
        ("15 2 * * *", "Australia/Lord_Howe", "2026-10-03T12:00Z", "2026-10-04T12:00Z", ["2026-10-03T15:30:00Z"]),
        ("45 1 * * *", "Australia/Lord_Howe", "2026-04-04T12:00Z", "2026-04-05T12:00Z", ["2026-04-04T14:45:00Z"]),
        (
            "*/30 1 * * *", "Australia/Lord_Howe", "2026-04-04T12:00Z", "2026-04-05T12:00Z",
            ["2026-04-04T14:00:00Z", "2026-04-04T14:30:00Z", "2026-04-04T15:00:00Z"],
        ),
        # A gap at midnight: the day begins at one o'clock.
        ("0 0 * * *", "Africa/Cairo", "2026-04-23T12:00Z", "2026-04-24T12:00Z", ["2026-04-23T22:00:00Z"]),
        ("30 0 24 4 *", "Africa/Cairo", "2026-04-23T12:00Z", "2026-04-24T12:00Z", ["2026-04-23T22:00:00Z"]),
        # A gap of two hours.
        ("30 1,2 * * *", "Antarctica/Troll", "2026-03-29T00:00Z", "2026-03-29T12:00Z", ["2026-03-29T01:00:00Z"]),
    ],
)  # fmt: skip
def test_gaps_and_overlaps(cron: str, zone: str, first: str, last: str, expected: list[str]) -> None:
    nominal = times(cron, zone)
    begin, end = ms(first.replace("Z", "+00:00")), ms(last.replace("Z", "+00:00"))
    assert [iso(one) for one in listed(nominal, begin, end)] == expected
    assert nominal.count(begin, end) == len(expected)
    assert [iso(one) for one in nominal.newest(begin, end, 100)] == expected


def test_a_span_may_end_with_the_last_second_before_the_clock_is_changed() -> None:
    nominal = times("30 * * * *", "Europe/Berlin")
    first, last = ms("2026-03-29T00:00:00+00:00"), ms("2026-03-29T00:59:59+00:00")
    assert (nominal.count(first, last), [iso(one) for one in nominal.newest(first, last, 9)]) == (1, ["2026-03-29T00:30:00Z"])


def changes(zone: ZoneInfo, year: int) -> list[int]:
    """The days of a year on which the clock is changed, as instants of their beginning in UTC."""
    days = [int(datetime(year, 1, 1, tzinfo=UTC).timestamp()) + day * 86_400 for day in range(366)]
    shown = [datetime.fromtimestamp(at, zone).utcoffset() for at in days]
    return [at for at, before, after in zip(days, shown, shown[1:], strict=False) if before != after]


def watched(cron: Cron, walls: list[tuple[int, datetime]]) -> list[int]:
    """What a person sees who watches the clock on the wall, minute by minute, and fires by the rule. Milliseconds since 1970."""
    shown = [wall for _, wall in walls]
    named = list(cron.between(min(shown), max(shown) + timedelta(minutes=1)))
    if cron.elapsed:
        matching = set(named)
        return [at * 1000 for at, wall in walls[1:] if wall in matching]
    found, highest = [], walls[0][1]
    for at, wall in walls[1:]:
        if wall > highest:
            if any(highest < one <= wall for one in named):
                found.append(at * 1000)
            highest = wall
    return found


FIXED = ("30 2 * * *", "0 0 * * *", "15 1 * * *", "0 3 * * 0", "5,35 0-3 * * *", "59 23 * * *")
INTERVALS = ("*/15 * * * *", "30 * * * *", "0 */2 * * *", "*/20 1-2 * * *")


@pytest.mark.no_cover  # far more of the same: measuring it would take longer than doing it
@pytest.mark.parametrize("zone", ZONES)
def test_g13_twenty_years_of_changing_clocks_are_as_one_who_watches_sees_them(zone: str) -> None:
    there = ZoneInfo(zone)
    for day in (day for year in YEARS for day in changes(there, year)):
        first, last = day - 86_400 - 7_200, day + 7_200
        walls = [(at, datetime.fromtimestamp(at, there).replace(tzinfo=None)) for at in range(first - 60, last + 1, 60)]
        for text in (*FIXED, *INTERVALS):
            cron = Cron(text)
            expected, nominal = watched(cron, walls), times(text, zone)
            assert listed(nominal, first * 1000, last * 1000) == expected, (zone, text, iso(day * 1000))
            assert nominal.count(first * 1000, last * 1000) == len(expected), (zone, text, iso(day * 1000))
            assert nominal.newest(first * 1000, last * 1000, 5) == expected[-5:]


CRONS = st.sampled_from([*FIXED, *INTERVALS, "0 0 29 2 *", "0 0 L * *", "0 9 * * 1-5", "* * * * *"])
MOMENTS = st.integers(ms("2015-01-01T00:00Z"), ms("2040-01-01T00:00Z"))


@given(CRONS, st.sampled_from(ZONES), MOMENTS, st.integers(0, 400 * DAY))
def test_counting_the_newest_and_the_next_agree(cron: str, zone: str, first: int, length: int) -> None:
    nominal, last = times(cron, zone), first + length
    newest = nominal.newest(first, last, 7)
    assert newest == sorted(set(newest))
    assert all(first <= one <= last for one in newest)
    assert len(newest) == min(7, nominal.count(first, last))
    for one, other in pairwise(newest):
        assert nominal.after(one) == other
        assert nominal.count(one, other) == 2
    if newest:
        following = nominal.after(newest[-1])
        assert following is None or following > last


@given(st.integers(1, 10**6), MOMENTS, MOMENTS, st.integers(0, 10**9), st.integers(1, 100))
def test_a_grid_is_a_grid(seconds: int, anchor: int, first: int, length: int, most: int) -> None:
    nominal, last = nominal_times(Schedule(interval_s=seconds), anchor), first + length
    assert nominal is not None
    following = nominal.after(first)
    assert following is not None
    assert ((following - anchor) % (seconds * 1000), 0 < following - first <= seconds * 1000) == (0, True)
    on_grid = first + (anchor - first) % (seconds * 1000)
    expected = max(0, (last - on_grid) // (seconds * 1000) + 1)
    assert nominal.count(first, last) == expected
    newest = nominal.newest(first, last, most)
    assert len(newest) == min(most, expected)
    assert all(other - one == seconds * 1000 for one, other in pairwise(newest))
    assert not newest or last - newest[-1] < seconds * 1000


def test_a_schedule_that_begins_now_fires_first_when_its_interval_is_over_or_its_time_comes() -> None:
    now = ms("2026-01-01T00:00:30Z")
    assert first_fire(Schedule(interval_s=60), now) == now + MINUTE
    assert iso(first_fire(Schedule(cron="* * * * *"), now)) == "2026-01-01T00:01:00Z"


def test_r74_a_schedule_without_a_source_never_fires() -> None:
    assert nominal_times(Schedule(), 0) is None
    assert first_fire(Schedule(), 0) is None


@pytest.mark.parametrize("name", ["Europe/Nowhere", "", "../../etc/passwd", "/etc/passwd", "Europe", "UTC\0", "x" * 300, "\u00e9"])
def test_a_zone_that_is_none_is_unknown(name: str) -> None:
    with pytest.raises(ZoneUnknown):
        zone_named(name)


@pytest.mark.parametrize(("cron", "zone"), [("* * * * *", "Europe/Berlin"), ("30 2 * * *", "Africa/Casablanca"), ("* * * * * *", "UTC")])
def test_ten_years_are_looked_through_in_a_moment(cron: str, zone: str) -> None:
    nominal = times(cron, zone)
    first, last = ms("2026-01-01T00:00Z"), ms("2036-01-01T00:00Z")
    took = []
    for _ in range(3):
        began = time.process_time()
        nominal.count(first, last)
        nominal.newest(first, last, 100)
        nominal.after(last)
        took.append(time.process_time() - began)
    assert min(took) < 0.5, "stepping through them takes ten times as long"


def test_a_clock_that_jumps_by_thousands_of_years_is_looked_through_all_the_same() -> None:
    nominal = times("0 9 * * *", "Europe/Berlin")
    first, last = ms("2026-01-01T00:00Z"), ms("4026-01-01T00:00Z")
    began = time.process_time()
    assert abs(nominal.count(first, last) - (last - first) // DAY) <= 1
    assert len(nominal.newest(first, last, 100)) == 100
    assert time.process_time() - began < 5


def test_the_end_of_time_is_no_error() -> None:
    end = ms("9999-12-27T00:00Z")
    assert times("0 0 1 1 *").after(end) is None
    assert times("* * * * *").after(end) is not None
    assert times("* * * * *").after(ms("9999-12-31T00:00Z")) is None
    assert Schedule(interval_s=10**9).fires
    nominal = nominal_times(Schedule(interval_s=3_000_000_000), 0)
    assert nominal is not None
    assert nominal.after(end) is None
