"""Server-sent events: the same events however the bytes are cut, and a bound for each."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.agent.provider.sse import MOST_BYTES, Events, EventTooLarge, ServerEvent

STREAM = (
    b": a remark\r\nevent: start\r\ndata: {}\r\n\r\n"
    b"data: first\ndata:second\n\nid: 7\nretry: 10\n\n"
    b"event: named\n\ndata\n\ndata:  \xc3\xa9\r\rdata: [DONE]\n\n"
)
EVENTS = [
    ServerEvent("start", b"{}"), ServerEvent("", b"first\nsecond"), ServerEvent("", b""), ServerEvent("", b" \xc3\xa9"),
    ServerEvent("", b"[DONE]"),
]  # fmt: skip


def _fed(pieces: list[bytes]) -> list[ServerEvent]:
    events = Events()
    return [event for piece in pieces for event in events.feed(piece)]


def test_fields_lines_and_remarks_are_told_apart() -> None:
    assert _fed([STREAM]) == EVENTS


@given(st.lists(st.integers(0, len(STREAM)), max_size=12))
def test_it_makes_no_difference_where_the_bytes_are_cut(cuts: list[int]) -> None:
    places = [0, *sorted(cuts), len(STREAM)]
    assert _fed([STREAM[a:b] for a, b in pairwise(places)]) == EVENTS


def test_byte_by_byte_is_the_same() -> None:
    assert _fed([bytes([one]) for one in STREAM]) == EVENTS


def test_what_no_blank_line_has_ended_is_no_event() -> None:
    assert _fed([b"data: half"]) == []


@pytest.mark.parametrize("piece", [b"x" * 65_536, b"data: " + b"x" * 1_000 + b"\n"], ids=["one_line", "many_lines"])
def test_an_event_that_does_not_end_is_given_up(piece: bytes) -> None:
    with pytest.raises(EventTooLarge):
        _fed([piece] * (MOST_BYTES // 1_000 + 2))


def test_many_events_in_one_piece_are_no_large_event() -> None:
    one = b"data: " + b"x" * 10_000 + b"\n\n"
    assert len(_fed([one * (MOST_BYTES // 10_000 + 1)])) == MOST_BYTES // 10_000 + 1
