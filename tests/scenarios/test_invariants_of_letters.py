"""The invariant of dead letters finds what it is for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest

from tests.scenarios.history import History
from tests.scenarios.invariants import inv_letters
from tests.scenarios.records import Records

OPENED = {
    "run_id": "run-1", "workflow_id": "w", "source_type": "tool_effect", "node_id": "a", "instance": 1, "code": "boom",
    "options": ["retry"],
}  # fmt: skip
FAILED = {"node_id": "a", "code": "boom", "failure_class": "x", "dead_letter": "dead-letter-1"}
REQUEUED = {"letter_ids": ["dead-letter-1"], "node_ids": ["a"], "reset_nodes": ["a"]}
OPEN, ASK = ("dead_letter_opened", OPENED), ("dead_letter_retry_requested", {"by": "uid:1"})
SEND, DONE = ("dead_letter_dispatched", {"count": 1}), ("dead_letter_resolved", {"reason": "retry_succeeded"})
FAIL, AGAIN = ("node_failed", FAILED), ("stateful_dead_letter_retry_requeued", REQUEUED)


def problems(letter: list[tuple[str, Any]], run: list[tuple[str, Any]]) -> list[str]:
    logs = {
        name: [(i, kind, orjson.dumps(fields)) for i, (kind, fields) in enumerate(facts, 1)]
        for name, facts in (("dead-letter-1", letter), ("run-1", run))
    }
    times = {name: [1] * len(log) for name, log in logs.items()}
    return inv_letters(Records(Path("/none"), logs, times, {}, {}, {}, []), History())


def test_a_true_record_breaks_nothing() -> None:
    assert problems([OPEN, ASK, SEND, DONE], [FAIL, AGAIN]) == []


@pytest.mark.parametrize(
    ("letter", "run"),
    [
        ([OPEN, SEND], [FAIL, AGAIN]),  # nobody asked
        ([OPEN, ASK, SEND], [FAIL]),  # the run was not begun again
        ([OPEN, ASK], [FAIL, AGAIN]),  # the run was, and the letter does not know
        ([OPEN, ASK, *[SEND] * 6], [FAIL, *[AGAIN] * 6]),  # too often
        ([OPEN, DONE, ASK], [FAIL]),  # after its end
        ([OPEN, OPEN], [FAIL]),
        ([OPEN], []),  # no failure says so
        ([], [FAIL]),  # it was lost
    ],
)
def test_it_finds_what_is_wrong(letter: list[tuple[str, Any]], run: list[tuple[str, Any]]) -> None:
    assert len(problems(letter, run)) == 1
