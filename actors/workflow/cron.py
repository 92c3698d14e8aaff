"""Cron expressions as sets of times on a clock on the wall: five fields, or six with seconds first. Knows no time zone. Pure."""

from __future__ import annotations

from bisect import bisect_left
from calendar import monthrange
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from itertools import takewhile
from typing import Final, final

from cronsim import CronSim, CronSimError

__all__ = ["Cron", "CronInvalid"]

FIELDS: Final = ("second", "minute", "hour", "day of the month", "month", "day of the week")
LONGEST: Final = 256
SOME_DAY: Final = datetime(2024, 1, 1)  # noqa: DTZ001  a time on the wall has no zone
SECOND: Final = timedelta(seconds=1)
Month = tuple[int, int, int]
"""The month, the weekday of its first day, its length: all that decides which of its days match."""


@final
class CronInvalid(ValueError):
    """The expression says no time: the message says why."""


@final
class Cron:
    """Which times an expression names. Days match by the day of the month AND that of the week where one of them begins with a star,
    else by either; `L`, `LW` and `MON#2` are known.

    `elapsed`: its minute or its hour begins with a star, so that it stands for an interval and not for times of the day.
    """

    def __init__(self, text: str) -> None:
        """Raises CronInvalid."""
        parts = text.split()
        if len(text) > LONGEST or len(parts) not in {5, 6}:
            raise CronInvalid(f"it has {len(parts)} fields, and takes five (minute, hour, day, month, weekday) or six (seconds first)")
        self.text = " ".join(parts if len(parts) == 6 else ["0", *parts])
        try:
            self._sim = CronSim(self.text, SOME_DAY)
        except CronSimError as error:
            raise CronInvalid(_reason(self.text, str(error))) from None
        self.elapsed = any(field.startswith("*") for field in self.text.split()[1:3])
        self._hours, self._minutes, self._seconds = (sorted(found) for found in (self._sim.hours, self._sim.minutes, self._sim.seconds))
        self._days: dict[Month, tuple[int, ...]] = {}
        if next(self.after(SOME_DAY), None) is None:
            raise CronInvalid("no day ever has that date")

    def after(self, wall: datetime) -> Iterator[datetime]:
        """The times behind `wall`, in order; none beyond fifty years without one."""
        return _bounded(CronSim(self.text, wall))

    def before(self, wall: datetime) -> Iterator[datetime]:
        """The times before `wall`, the last one first."""
        return _bounded(CronSim(self.text, wall, reverse=True))

    def between(self, first: datetime, end: datetime) -> Iterator[datetime]:
        """The times from `first` on that lie before `end`."""
        return takewhile(lambda found: found < end, self.after(first - SECOND))

    def count(self, first: datetime, end: datetime) -> int:
        """How many of them there are. Costs a moment for each month, not for each time."""
        if first >= end:
            return 0
        if first.date() == end.date():
            return (self._until(end.time()) - self._until(first.time())) * self._matches(first.date())
        begun = (self._until(None) - self._until(first.time())) * self._matches(first.date())
        ended = self._until(end.time()) * self._matches(end.date())
        return begun + ended + self._until(None) * self._whole_days(first.date() + timedelta(days=1), end.date())

    def _whole_days(self, day: date, end: date) -> int:
        """How many days match, from `day` on and before `end`."""
        found = 0
        year, month = day.year, day.month
        while (year, month) <= (end.year, end.month):
            days = self._days_of(year, month)
            low = bisect_left(days, day.day) if (year, month) == (day.year, day.month) else 0
            high = bisect_left(days, end.day) if (year, month) == (end.year, end.month) else len(days)
            found += max(0, high - low)
            year, month = (year, month + 1) if month < 12 else (year + 1, 1)
        return found

    def _matches(self, day: date) -> bool:
        return day.day in self._days_of(day.year, day.month)

    def _days_of(self, year: int, month: int) -> tuple[int, ...]:
        weekday, length = monthrange(year, month)
        key = (month, weekday, length)
        if key not in self._days:
            fits = month in self._sim.months
            self._days[key] = tuple(day for day in range(1, length + 1) if fits and self._sim.match_day(date(year, month, day)))
        return self._days[key]

    def _until(self, moment: time | None) -> int:
        """How many times of a matching day lie before that moment; before its end, without one."""
        in_minute, in_hour = len(self._seconds), len(self._seconds) * len(self._minutes)
        if moment is None:
            return in_hour * len(self._hours)
        found = bisect_left(self._hours, moment.hour) * in_hour
        if moment.hour in self._sim.hours:
            found += bisect_left(self._minutes, moment.minute) * in_minute
            if moment.minute in self._sim.minutes:
                found += bisect_left(self._seconds, moment.second)
        return found


def _bounded(times: CronSim) -> Iterator[datetime]:
    """The calendar ends with the year 9999, and begins with the year 1."""
    try:
        yield from times
    except OverflowError:
        return


def _reason(text: str, error: str) -> str:
    """Which field is wrong; the library names it in its own way."""
    name = error.removeprefix("Bad ").replace("day-of-month", "day of the month").replace("day-of-week", "day of the week")
    found = dict(zip(FIELDS, text.split(), strict=True)).get(name, text)
    return f"the {name} is {found!r}, which it cannot be"
