"""How often a resolver is asked."""

from __future__ import annotations

import pytest

from actors.gate.pacing import Pace, interval_after, next_poll_ms

PACE = Pace(jitter=0.0)


def test_the_interval_grows_while_the_answer_stays_the_same_and_not_for_ever() -> None:
    interval, found = None, []
    for _ in range(10):
        interval = interval_after(PACE, interval, same=True)
        found.append(interval)
    assert found[:3] == [15_000, 22_500, 33_750]
    assert found[-2:] == [300_000, 300_000]


def test_a_new_answer_sets_it_back() -> None:
    assert interval_after(PACE, 300_000, same=False) == 15_000


def test_a_pace_that_does_not_grow_stays() -> None:
    assert interval_after(Pace(15_000, 1.0, 15_000), 15_000, same=True) == 15_000


def test_jitter_only_lengthens_and_repeats() -> None:
    found = [next_poll_ms(Pace(), 15_000, f"seed{n}", 1_000, None) for n in range(50)]
    assert all(16_000 <= due <= 17_500 for due in found)
    assert len(set(found)) > 10
    assert found == [next_poll_ms(Pace(), 15_000, f"seed{n}", 1_000, None) for n in range(50)]


@pytest.mark.parametrize(("not_before", "due"), [(None, 16_000), (10, 16_000), (99_000, 99_000)])
def test_whoever_wants_a_longer_pause_gets_it(not_before: int | None, due: int) -> None:
    assert next_poll_ms(PACE, 15_000, "seed", 1_000, not_before) == due
