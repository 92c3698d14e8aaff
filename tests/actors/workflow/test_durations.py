from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.workflow.durations import DurationError, parse_duration


@pytest.mark.parametrize(
    ("text", "ms"),
    [
        ("500ms", 500), ("30s", 30_000), ("10m", 600_000), ("2h", 7_200_000), ("7d", 604_800_000), ("30", 30_000), (30, 30_000), (0, 0),
        (" 5 s ", 5_000), ('"5s"', 5_000), ("'5s'", 5_000), ("0ms", 0),
        ("9223372036854775807ms", 2**63 - 1), ("000000000000000000000005s", 5_000),
    ],
)  # fmt: skip
def test_a_duration_is_a_whole_number_with_a_unit_or_of_seconds(text: Any, ms: int) -> None:
    assert parse_duration(text) == ms


@pytest.mark.parametrize("value", ["", "s", "1.5s", "-1s", "1 w", "soon", "{{ inputs.t }}", True, None, 1.5, -1, [], "١s", "x" * 100])
def test_anything_else_is_an_invalid_duration(value: Any) -> None:
    with pytest.raises(DurationError) as caught:
        parse_duration(value)
    assert caught.value.code == "invalid_duration"
    assert len(str(caught.value)) < 250


@pytest.mark.parametrize("text", ["9223372036854775808ms", "106751991168d", "9" * 100_000])
def test_more_than_63_bits_of_milliseconds_is_an_overflow(text: str) -> None:
    with pytest.raises(DurationError) as caught:
        parse_duration(text)
    assert caught.value.code == "duration_overflow"


@given(st.text(max_size=30))
def test_no_text_raises_anything_else(text: str) -> None:
    with suppress(DurationError):
        assert parse_duration(text) >= 0
