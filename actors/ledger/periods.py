"""Where a period of a workflow's budget begins and ends: hours, days, weeks (from Monday) and months by the calendar, in UTC. Pure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from actors.workflow.spec import Period

__all__ = ["begin_of", "end_of"]


def begin_of(per: Period, now_ms: int) -> int:
    """When the period began in which that moment lies; both epoch milliseconds."""
    return _ms(_begin(per, datetime.fromtimestamp(now_ms / 1000, UTC)))


def end_of(per: Period, now_ms: int) -> int:
    """When the next one begins."""
    begin = _begin(per, datetime.fromtimestamp(now_ms / 1000, UTC))
    # No month is longer than 31 days: what lies so far beyond its beginning is in the next one.
    beyond = {"hour": timedelta(hours=1), "day": timedelta(days=1), "week": timedelta(days=7), "month": timedelta(days=31)}
    return _ms(_begin(per, begin + beyond[per]))


def _begin(per: Period, at: datetime) -> datetime:
    hour = at.replace(minute=0, second=0, microsecond=0)
    day = hour.replace(hour=0)
    match per:
        case "hour":
            return hour
        case "day":
            return day
        case "week":
            return day - timedelta(days=day.weekday())
        case _:
            return day.replace(day=1)


def _ms(at: datetime) -> int:
    return int(at.timestamp() * 1000)
