"""`penstock handoffs`: what it asks and prints."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.actors.cli.conftest import Penstock
from tests.actors.cli.world import World

ROW = {
    "workflow_id": "publish", "file": "h1\u202e.json", "state": "inbox", "path": "/srv/site/in/h1.json", "handoff_id": "h1",
    "source_workflow_id": "draft", "artifact_type": "report", "created_at_ms": 1,
}  # fmt: skip
ASKED: list[tuple[list[str], str, dict[str, Any], str]] = [
    (["handoffs", "ls"], "handoff_list", {"handoffs": [ROW]}, "h1\\u202e.json"),
    (["handoffs", "ls", "publish"], "handoff_list", {"handoffs": []}, "No handoffs."),
    (["handoffs", "approve", "publish", "h1.json"], "handoff_approve", {"workflow_id": "publish", "approved": ["h1.json"]}, "h1.json"),
]


@pytest.mark.parametrize(("words", "method", "answer", "said"), ASKED)
def test_a_command_asks_its_method_and_prints_for_people_or_as_json(
    world: World, penstock: Penstock, words: list[str], method: str, answer: dict[str, Any], said: str
) -> None:
    world.runtime.answers[method] = answer
    plain, as_json = penstock(*words), penstock(*words, "--json")
    assert plain.exit_code == as_json.exit_code == 0, plain.output
    assert said in plain.output
    assert json.loads(as_json.output) in (answer, *answer.values())


def test_what_was_given_is_asked(world: World, penstock: Penstock) -> None:
    world.runtime.answers["handoff_approve"] = {"workflow_id": "publish", "approved": []}
    penstock("handoffs", "approve", "publish", "h1.json", "--request-id", "q")
    [(_, params, _, request)] = world.runtime.calls
    assert (params.workflow_id, params.file, request.request_id) == ("publish", "h1.json", "q")
