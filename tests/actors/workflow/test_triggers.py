"""Schedules, watches, handoffs and scopes in the words of a file and of the model; and everything that is refused."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from actors.workflow.canonical import decode, digest, encode
from actors.workflow.triggers import HandoffAvailable, Handoffs, Schedule, Scope, Triggers
from tests.actors.workflow.samples import loaded, problems, warned, wrong

WEEKLY = "0 9 * * 1"
SITE: dict[str, Any] = {"workspace": "/srv/site"}


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        ({"cron": WEEKLY}, Schedule(WEEKLY)),
        ({"cron": "30 0 9 * * 1"}, Schedule("30 0 9 * * 1")),
        (
            {"cron": WEEKLY, "timezone": "Europe/Berlin", "misfire": "skip", "overlap": "queue", "inputs": {"n": 1}},
            Schedule(WEEKLY, None, "Europe/Berlin", "skip", 1, "queue", {"n": 1}),
        ),
        ({"every": "10m"}, Schedule(interval_s=600)),
        ({"every": 90}, Schedule(interval_s=90)),
        ({"every": "10m", "misfire": {"catch_up": 5}}, Schedule(interval_s=600, misfire="catch_up", max_runs=5)),
        ({"every": "10m", "misfire": {"type": "run_once"}, "overlap": "allow"}, Schedule(interval_s=600, overlap="allow")),
        ({"type": "cron", "cron_expression": WEEKLY, "overlap_policy": "allow"}, Schedule(WEEKLY, overlap="allow")),
        ({"type": "interval", "interval_seconds": 30}, Schedule(interval_s=30)),
        ({"type": "interval"}, Schedule(interval_s=60)),
        (
            {"type": "interval", "interval_seconds": 30, "misfire_policy": {"type": "catch_up", "max_runs": 100}},
            Schedule(interval_s=30, misfire="catch_up", max_runs=100),
        ),
        ({"type": "manual"}, Schedule()),
    ],
)
def test_a_schedule_in_either_spelling(schedule: dict[str, Any], expected: Schedule) -> None:
    found = loaded(schedule=schedule).triggers.schedule
    assert found == expected
    assert found.fires is (schedule.get("type") != "manual")


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        ({}, [("schedule_type_invalid", "schedule")]),
        (5, [("value_type", "schedule")]),
        ({"cron": WEEKLY, "every": "1h"}, [("schedule_type_invalid", "schedule")]),
        ({"type": "manual", "every": "1h"}, [("schedule_type_invalid", "schedule")]),
        ({"type": "cron", "every": "1h"}, [("schedule_type_invalid", "schedule")]),
        ({"type": "cron"}, [("schedule_type_invalid", "schedule")]),
        ({"type": "hourly"}, [("schedule_type_invalid", "schedule.type")]),
        ({"cron": WEEKLY, "when": 1}, [("key_unknown", "schedule.when")]),
        ({"cron": "0 9 * *"}, [("schedule_cron_invalid", "schedule.cron")]),
        ({"cron": "61 9 * * 1"}, [("schedule_cron_invalid", "schedule.cron")]),
        ({"cron": 5}, [("schedule_cron_invalid", "schedule.cron")]),
        ({"cron_expression": "@daily"}, [("schedule_cron_invalid", "schedule.cron_expression")]),
        ({"cron": WEEKLY, "cron_expression": WEEKLY}, [("key_spelled_twice", "schedule.cron_expression")]),
        ({"every": "soon"}, [("schedule_interval_invalid", "schedule.every")]),
        ({"every": "0s"}, [("schedule_interval_invalid", "schedule.every")]),
        ({"every": "1500ms"}, [("schedule_interval_invalid", "schedule.every")]),
        ({"every": "99999d"}, [("schedule_interval_invalid", "schedule.every")]),
        ({"interval_seconds": "10m"}, [("schedule_interval_invalid", "schedule.interval_seconds")]),
        ({"interval_seconds": 0}, [("schedule_interval_invalid", "schedule.interval_seconds")]),
        ({"cron": WEEKLY, "timezone": "Europe/Berlim"}, [("schedule_timezone_unknown", "schedule.timezone")]),
        ({"cron": WEEKLY, "timezone": "../../etc/passwd"}, [("schedule_timezone_unknown", "schedule.timezone")]),
        ({"cron": WEEKLY, "timezone": 1}, [("value_type", "schedule.timezone")]),
        ({"cron": WEEKLY, "misfire": "later"}, [("schedule_misfire_invalid", "schedule.misfire")]),
        ({"cron": WEEKLY, "misfire": "catch_up"}, [("schedule_misfire_invalid", "schedule.misfire")]),
        ({"cron": WEEKLY, "misfire": {}}, [("schedule_misfire_invalid", "schedule.misfire")]),
        ({"cron": WEEKLY, "misfire": {"catch_up": 0}}, [("schedule_misfire_invalid", "schedule.misfire")]),
        ({"cron": WEEKLY, "misfire": {"catch_up": 101}}, [("schedule_misfire_invalid", "schedule.misfire")]),
        ({"cron": WEEKLY, "misfire": {"catch_up": True}}, [("schedule_misfire_invalid", "schedule.misfire")]),
        ({"cron": WEEKLY, "misfire": {"type": "skip", "max_runs": 2}}, [("schedule_misfire_invalid", "schedule.misfire")]),
        (
            {"cron": WEEKLY, "misfire_policy": {"type": "catch_up", "max": 2}},
            [("key_unknown", "schedule.misfire_policy.max"), ("schedule_misfire_invalid", "schedule.misfire_policy")],
        ),
        ({"cron": WEEKLY, "misfire": {"catch_up": 3, "x": 1}}, [("key_unknown", "schedule.misfire.x")]),
        ({"cron": WEEKLY, "overlap": "maybe"}, [("schedule_overlap_invalid", "schedule.overlap")]),
        ({"cron": WEEKLY, "inputs": 5}, [("value_type", "schedule.inputs")]),
    ],
)
def test_a_schedule_that_is_refused(schedule: Any, expected: list[tuple[str, str]]) -> None:
    assert sorted(wrong(schedule=schedule)) == sorted(expected)


def test_a_mistyped_zone_is_told_what_was_meant() -> None:
    [problem] = problems("workflow: w\nnodes: [{id: a, shell: x}]\nschedule:\n  every: 1h\n  timezone: europe/berlin\n")
    assert ('Did you mean "Europe/Berlin"?' in problem.message, problem.line, problem.found) == (True, 5, '"europe/berlin"')


def test_a_schedule_gives_every_input_that_its_runs_need() -> None:
    inputs = {"since": {"required": True}, "count": {"type": "integer", "default": 3}, "dry": {"type": "boolean"}}
    every: dict[str, Any] = {"every": "1h"}
    assert wrong(inputs=inputs, schedule=every) == [("missing_required_input", "schedule.inputs.since")]
    wrong_type = {**every, "inputs": {"since": "x", "count": "many"}}
    assert wrong(inputs=inputs, schedule=wrong_type) == [("input_type_wrong", "schedule.inputs.count")]
    assert wrong(inputs=inputs, schedule={**every, "inputs": {"since": "x", "count": "5"}}) == []
    assert warned(inputs=inputs, schedule={**every, "inputs": {"since": "x", "sinse": 1}}) == [
        ("undeclared_input", "schedule.inputs.sinse")
    ]
    assert wrong(inputs=inputs, schedule={"type": "manual"}) == []


@pytest.mark.parametrize(
    ("watch", "expected"),
    [
        ([{"handoff_available": {"from": "draft", "artifact_type": "report"}}], [HandoffAvailable("draft", "report")]),
        ([{"handoff_available": {}}, {"handoff_available": None}], [HandoffAvailable(), HandoffAvailable()]),
        ([{"kind": "handoff_available", "source_workflow_id": "draft"}], [HandoffAvailable("draft")]),
    ],
)
def test_watches_in_either_spelling(watch: Any, expected: list[HandoffAvailable]) -> None:
    assert loaded(watch=watch, **SITE).triggers.watches == tuple(expected)
    assert loaded(watch_conditions=watch, **SITE).triggers.watches == tuple(expected)


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ({"watch": {}}, [("value_type", "watch")]),
        ({"watch": ["x"]}, [("value_type", "watch[0]")]),
        ({"watch": [{}]}, [("watch_kind_unknown", "watch[0]")]),
        ({"watch": [{"handoff": {}}]}, [("watch_kind_unknown", "watch[0]")]),
        ({"watch": [{"kind": "file_changed"}]}, [("watch_kind_unknown", "watch[0].kind")]),
        ({"watch": [{"handoff_available": 5}]}, [("value_type", "watch[0].handoff_available")]),
        ({"watch": [{"handoff_available": {}, "x": 1}]}, [("key_unknown", "watch[0].x")]),
        ({"watch": [{"handoff_available": {"to": "x"}}]}, [("key_unknown", "watch[0].handoff_available.to")]),
        ({"watch": [{"handoff_available": {"from": "No Id"}}]}, [("id_invalid", "watch[0].handoff_available.from")]),
        ({"watch": [{"handoff_available": None}] * 33}, [("too_many_watches", "watch")]),
        ({"handoffs": {"inbox": "/abs"}}, [("handoff_folder_invalid", "handoffs.inbox")]),
        ({"handoffs": {"inbox": "a/../b"}}, [("handoff_folder_invalid", "handoffs.inbox")]),
        ({"handoffs": {"inbox": "a/{{ inputs.x }}"}}, [("handoff_folder_invalid", "handoffs.inbox")]),
        ({"handoffs": {"inbox": "a", "approved": "a"}}, [("handoff_folder_invalid", "handoffs")]),
        ({"handoffs": {"inbox": "a", "approved": "a/b"}}, [("handoff_folder_invalid", "handoffs")]),
        ({"handoffs": {"auto_approve": "no"}}, [("value_type", "handoffs.auto_approve")]),
        ({"handoffs": {"outbox": "x"}}, [("key_unknown", "handoffs.outbox")]),
        ({"scope": {"allow": ["a//b"]}}, [("scope_path_invalid", "scope.allow")]),
        ({"scope": {"deny": "x"}}, [("value_type", "scope.deny")]),
        ({"scope": {"read": []}}, [("key_unknown", "scope.read")]),
    ],
)
def test_watches_handoffs_and_scopes_that_are_refused(keys: dict[str, Any], expected: list[tuple[str, str]]) -> None:
    assert wrong(**SITE, **keys) == expected


def test_what_is_watched_for_lies_in_a_place_that_is_known_before_a_run() -> None:
    watch = [{"handoff_available": None}]
    assert wrong(watch=watch) == [("watch_workspace_unknown", "watch")]
    inputs = {"where": {"default": "x"}}
    assert wrong(watch=watch, inputs=inputs, workspace="/srv/{{ inputs.where }}") == [("watch_workspace_unknown", "workspace")]


def test_handoffs_and_scopes_in_either_spelling() -> None:
    words: dict[str, Any] = {
        "handoffs": {"inbox": "in", "approved": "ok/", "archived": "old", "auto_approve": False},
        "scope": {"allow": ["a", "b/c/"], "deny": ["a/x"]},
    }
    model = {
        "handoff_config": {"inbox_dir": "in", "approved_dir": "ok", "archived_dir": "old", "auto_approve": False},
        "scope_policy": {"allow": ["a", "b/c"], "deny": ["a/x"]},
    }
    found = loaded(**words)
    assert found == loaded(**model)
    assert found.triggers == Triggers(handoffs=Handoffs("in", "ok", "old", False), scope=Scope(("a", "b/c"), ("a/x",)))
    assert loaded().triggers == Triggers()


def test_what_begins_by_itself_begins_in_the_folder_of_its_file() -> None:
    assert loaded(workspace="site", schedule={"every": "1h"}).folder == "/srv/flows"
    assert loaded(workspace="site", watch=[{"handoff_available": None}]).folder == "/srv/flows"
    assert loaded(workspace="site").folder is None
    assert loaded(workspace="site", schedule={"type": "manual"}).folder is None
    assert loaded(schedule={"every": "1h"}).folder is None


IDS = st.none() | st.from_regex(r"[a-z][a-z0-9-]{0,6}", fullmatch=True)
PATHS = st.lists(st.from_regex(r"[a-z]{1,4}(/[a-z]{1,4}){0,2}", fullmatch=True), max_size=3).map(tuple)
SCHEDULES = st.builds(
    lambda cron, interval, misfire, **more: Schedule(
        cron, interval if cron is None else None, misfire=misfire[0], max_runs=misfire[1] if misfire[0] == "catch_up" else 1, **more
    ),
    st.sampled_from([None, WEEKLY, "*/5 * * * * *"]), st.none() | st.integers(1, 10**6),
    st.tuples(st.sampled_from(["skip", "run_once", "catch_up"]), st.integers(1, 100)),
    timezone=st.sampled_from(["UTC", "Asia/Kathmandu"]), overlap=st.sampled_from(["skip", "queue", "allow"]),
    inputs=st.dictionaries(st.sampled_from(["a", "b"]), st.integers(0, 9)),
)  # fmt: skip
TRIGGERS = st.builds(
    Triggers, st.none() | SCHEDULES, st.lists(st.builds(HandoffAvailable, IDS, IDS), max_size=3).map(tuple),
    st.builds(Handoffs, st.sampled_from(["in", "x/in"]), st.sampled_from(["ok", "x/ok"]), st.sampled_from(["old", "x/old"]), st.booleans()),
    st.builds(Scope, PATHS, PATHS),
)  # fmt: skip


@given(TRIGGERS)
def test_canonical_json_gives_them_back(triggers: Triggers) -> None:
    workflow = evolve(loaded(**SITE), triggers=triggers)
    again = decode(encode(workflow))
    assert again == workflow
    assert digest(again) == digest(workflow)


def test_canonical_json_writes_the_names_of_the_model() -> None:
    text = encode(
        loaded(schedule={"every": "1m", "misfire": {"catch_up": 2}, "overlap": "queue"}, watch=[{"handoff_available": None}], **SITE)
    )
    schedule = (
        b'"schedule":{"interval_seconds":60,"misfire_policy":{"max_runs":2,"type":"catch_up"},"overlap_policy":"queue","type":"interval"}'
    )
    assert schedule in text
    assert b'"watch_conditions":[{"kind":"handoff_available"}]' in text
    assert b"handoff_config" not in text
