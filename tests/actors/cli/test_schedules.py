"""The commands about schedules and the life of workflows: what they ask, what they print, and files that are not stored."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.actors.cli.conftest import Penstock
from tests.actors.cli.world import World

ROW = {
    "workflow_id": "w", "title": "T\u202e\x1b[2J", "status": "active", "times": "every 10m", "workflow_status": "active",
    "next_fire_at_ms": 1_800_000_000_000,
}  # fmt: skip
NEXT = {"workflow_id": "w", "status": "paused", "timezone": "Europe/Berlin", "times": [1_796_025_600_000]}
STATE = {"enabled": True, "next_fire_at_ms": 1_800_000_060_000, "at_ms": 1_800_000_000_000, "seq": 1}
FIRED = {"event": "schedule_fired", "nominal_time": 1_800_000_000_000, "run_id": "run-7", **STATE}
SKIPPED = {"event": "schedule_fire_skipped", "reason": "misfire", "code": None, **STATE}
DENIED = {**SKIPPED, "reason": "creation_denied", "code": "workspace_missing", "message": "/srv is gone"}
MANY, ONE = {"first": 1_800_000_000_000, "last": 1_800_000_000_000, "count": 8}, {"first": 0, "last": 0, "count": 1}
FACTS = [
    {"event": "schedule_computed", **STATE}, {"event": "schedule_computed", **STATE, "enabled": False}, FIRED,
    {**SKIPPED, "nominal_times": MANY}, {**DENIED, "nominal_times": ONE, "next_fire_at_ms": None},
    {"event": "schedule_paused", "by": "uid:7", **STATE}, {"event": "schedule_resumed", "by": "uid:7", **STATE},
    {"event": "schedule_painted", "at_ms": 0, "seq": 9},
]  # fmt: skip
STEERED = {"workflow_id": "w", "status": "paused"}
ASKED: list[tuple[list[str], str, dict[str, Any], str]] = [
    (["schedule", "ls"], "schedule_list", {"schedules": [ROW]}, "every 10m"),
    (["schedule", "ls"], "schedule_list", {"schedules": []}, "Nothing is scheduled."),
    (["schedule", "next", "w", "--count", "1"], "schedule_next", NEXT, "It is paused; if it were active, it would fire:"),
    (["schedule", "next", "w"], "schedule_next", {**NEXT, "status": "active"}, "Mon 2026-11-30 09:00:00 CET"),
    (["schedule", "next", "w"], "schedule_next", {**NEXT, "timezone": "Nowhere/At_All"}, "Nowhere/At_All"),
    (["schedule", "next", "w"], "schedule_next", {**NEXT, "times": []}, "It does not fire any more."),
    (["schedule", "log", "w"], "schedule_events", {"events": FACTS}, "run-7"),
    (["schedule", "pause", "w", "--reason", "x"], "schedule_pause", STEERED, "status: paused"),
    (["schedule", "resume", "w"], "schedule_resume", STEERED, "status: paused"),
    (["workflow", "pause", "w", "--reason", "x"], "workflow_pause", STEERED, "status: paused"),
    (["workflow", "activate", "w"], "workflow_activate", STEERED, "status: paused"),
    (["workflow", "restore", "w"], "workflow_restore", STEERED, "status: paused"),
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
    assert len(world.runtime.called(method)) == 2
    assert not [char for char in plain.output if char != "\n" and (ord(char) < 32 or char == "\u202e")]


def test_the_log_of_a_schedule_says_in_words_what_became_of_each_time(world: World, penstock: Penstock) -> None:
    world.runtime.answers["schedule_events"] = {"events": FACTS}
    computed, off, fired, missed, denied, paused, resumed, unknown = penstock("schedule", "log", "w").output.splitlines()
    assert ("computed; next: " in computed, off.endswith("  off"), "fired for" in fired) == (True, True, True)
    assert ("skipped 8 times from" in missed, "makes up for none of them; next:" in missed) == (True, True)
    assert denied.endswith("the run could not be made (workspace_missing: /srv is gone)")
    assert (paused.endswith("paused by uid:7"), "resumed by uid:7; next:" in resumed) == (True, True)
    assert unknown.endswith("schedule_painted")


def test_what_was_given_is_asked(world: World, penstock: Penstock) -> None:
    world.runtime.answers["schedule_next"] = NEXT
    penstock("schedule", "next", "w", "--count", "7", "--after", "2026-12-01T09:00:00+01:00")
    [params] = world.runtime.called("schedule_next")
    assert (params.workflow_id, params.count, params.after_ms) == ("w", 7, 1_796_112_000_000)
    penstock("workflow", "pause", "w", "--reason", "why", "--request-id", "q")
    name, params, _, request = world.runtime.calls[-1]
    assert (name, params.workflow_id, params.reason, request.request_id) == ("workflow_pause", "w", "why", "q")


FILE = "penstock: 1\nworkflow: w\nnodes: [{id: a, shell: x}]\n"


def test_the_next_times_of_a_file_that_is_not_stored(alone: Penstock, tmp_path: Path) -> None:
    file = tmp_path / "w.yaml"
    file.write_text(FILE + 'schedule: {cron: "30 2 * * *", timezone: Europe/Berlin}\n')
    told = alone("schedule", "next", str(file), "--count", "2", "--after", "2026-03-28T23:00:00Z")
    assert told.exit_code == 0, told.output
    first, second = told.output.splitlines()[1:]
    assert (first.startswith("Sun 2026-03-29 03:00:00 CEST"), second.startswith("Mon 2026-03-30 02:30:00 CEST")) == (True, True)
    assert (first.endswith("ago"), len(json.loads(alone("schedule", "next", str(file), "--json").output)["times"])) == (True, 5)


@pytest.mark.parametrize(
    ("text", "code", "exit_code"),
    [
        (FILE, "schedule_not_found", 2), (FILE + "schedule: {type: manual}\n", "schedule_not_found", 2),
        (FILE + "schedule: {every: 0s}\n", "invalid_workflow", 2), (FILE + "schedule: {every: 0s}\nx: 1\n", "invalid_workflow", 2),
        (None, "file_not_found", 66),
    ],
)  # fmt: skip
def test_files_whose_times_cannot_be_told(alone: Penstock, tmp_path: Path, text: str | None, code: str, exit_code: int) -> None:
    file = tmp_path / "w.yaml"
    if text is not None:
        file.write_text(text)
    told = alone("schedule", "next", str(file))
    assert (told.exit_code, f"code: {code}" in told.output) == (exit_code, True)


def test_a_time_that_is_none(alone: Penstock) -> None:
    told = alone("schedule", "next", "w", "--after", "tomorrow")
    assert (told.exit_code, "code: time_malformed" in told.output) == (2, True)
