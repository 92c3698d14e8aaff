"""Decisions about siblings and ends, as tables."""

from __future__ import annotations

import pytest

from supervision import Exit, Failed, Killed, Normal, Shutdown
from supervision.childspec import AutoShutdown, Restart, Strategy
from supervision.strategy import Sentence, ends_supervisor, fallen, sentence

BROKEN = Failed(ValueError())


@pytest.mark.parametrize(
    ("restart", "ended", "expected"),
    [
        ("permanent", Normal(), "restart"),
        ("permanent", Shutdown(), "restart"),
        ("permanent", BROKEN, "restart"),
        ("transient", Normal(), "keep"),
        ("transient", Shutdown(), "keep"),
        ("transient", Killed(), "restart"),
        ("transient", BROKEN, "restart"),
        ("temporary", Normal(), "drop"),
        ("temporary", Shutdown(), "drop"),
        ("temporary", BROKEN, "drop"),
    ],
)
def test_what_follows_from_a_childs_end(restart: Restart, ended: Exit, expected: Sentence) -> None:
    assert sentence(restart, ended) == expected


@pytest.mark.parametrize(("strategy", "expected"), [("one_for_one", ["b"]), ("one_for_all", ["a", "b", "c"]), ("rest_for_one", ["b", "c"])])
def test_who_falls_with_the_second_of_three(strategy: Strategy, expected: list[str]) -> None:
    assert fallen(strategy, ["a", "b", "c"], "b") == expected


@pytest.mark.parametrize(
    ("rule", "significant", "others_left", "expected"),
    [
        ("never", True, False, False),
        ("any_significant", False, False, False),
        ("any_significant", True, True, True),
        ("all_significant", True, True, False),
        ("all_significant", True, False, True),
        ("all_significant", False, False, False),
    ],
)
def test_which_end_takes_the_supervisor_along(rule: AutoShutdown, significant: bool, others_left: bool, expected: bool) -> None:
    assert ends_supervisor(rule, significant=significant, others_left=others_left) is expected
