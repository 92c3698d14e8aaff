"""The inbox and the exhibit of a gate: what a person reads before he decides."""

from __future__ import annotations

import json
from typing import Any

import pytest

from actors.cli.inbox import answers, deadline
from tests.actors.cli.conftest import Penstock
from tests.actors.cli.world import World, gate

HOUR = 3_600_000
ABOUT = {"run_id": "r", "workflow_id": "w", "title": "A run", "run_status": "awaiting_approval"}
NOW = {"node_id": "draft", "path": "a.txt", "sha256": "a" * 64, "size": 8, "text": "one\ntwo\n", "truncated": False}
THEN = {
    "run_id": "r0", "instance": 2, "decided_at_ms": 1000, "decided_by": "uid:7", "path": "a.txt", "sha256": "b" * 64, "size": 10,
    "text": "one\nthree\n", "truncated": False,
}  # fmt: skip


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"opened_at_ms": 0}, "open for 1h00m; it never expires"),
        ({"expires_at_ms": 3 * HOUR, "on_expiry": "cancel"}, "it expires in 2h00m, then the run is cancelled"),
        ({"expires_at_ms": 3 * HOUR, "on_expiry": "resume"}, "then it counts as approved"),
        ({"expires_at_ms": HOUR - 1, "on_expiry": "fail"}, "its time is over: the gate fails"),
        ({"expires_at_ms": 1, "on_expiry": "escalate", "escalated_to": "@ops"}, "nobody answered in time, and @ops is asked"),
    ],
    ids=["never", "expires", "as approved", "over", "escalated"],
)
def test_a_gate_says_since_when_it_is_open_and_what_happens_when(more: dict[str, Any], words: str) -> None:
    assert words in deadline({**gate(), "opened_at_ms": 0, **more}, HOUR)


@pytest.mark.parametrize(
    ("decisions", "command"),
    [
        (["approve", "reject", "rework", "cancel"], "penstock approve r ok   (or reject, rework, cancel-gate)"),
        (["reject"], "penstock reject r ok"),
        (["cancel", "approve"], "penstock cancel-gate r ok   (or approve)"),
    ],
    ids=["all", "one", "cancel first"],
)
def test_only_the_answers_that_a_gate_takes_are_offered(decisions: list[str], command: str) -> None:
    assert answers({**gate(decisions=decisions), **ABOUT}) == command


def test_the_inbox_says_what_would_happen_and_how_to_answer(world: World, penstock: Penstock) -> None:
    listed = {**gate(opened_at_ms=0, expires_at_ms=26 * HOUR, on_expiry="cancel"), **ABOUT}
    world.runtime.answers["gate_list"] = {"gates": [listed], "held": [], "now_ms": 2 * HOUR}
    assert penstock("gates").output.splitlines() == [
        "ok  of r  (A run, awaiting_approval)",
        "  Publish?",
        "  artifact of draft: a.txt  sha256 aaaaaaaaaaaaaaaa…",
        "  then go runs: cp a b",
        "  open for 2h00m; it expires in 24h00m, then the run is cancelled",
        "  -> penstock show r ok",
        "  -> penstock approve r ok   (or reject, rework, cancel-gate)",
        "",
    ]


def shown(world: World, artifact: dict[str, Any], approved: dict[str, Any] | None) -> None:
    asked = {**gate(), **ABOUT}
    asked["shown"] = {**asked["shown"], "inputs": {"order": "7"}}
    world.runtime.answers["gate_get"] = {"gate": asked, "now_ms": HOUR}
    about = {"run_id": "r", "gate": "ok", "instance": 1, "shown_digest": "d", "artifact": artifact}
    world.runtime.answers["gate_artifact"] = about | ({"approved": approved} if approved else {})


def test_a_gate_shows_what_changed_since_it_was_approved_last(world: World, penstock: Penstock) -> None:
    shown(world, NOW, THEN)
    output = penstock("show", "r", "ok").output
    assert "  input order = 7\n" in output
    assert "by uid:7 (instance 2 in r0); since then:\n    --- approved\n    +++ now\n" in output
    assert "    -three\n    +two\n" in output
    assert "An approval holds for exactly this: sha256 " in output
    [params] = world.runtime.called("gate_artifact")
    assert (params.run_id, params.gate, params.node_id) == ("r", "ok", "draft")


@pytest.mark.parametrize(
    ("artifact", "approved", "words"),
    [
        (NOW, None, "  never approved before\n    one\n    two\n"),
        (NOW, {**THEN, "sha256": NOW["sha256"], "text": NOW["text"]}, "the same bytes as were approved"),
        ({**NOW, "text": "a\tb\u202e\x1b[2J\n"}, None, "    a\tb\\u202e\\x1b[2J\n"),
        ({"node_id": "draft", "path": "a.png", "sha256": "c" * 64, "size": 1, "binary": True}, None, "a.png  of draft, 1 byte, binary"),
        (
            {"node_id": "draft", "path": "a", "sha256": "c" * 64, "size": 9, "binary": True},
            THEN,
            "not to be compared as text: 10 bytes then",
        ),
        ({"node_id": "draft", "path": "a", "sha256": None, "missing": True}, THEN, "which is not there any more"),
        ({**NOW, "text": "x\n" * 402, "truncated": True}, None, "    … 2 more lines: look at the file itself\n"),
    ],
    ids=["first", "same", "hidden characters", "binary", "binary then text", "missing", "long"],
)
def test_an_artifact_is_shown_as_it_is(
    world: World, penstock: Penstock, artifact: dict[str, Any], approved: dict[str, Any] | None, words: str
) -> None:
    shown(world, artifact, approved)
    assert words in penstock("show", "r", "ok").output


def test_a_gate_with_its_artifacts_is_one_json_object(world: World, penstock: Penstock) -> None:
    shown(world, NOW, THEN)
    found = json.loads(penstock("show", "r", "ok", "--json").output)
    assert (found["gate_name"], found["artifacts"][0]["artifact"], found["artifacts"][0]["approved"]) == ("ok", NOW, THEN)
