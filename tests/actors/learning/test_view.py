"""Learnings as answers: bounded, however often one has come up."""

from __future__ import annotations

from actors.learning.view import counts_json, learning_json, row_json
from tests.actors.learning.made import learn


def test_of_long_lists_the_newest_are_told_and_how_many_there_are() -> None:
    one = learn(run_ids=tuple(f"r{number}" for number in range(1_500)), evidence_refs=tuple(range(150)))
    whole, row = learning_json(one), row_json(one)
    assert (len(whole["run_ids"]), whole["run_ids"][-1], len(whole["evidence_refs"]), whole["evidence_refs"][-1]) == (
        1_000,
        "r1499",
        100,
        149,
    )
    assert (len(row["run_ids"]), row["evidence_refs"], row["runs"], row["evidence"]) == (20, (147, 148, 149), 1_500, 150)
    assert counts_json(learn()) == {"runs": 0, "evidence": 0}
    assert "runs" not in whole
