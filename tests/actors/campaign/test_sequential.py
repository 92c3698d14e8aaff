"""The sequential test of pairs, and how often it errs."""

from __future__ import annotations

import itertools
import random
from fractions import Fraction

import pytest

from actors.campaign.sequential import lead_needed, verdict, ways_to_lead


def courses_that_lead(pairs: int, lead: int) -> int:
    """Counted one by one."""
    return sum(max(itertools.accumulate(course)) >= lead for course in itertools.product((1, -1), repeat=pairs))


@pytest.mark.parametrize("pairs", [1, 2, 5, 8, 11])
def test_ways_are_those_that_one_counts(pairs: int) -> None:
    assert [ways_to_lead(pairs, lead) for lead in range(1, pairs + 1)] == [courses_that_lead(pairs, k) for k in range(1, pairs + 1)]


def test_the_lead_is_the_smallest_that_chance_seldom_reaches() -> None:
    assert [lead_needed(pairs) for pairs in range(1, 21)] == [
        None, None, None, None, 5, 5, 6, 6, 6, 7, 7, 7, 8, 8, 8, 8, 8, 9, 9, 9,
    ]  # fmt: skip
    for pairs in range(5, 21):
        lead = lead_needed(pairs)
        assert lead is not None
        assert Fraction(ways_to_lead(pairs, lead), 2**pairs) <= Fraction(1, 20) < Fraction(ways_to_lead(pairs, lead - 1), 2**pairs)


@pytest.mark.parametrize(
    ("won", "lost", "pairs", "found"),
    [(5, 0, 5, "better"), (0, 5, 5, "worse"), (4, 0, 5, None), (9, 4, 20, None), (11, 2, 20, "better"), (4, 0, 4, None)],
)
def test_a_lead_decides(won: int, lost: int, pairs: int, found: str | None) -> None:
    assert verdict(won, lost, pairs) == found


def ends(chance: random.Random, win: float, pairs: int, tie: float = 0.0) -> str | None:
    """How one candidate comes out that wins with that probability."""
    won = lost = 0
    for _ in range(pairs):
        if chance.random() >= tie:
            won, lost = (won + 1, lost) if chance.random() < win else (won, lost + 1)
        if (found := verdict(won, lost, pairs)) is not None:
            return found
    return None


@pytest.mark.parametrize("pairs", [5, 10, 20])
@pytest.mark.parametrize(("win", "tie"), [(0.5, 0.0), (0.4, 0.0), (0.5, 0.5)], ids=["same", "worse", "ties"])
def test_a_candidate_that_is_no_better_is_seldom_called_better(pairs: int, win: float, tie: float) -> None:
    chance, tries = random.Random(20), 4000
    found = [ends(chance, win, pairs, tie) for _ in range(tries)]
    assert found.count("better") <= tries // 20
    if win == 0.5:
        assert found.count("worse") <= tries // 20


def test_one_that_is_much_better_is_found_early_and_hardly_ever_called_worse() -> None:
    chance = random.Random(20)
    found = [ends(chance, 0.9, 20) for _ in range(1000)]
    assert found.count("better") > 900
    assert found.count("worse") == 0
