"""The settings are read anew each time, and what is no good of them is told, and does no harm."""

from __future__ import annotations

from pathlib import Path

import pytest

from actors.config import load
from actors.learning.policies import Policies
from actors.learning.policy import Policy

BAD = """[learning]
auto_apply = "maybe"
min_confidence = "x"
min_baseline_sample = -1
max_human_intervention_rate = nan
regression_margin = -0.1
"""


def test_l33_bad_values_leave_the_defaults_and_are_told_one_by_one(tmp_path: Path) -> None:
    file = tmp_path / "penstock.toml"
    file.write_text(BAD)
    policy, ignored = Policies(file, {}).read()
    assert policy == Policy()
    assert [one.key for one in ignored] == [
        f"learning.{name}"
        for name in ("auto_apply", "min_confidence", "min_baseline_sample", "max_human_intervention_rate", "regression_margin")
    ]
    assert "at least 0" in ignored[1].allowed
    assert load({}, file).learning.min_confidence == 0.8, "the daemon starts"


def test_a_change_holds_at_once_and_the_environment_goes_over_the_file(tmp_path: Path) -> None:
    file = tmp_path / "penstock.toml"
    policies = Policies(file, {"PENSTOCK_LEARNING_MIN_CONFIDENCE": "0.6"})
    assert policies.read() == (Policy(min_confidence=0.6), ())
    file.write_text("[learning]\nauto_apply = true\nmin_confidence = 0.1\n[runs]\nnonsense = 1\n")
    assert policies.read() == (Policy(auto_apply=True, min_confidence=0.6), ())
    file.write_text("no toml")
    policy, ignored = policies.read()
    assert (policy.auto_apply, len(ignored)) == (False, 1)


@pytest.mark.parametrize(
    ("word", "expected"), [("1", True), (" Yes ", True), ("on", True), ("TRUE", True), ("0", False), ("no", False), ("Off", False)],
    ids=lambda value: str(value).strip(),
)  # fmt: skip
def test_a_switch_has_many_words(tmp_path: Path, word: str, expected: bool) -> None:
    policy, ignored = Policies(tmp_path / "none", {"PENSTOCK_LEARNING_AUTO_APPLY": word}).read()
    assert (policy.auto_apply, ignored) == (expected, ())
