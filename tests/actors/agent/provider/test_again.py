"""Whether a call is made again, by whom, and after how long (F45, F47, F48)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.agent.provider.again import LONGEST_WAIT_MS, Next, Patience, next_call, wait_ms
from actors.agent.provider.failures import CLASSES, ProviderFailure

PATIENCE = Patience(calls=3, first_ms=1_000, multiplier=2, most_ms=3_000)
TRANSIENT = sorted(code for code, kind in CLASSES.items() if kind == "provider_transient")
TERMINAL = sorted(code for code, kind in CLASSES.items() if kind == "provider_terminal")


@pytest.mark.parametrize("code", TRANSIENT)
def test_what_passes_is_tried_again_as_often_as_patience_allows(code: str) -> None:
    found = [next_call(ProviderFailure(code, "x"), 0, made, 1, PATIENCE, "k") for made in (1, 2, 3)]
    assert [one is not None and one.candidate == 0 for one in found] == [True, True, False]


@pytest.mark.parametrize("code", TERMINAL)
def test_what_stays_is_not_tried_again(code: str) -> None:
    assert next_call(ProviderFailure(code, "x"), 0, 1, 1, PATIENCE, "k") is None


@pytest.mark.parametrize(
    ("code", "status", "made", "expected"),
    [
        ("provider_overloaded", 529, 3, Next(1)),
        ("provider_unauthorized", 401, 1, Next(1)),
        ("provider_quota_exhausted", 429, 1, Next(1)),
        ("provider_rejected", 404, 1, Next(1)),
        ("provider_rejected", 400, 1, None),
        ("provider_too_large", None, 1, None),
    ],
    ids=["after_patience", "no_key", "no_credit", "no_model", "bad_request", "too_large"],
)
def test_another_model_stands_in_unless_the_request_is_at_fault(code: str, status: int | None, made: int, expected: Next | None) -> None:
    assert next_call(ProviderFailure(code, "x", status=status), 0, made, 2, PATIENCE, "k") == expected


def test_nobody_stands_in_for_the_last() -> None:
    assert next_call(ProviderFailure("provider_unauthorized", "x"), 1, 1, 2, PATIENCE, "k") is None


@given(st.integers(1, 9), st.text(max_size=5))
def test_the_usual_wait_grows_to_its_most_and_loses_at_most_half(made: int, seed: str) -> None:
    full = min(3_000, 1_000 * 2 ** (made - 1))
    wait = wait_ms(ProviderFailure("provider_overloaded", "x"), made, PATIENCE, seed)
    assert full / 2 <= wait <= full
    assert wait == wait_ms(ProviderFailure("provider_overloaded", "x"), made, PATIENCE, seed)


@pytest.mark.parametrize("asked", [0, 1_000, 86_400_000])
def test_the_wait_that_was_asked_for_is_kept_up_to_five_minutes(asked: int) -> None:
    waits = {wait_ms(ProviderFailure("provider_rate_limited", "x", retry_after_ms=asked), 1, PATIENCE, seed) for seed in "abcdefgh"}
    assert all(min(asked, LONGEST_WAIT_MS) <= wait <= min(asked + 1_000, LONGEST_WAIT_MS) for wait in waits)
    assert asked > LONGEST_WAIT_MS or len(waits) > 1
