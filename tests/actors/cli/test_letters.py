"""`penstock dead-letters`: listing, showing, settling."""

from __future__ import annotations

import json
from typing import Any

import pytest

from actors.refusals import Refusal
from tests.actors.cli.conftest import Penstock
from tests.actors.cli.world import World

LETTER = {
    "letter_id": "dead-letter-node-1", "run_id": "r", "workflow_id": "w", "source_type": "tool_effect", "node_id": "pay",
    "status": "retrying", "code": "boom", "options": ["retry", "ignore"], "attempts": 3, "opened_at_ms": 1000, "count": 1, "due_ms": 5000,
}  # fmt: skip
EVENTS = [
    {"seq": 1, "event": "dead_letter_opened", "at_ms": 1000},
    {"seq": 2, "event": "dead_letter_retry_requested", "at_ms": 2000, "by": "uid:1", "note": "mended"},
    {"seq": 3, "event": "dead_letter_dispatched", "at_ms": 3000, "count": 1},
    {"seq": 4, "event": "dead_letter_linked_to_compensation", "at_ms": 3000, "run_id": "run-2", "by": "uid:1", "note": None},
    {"seq": 5, "event": "dead_letter_resolved", "at_ms": 3000, "reason": "by_operator", "by": "uid:2"},
]


@pytest.fixture
def letters(world: World) -> World:
    world.runtime.answers |= {"dead_letter_list": {"letters": [LETTER]}, "dead_letter_get": {"letter": LETTER, "events": EVENTS}}
    for word in ("retry", "ignore", "resolve", "compensate"):
        world.runtime.answers[f"dead_letter_{word}"] = {"letter_id": LETTER["letter_id"], "run_id": "r", "status": "open"}
    return world


def test_letters_are_listed_with_what_narrows_the_list(letters: World, penstock: Penstock) -> None:
    result = penstock("dead-letters", "ls", "--status", "retrying", "--run", "r", "--workflow", "w")
    assert "dead-letter-node-1  r    pay   retrying  boom     1" in result.output
    [asked] = letters.runtime.called("dead_letter_list")
    assert (asked.status, asked.run_id, asked.workflow_id, asked.limit) == ("retrying", "r", "w", 50)
    assert json.loads(penstock("dead-letters", "ls", "--json").output) == [LETTER]


def test_a_letter_is_shown_with_its_history(letters: World, penstock: Penstock) -> None:
    said = penstock("dead-letters", "show", "dead-letter-node-1").output
    for part in (
        "status: retrying", "options: retry, ignore", "retry requested, by uid:1: mended", "dispatched, time 1: its run begins again",
        "linked to compensation: run-2 makes it good, by uid:1", "resolved, by_operator, by uid:2",
    ):  # fmt: skip
        assert part in said
    assert json.loads(penstock("dead-letters", "show", "x", "--json").output) == {"letter": LETTER, "events": EVENTS}


@pytest.mark.parametrize("word", ["retry", "ignore", "resolve"])
def test_a_word_on_a_letter_is_sent_with_its_reason(letters: World, penstock: Penstock, word: str) -> None:
    result = penstock("dead-letters", word, "dead-letter-node-1", "--reason", "why")
    assert (result.exit_code, "dead-letter-node-1" in result.output) == (0, True)
    [asked] = letters.runtime.called(f"dead_letter_{word}")
    assert (asked.letter_id, asked.reason) == ("dead-letter-node-1", "why")


def test_a_compensation_names_its_run(letters: World, penstock: Penstock) -> None:
    assert penstock("dead-letters", "compensate", "dead-letter-node-1", "run-2").exit_code == 0
    [asked] = letters.runtime.called("dead_letter_compensate")
    assert (asked.letter_id, asked.run_id, asked.reason) == ("dead-letter-node-1", "run-2", None)


def test_a_refusal_is_said_with_its_code(letters: World, penstock: Penstock) -> None:
    letters.runtime.answers["dead_letter_retry"] = Refusal("dead_letter_not_found", "There is no dead letter.")
    result = penstock("dead-letters", "retry", "x")
    assert (result.exit_code, "dead_letter_not_found" in result.output) == (66, True)


def test_without_a_daemon_a_retry_carries_one_and_stays_with_the_run(letters: World, carried: Any) -> None:
    letters.runtime.logs["r"] = [{"seq": 1, "event": "run_created", "at_ms": 1}]
    letters.move("failed")

    async def retry(params: Any, by: Any, request: Any) -> Any:
        letters.move("queued", "stateful_dead_letter_retry_requeued")
        letters.end("completed")
        return {"letter_id": params.letter_id, "run_id": "r", "status": "retry_requested"}

    letters.runtime.answers["dead_letter_retry"] = retry
    result = carried.penstock("dead-letters", "retry", "dead-letter-node-1", "--json")
    assert (result.exit_code, json.loads(result.output)["status"]) == (0, "completed")
    assert len(carried.daemons) == 1
