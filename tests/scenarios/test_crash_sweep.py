"""The daemon dies at every commit and after every reply of each canonical scenario; the next one goes on, and the end is the same."""

from __future__ import annotations

import pytest

from tests.scenarios.sweeping import swept, told
from tests.scenarios.tales import TALES

pytestmark = pytest.mark.no_cover  # the same ways again and again: measuring them costs more than going them
POINTS = ("commit.before", "commit.after", "reply.after")
SOME = ("linear", "cancelled", "timer", "approved", "lapsed", "recovered")
"""Of one kind each; what a start does with the runs of the others is the same."""


@pytest.mark.parametrize("point", POINTS)
@pytest.mark.parametrize("tale", list(TALES))
def test_a_death_at_each_point_changes_nothing_that_counts(tale: str, point: str) -> None:
    expected, _ = told(TALES[tale], [])
    died = 0
    for died, ending in swept(TALES[tale], point):
        assert ending == expected, f"{tale}: died at {point} number {died}"
    assert died >= {"commit.before": 4, "commit.after": 4, "reply.after": 1}[point]


@pytest.mark.parametrize("tale", list(TALES))
def test_deaths_in_the_recovery_of_a_death_change_nothing_that_counts(tale: str) -> None:
    expected, _ = told(TALES[tale], [])
    died = 0
    for n in (2, 4, 6):
        for second in (1, 2):
            plan = [("commit.after", n), ("commit.after", second)]
            ending, deaths = told(TALES[tale], plan)
            assert ending == expected, f"{tale}: died at {plan}"
            died += deaths
    assert died >= 7


@pytest.mark.parametrize("point", ["commit.before", "commit.after"])
@pytest.mark.parametrize("tale", SOME)
def test_f5_a_death_at_each_commit_of_the_start_after_a_death_changes_nothing_that_counts(tale: str, point: str) -> None:
    expected, _ = told(TALES[tale], [])
    first = [("commit.after", 3)]
    died = 0
    for died, ending in swept(TALES[tale], point, first):
        assert ending == expected, f"{tale}: died at {[*first, (point, died)]}"
    assert died >= 3


@pytest.mark.parametrize("point", ["worktree.added", "worktree.swept", "worktree.cleared"])
def test_a_death_between_git_and_its_fact_changes_nothing_that_counts(point: str) -> None:
    expected, _ = told(TALES["worktree"], [])
    died = 0
    for died, ending in swept(TALES["worktree"], point):
        assert ending == expected, f"died at {point} number {died}"
    assert died >= 2
