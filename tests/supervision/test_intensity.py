"""The budget and the back-off, as pure functions of time."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supervision.intensity import Budget, backoff_s


def test_exactly_the_intensity_is_allowed_within_the_period() -> None:
    budget = Budget(3, 60.0)
    assert [budget.spend(now) for now in (0.0, 10.0, 20.0, 30.0)] == [True, True, True, False]


def test_a_restart_exactly_one_period_ago_still_counts() -> None:
    budget = Budget(1, 60.0)
    assert budget.spend(0.0)
    assert not budget.spend(60.0)


def test_a_restart_more_than_one_period_ago_is_forgotten() -> None:
    budget = Budget(1, 60.0)
    assert budget.spend(0.0)
    assert budget.spend(60.001)


def test_an_intensity_of_zero_allows_nothing() -> None:
    assert not Budget(0, 60.0).spend(0.0)


def test_the_wait_doubles_from_a_tenth_of_a_second_to_half_a_minute() -> None:
    waits = [backoff_s(n, intensity=0, period=10**6, jitter=1.0) for n in range(1, 12)]
    assert waits[:4] == [0.1, 0.2, 0.4, 0.8]
    assert waits[-1] == 30.0


def test_jitter_shortens_the_wait() -> None:
    assert backoff_s(1, intensity=0, period=60, jitter=0.5) == 0.05


@given(intensity=st.integers(1, 50), period=st.floats(0.01, 3600), jitter=st.floats(0.5, 1.0))
def test_a_child_that_fails_for_ever_always_exceeds_the_budget(intensity: int, period: float, jitter: float) -> None:
    budget, now = Budget(intensity, period), 0.0
    for failures in range(1, intensity + 1):
        assert budget.spend(now)
        now += backoff_s(failures, intensity=intensity, period=period, jitter=jitter)
    assert not budget.spend(now)


@pytest.mark.parametrize("failures", [1, 10, 1000])
def test_many_failures_do_not_overflow(failures: int) -> None:
    assert backoff_s(failures, intensity=3, period=60, jitter=1.0) <= 15.0
