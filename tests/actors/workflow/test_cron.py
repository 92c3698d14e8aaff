"""Cron expressions: which times on a clock on the wall they name, against a plain search, and everything that says no time."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from actors.workflow.cron import Cron, CronInvalid

BEGIN = datetime(2026, 1, 1)  # noqa: DTZ001  a time on the wall has no zone


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0 9 * * 1", ["2026-01-05T09:00:00", "2026-01-12T09:00:00"]),
        ("0 9 * * MON", ["2026-01-05T09:00:00", "2026-01-12T09:00:00"]),
        ("*/20 0 1 1 *", ["2026-01-01T00:00:00", "2026-01-01T00:20:00", "2026-01-01T00:40:00", "2027-01-01T00:00:00"]),
        ("15,45 */30 0 1 1 *", ["2026-01-01T00:00:15", "2026-01-01T00:00:45", "2026-01-01T00:30:15", "2026-01-01T00:30:45"]),
        ("0 0 29 2 *", ["2028-02-29T00:00:00", "2032-02-29T00:00:00"]),
        ("0 0 31 * *", ["2026-01-31T00:00:00", "2026-03-31T00:00:00", "2026-05-31T00:00:00"]),
        ("0 0 L * *", ["2026-01-31T00:00:00", "2026-02-28T00:00:00"]),
        ("0 12 * * MON#2", ["2026-01-12T12:00:00", "2026-02-09T12:00:00"]),
        ("0 0 13 * 5", ["2026-01-02T00:00:00", "2026-01-09T00:00:00", "2026-01-13T00:00:00"]),
        ("0 0 */13 * 7", ["2026-02-01T00:00:00", "2026-03-01T00:00:00"]),
    ],
)
def test_the_times_of_an_expression(text: str, expected: list[str]) -> None:
    times = Cron(text).after(BEGIN - timedelta(seconds=1))
    assert [next(times) for _ in expected] == [at(one) for one in expected]


@pytest.mark.parametrize(("text", "elapsed"), [
    ("* 2 * * *", True), ("*/5 2 * * *", True), ("5 * * * *", True), ("0 */2 * * *", True), ("* 5 2 * * *", False), ("5 2 * * *", False),
])  # fmt: skip
def test_what_stands_for_an_interval_has_a_star_as_its_minute_or_hour(text: str, elapsed: bool) -> None:
    assert Cron(text).elapsed is elapsed


@pytest.mark.parametrize(("text", "why"), [
    ("", "0 fields"), ("* * * *", "4 fields"), ("* * * * * * *", "7 fields"), ("60 * * * *", "the minute is '60'"),
    ("60 * * * * *", "the second is '60'"), ("0 24 * * *", "the hour is '24'"), ("0 0 0 * *", "the day of the month is '0'"),
    ("0 0 1 13 *", "the month is '13'"), ("0 0 * * 8", "the day of the week is '8'"), ("*/0 * * * *", "the minute is '*/0'"),
    ("5-1 * * * *", "the minute is '5-1'"), ("@daily", "1 fields"), ("0 0 31 2 *", "the day of the month is '31'"),
    ("0 0 31 2,4 *", "the day of the month is '31'"), ("0 0 30 FEB *", "the day of the month"), ("x * * * *", "the minute is 'x'"),
    ("0 0 * 2 MON#5", None), ("0 0 1-7 2 *", None), (" ".join(["0"] * 5) + " " * 300, "5 fields"),
    ("0 0 29-31 2 MON#1", None),
])  # fmt: skip
def test_an_expression_that_says_no_time_says_why(text: str, why: str | None) -> None:
    if why is None:
        assert next(Cron(text).after(BEGIN)) > BEGIN
        return
    with pytest.raises(CronInvalid, match=None) as caught:
        Cron(text)
    assert why in str(caught.value)


def test_a_date_that_never_comes_is_none() -> None:
    with pytest.raises(CronInvalid, match="no day ever has that date"):
        Cron("0 0 */28 * MON#2")


@given(st.text(alphabet="0123456789*,-/LW#MONJAfeb ", max_size=30))
@example("0 0 L/2 * *")
@example("0 0 * * 5L/2")
@example("0 0 LW,1 * LMON")
def test_any_text_is_an_expression_or_invalid(text: str) -> None:
    try:
        cron = Cron(text)
    except CronInvalid:
        return
    assert next(cron.after(BEGIN)) > BEGIN


FIELD = {
    "second": (0, 59), "minute": (0, 59), "hour": (0, 23), "day": (1, 31), "month": (1, 12), "weekday": (0, 7),
}  # fmt: skip


@st.composite
def expressions(draw: st.DrawFn) -> str:
    """Six fields that name something in each month or nearly so."""
    fields = []
    for low, high in FIELD.values():
        number = st.integers(low, high)
        two = st.tuples(number, number).map(sorted)
        fields.append(
            draw(
                st.just("*")
                | number.map(str)
                | two.map(lambda pair: f"{pair[0]}-{pair[1]}")
                | st.integers(1, high).map(lambda step: f"*/{step}")
                | st.lists(number, min_size=1, max_size=3).map(lambda several: ",".join(map(str, several)))
            )
        )
    fields[0] = draw(st.sampled_from(["0", "30", "0,30"]))
    fields[3] = draw(st.sampled_from(["*", "1", "15,28", "*/10", "L"]))
    return " ".join(fields)


@given(expressions(), st.integers(0, 40 * 86_400), st.integers(0, 40 * 86_400))
def test_counting_is_listing(text: str, start: int, length: int) -> None:
    cron = Cron(text)
    first = BEGIN + timedelta(seconds=start)
    end = first + timedelta(seconds=length)
    listed = []
    for one in cron.between(first, end):
        listed.append(one)
        if len(listed) > 3000:
            return
    assert cron.count(first, end) == len(listed)
    backwards = []
    for one in cron.before(end):
        if one < first:
            break
        backwards.append(one)
    assert backwards[::-1] == listed


def test_counting_backwards_is_none_and_centuries_are_counted_at_once() -> None:
    cron = Cron("* * * * *")
    assert cron.count(BEGIN, BEGIN - timedelta(days=1)) == 0
    assert cron.count(at("2000-01-01"), at("2400-01-01")) == 146_097 * 1440


def test_the_calendar_ends_with_the_year_9999() -> None:
    assert list(Cron("0 0 1 1 *").after(at("9998-06-01"))) == [at("9999-01-01")]
    assert list(Cron("0 0 31 12 *").after(at("9999-12-31T12:00:00"))) == []
