"""Where periods begin and end."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from actors.ledger.periods import begin_of, end_of
from actors.workflow.spec import Period


def ms(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


@pytest.mark.parametrize(
    ("per", "begin", "end"),
    [
        ("hour", "2028-02-29T23:00", "2028-03-01T00:00"), ("day", "2028-02-29T00:00", "2028-03-01T00:00"),
        ("week", "2028-02-28T00:00", "2028-03-06T00:00"), ("month", "2028-02-01T00:00", "2028-03-01T00:00"),
    ],
)  # fmt: skip
def test_a_period_of_the_calendar(per: Period, begin: str, end: str) -> None:
    now = ms("2028-02-29T23:59:59.999")
    assert (begin_of(per, now), end_of(per, now)) == (ms(begin), ms(end))
    assert (begin_of(per, ms(begin)), begin_of(per, ms(end))) == (ms(begin), ms(end))


def test_a_year_ends_with_its_last_month() -> None:
    assert end_of("month", ms("2027-12-31T12:00")) == ms("2028-01-01T00:00")
