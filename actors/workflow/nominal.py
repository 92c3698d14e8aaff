"""The nominal times of a schedule, as instants: a grid, or a cron expression in a time zone with its gaps and overlaps. Pure.

A time of the day that the clock on the wall skips comes once, at the first instant behind the gap, together with all others of that gap;
one that it shows twice comes the first time. What stands for an interval comes whenever the clock on the wall shows it.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice, takewhile
from typing import Final, Protocol
from zoneinfo import ZoneInfo

from attrs import frozen

from actors.workflow.cron import Cron
from actors.workflow.triggers import Schedule

__all__ = ["Nominal", "ZoneUnknown", "first_fire", "nominal_times", "zone_named"]

DAY_S: Final = 86_400
LOOK_BACK_S: Final = 2 * DAY_S
"""An overlap that began longer ago than that is over."""
WINDOWS_S: Final = tuple(days * DAY_S for days in (2, 40, 400, 4_000, 19_000))
CENTURY_S: Final = 100 * 366 * DAY_S
"""Clocks are not changed twice within a day; over longer times than that, nobody counts so exactly."""
LATEST_S: Final = 253_402_000_000
"""In the last days of the year 9999."""
EPOCH: Final = datetime(1970, 1, 1)  # noqa: DTZ001  a time on the wall has no zone


class ZoneUnknown(LookupError):
    """There is no time zone of that name, here and now: args (name,)."""

    def __str__(self) -> str:
        return f"there is no time zone {self.args[0]}"


class Nominal(Protocol):
    """Instants in epoch milliseconds."""

    def after(self, ms: int) -> int | None:
        """The first one behind `ms`."""
        ...

    def count(self, first: int, last: int) -> int:
        """How many there are from `first` through `last`."""
        ...

    def newest(self, first: int, last: int, most: int) -> list[int]:
        """The newest `most` of them, oldest first."""
        ...


def zone_named(name: str) -> ZoneInfo:
    """The time zone. Raises ZoneUnknown."""
    try:
        return ZoneInfo(name)
    except (LookupError, ValueError, OSError):
        raise ZoneUnknown(name) from None


def nominal_times(schedule: Schedule, anchor_ms: int) -> Nominal | None:
    """All times of the schedule; None for one that never fires. `anchor_ms` is where the grid of an interval begins. Raises ZoneUnknown."""
    if schedule.cron is not None:
        return _CronTimes(Cron(schedule.cron), zone_named(schedule.timezone))
    return _Grid(anchor_ms, schedule.interval_s * 1000) if schedule.interval_s is not None else None


def first_fire(schedule: Schedule, now_ms: int) -> int | None:
    """When a schedule that begins now fires first: for an interval, when it is over once. Raises ZoneUnknown."""
    times = nominal_times(schedule, now_ms)
    return times.after(now_ms) if times is not None else None


@frozen
class _Grid:
    anchor: int
    step: int

    def after(self, ms: int) -> int | None:
        found = self.anchor + ((ms - self.anchor) // self.step + 1) * self.step
        return found if found <= LATEST_S * 1000 else None

    def count(self, first: int, last: int) -> int:
        return max(0, (last - self.anchor) // self.step - (first - self.anchor - 1) // self.step)

    def newest(self, first: int, last: int, most: int) -> list[int]:
        end = self.anchor + (last - self.anchor) // self.step * self.step
        number = min(most, self.count(first, last))
        return [end - k * self.step for k in range(number)][::-1]


@frozen
class _Piece:
    """Instants of one offset: those at which the clock on the wall shows a time of the expression from `low` on and before `high`.

    `extra`: it begins behind a gap that holds such times, and with an instant that is none itself.
    """

    low: datetime
    high: datetime
    offset: int
    extra: bool


@frozen
class _CronTimes:
    cron: Cron
    zone: ZoneInfo

    def after(self, ms: int) -> int | None:
        start = ms // 1000 + 1
        for window in WINDOWS_S:
            for piece in self._pieces(start, start + window):
                for instant in self._forward(piece):
                    return instant * 1000
        return None

    def count(self, first: int, last: int) -> int:
        pieces = self._pieces(-(-first // 1000), last // 1000 + 1)
        return sum(piece.extra + self.cron.count(piece.low, piece.high) for piece in pieces)

    def newest(self, first: int, last: int, most: int) -> list[int]:
        begin, end = -(-first // 1000), last // 1000 + 1
        start, window = end, LOOK_BACK_S
        found: list[int] = []
        while len(found) < most and start > begin:  # what lies far behind is not looked at, if enough lies near
            start, window = max(begin, end - window), window * 20
            pieces = reversed(self._pieces(start, end))
            found = list(islice((instant * 1000 for piece in pieces for instant in self._backward(piece)), most))
        return found[::-1]

    def _forward(self, piece: _Piece) -> Iterator[int]:
        if piece.extra:
            yield _seconds(piece.low) - piece.offset
        yield from (_seconds(wall) - piece.offset for wall in self.cron.between(piece.low, piece.high))

    def _backward(self, piece: _Piece) -> Iterator[int]:
        walls = takewhile(lambda wall: wall >= piece.low, self.cron.before(piece.high))
        yield from (_seconds(wall) - piece.offset for wall in walls)
        if piece.extra:
            yield _seconds(piece.low) - piece.offset

    def _pieces(self, start: int, end: int) -> list[_Piece]:
        """What lies from the instant `start` on and before `end`, in order."""
        found = []
        shown: datetime | None = None  # up to here the clock on the wall has shown every time, or skipped it
        for begin, stop, offset in self._spans(start - LOOK_BACK_S, end):
            low, high = _wall(begin + offset), _wall(stop + offset)
            extra = False
            if not self.cron.elapsed and shown is not None:
                extra = begin >= start and self.cron.count(shown, low) > 0 and not self.cron.count(low, low + timedelta(seconds=1))
                low = max(low, shown)
            shown = high if shown is None else max(shown, high)
            low = max(low, _wall(start + offset))
            if low < high:
                found.append(_Piece(low, high, offset, extra))
        return found

    def _spans(self, start: int, end: int) -> Iterator[tuple[int, int, int]]:
        """The time from `start` to `end`, cut where the offset from UTC changes: (begin, stop, offset in seconds)."""
        at, end = max(0, start), min(end, LATEST_S)
        if at >= end:
            return
        begin, offset = at, self._offset(at)
        step = end - at if self.zone.key == "UTC" else DAY_S if end - at < CENTURY_S else 7 * DAY_S
        while at < end:
            later = min(at + step, end)
            if self._offset(later) != offset:
                later = self._change(at, later, offset)
                yield begin, later, offset
                begin, offset = later, self._offset(later)
            at = later
        if begin < end:  # else it is changed at the very end
            yield begin, end, offset

    def _change(self, before: int, after: int, offset: int) -> int:
        """The first instant with another offset."""
        while after - before > 1:
            middle = (before + after) // 2
            before, after = (middle, after) if self._offset(middle) == offset else (before, middle)
        return after

    def _offset(self, instant: int) -> int:
        found = datetime.fromtimestamp(instant, self.zone).utcoffset()
        assert found is not None  # a ZoneInfo knows
        return int(found.total_seconds())


def _wall(seconds: int) -> datetime:
    return EPOCH + timedelta(seconds=seconds)


def _seconds(wall: datetime) -> int:
    return int(wall.replace(tzinfo=UTC).timestamp())
