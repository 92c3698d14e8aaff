from __future__ import annotations

import json
import re
from typing import Any

import pytest

from actors.refusals import Refusal
from tests.actors.cli.conftest import Penstock
from tests.actors.cli.world import World, gate, node

RUN = {"run_id": "r", "workflow_id": "w", "title": "T\u202e\x1b[2J", "status": "completed", "created_at_ms": 1000, "updated_at_ms": 2000}
TREE = [
    {"path": "", "depth": 0, "kind": "supervisor", "status": "running", "mailbox": 0, "capacity": 0, "restarts": 0},
    {"path": "store", "depth": 1, "kind": "actor", "status": "writable", "mailbox": 0, "capacity": 64, "restarts": 1},
]
LOG = {"node_id": "a", "attempt": 1, "stream": "stdout", "path": "/l", "size": 9, "text": "one\n\x1b[31mtwo\n", "truncated": True}
HOLDS: list[dict[str, Any]] = [
    {"queue_reason": "capacity", "max_concurrent_runs": 1},
    {"queue_reason": "rate_limit", "rate_limited_provider": "openai", "until_ms": 5},
    {"queue_reason": "workspace_lock", "resource_key": "/T", "held_by": "r"},
    {"queue_reason": "overlap", "held_by": "r"},
    {"queue_reason": "retry_backoff", "retry_after_ms": 5},
    {},
]
QUEUE: dict[str, Any] = {
    "mode": "multi", "max_concurrent_runs": 1,
    "active": [{"run_id": "r", "workflow_id": "w", "priority": 0, "workspace": "/T", "holds": "slot"}],
    "queued": {"capacity": 1, "rate_limit": 1, "workspace_lock": 1, "overlap": 1, "retry_backoff": 1, "starting": 2},
    "waiting": [{"run_id": f"q{i}", "workflow_id": "w", "priority": 0, "queued_at_ms": 1, **hold} for i, hold in enumerate(HOLDS)],
    "throttles": [{"provider": "openai", "until_ms": 5}, {"provider": "github", "tenant": "T:w:d", "until_ms": 5}],
    "totals": {"admitted": 3, "completed": 2}, "waits": {"count": 3, "average_ms": 2000, "p95_ms": 9000},
}  # fmt: skip
THROTTLED: dict[str, Any] = {"provider": "openai", "throttled": True, "until_ms": 5}
VERSION = {"version": 2, "digest": "d" * 64, "stored_at_ms": 1000}

LISTINGS: list[tuple[list[str], str, dict[str, Any], str]] = [
    (["ls"], "run_list", {"runs": [RUN]}, "completed"),
    (["tree"], "system_tree", {"rows": TREE}, "writable"),
    (["why", "r"], "run_why", {"run_id": "r", "status": "queued", "reasons": [{"code": "busy", "text": "no slot"}]}, "no slot (busy)"),
    (["logs", "r", "a", "--attempt", "1"], "run_logs", {"logs": [LOG]}, "cut; all of it: /l"),
    (["report", "r"], "run_report", {"run_id": "r", "path": "/p.md", "markdown": "# Done\n", "report": {}}, "# Done"),
    (["gates"], "gate_list", {"gates": [{**gate(), "run_id": "r", "workflow_id": "w"}]}, "Publish?"),
    (["gates", "r"], "gate_list", {"gates": []}, "No open gates."),
    (["workflow", "ls"], "workflow_list", {"workflows": [{"workflow_id": "w", **VERSION, "title": "T", "updated_ms": 1000}]}, "w"),
    (["workflow", "versions", "w"], "workflow_versions", {"versions": [VERSION]}, "dddd"),
    (["pause", "r"], "run_pause", {"run_id": "r", "status": "pausing"}, "r: now pausing"),
    (["resume", "r"], "run_resume", {"run_id": "r", "status": "queued"}, "r: now queued"),
    (["cancel", "r", "--reason", "enough"], "run_cancel", {"run_id": "r", "status": "cancelled"}, "r: now cancelled"),
    (["retry", "r", "a"], "run_retry", {"run_id": "r", "status": "queued", "reset_nodes": ["a", "b"]}, "r: now queued; begun again: a, b"),
    (["approve", "r", "ok", "--select", "x", "--feedback", "fine"], "gate_decide", {"run_id": "r", "decision": "approve"}, "approve"),
    (["reject", "r"], "gate_decide", {"run_id": "r", "decision": "reject"}, "reject"),
    (["rework", "r", "--feedback", "again"], "gate_decide", {"run_id": "r", "decision": "rework"}, "rework"),
    (["cancel-gate", "r"], "gate_decide", {"run_id": "r", "decision": "cancel"}, "cancel"),
    (["queue"], "scheduler_queue", QUEUE, "1 of 1 slot taken, 7 queued (capacity 1, overlap 1, rate_limit 1, retry_backoff 1, starting 2"),
    (["queue", "--limit", "9"], "scheduler_queue", QUEUE, "/T, where r works"),
    (["throttle", "openai", "90s"], "scheduler_throttle", THROTTLED, "openai: throttled until"),
    (["throttle", "openai", "off"], "scheduler_throttle", {"provider": "openai", "throttled": False}, "openai: not throttled"),
    (["send", "runs/r", '{"kind": "Tick"}'], "actor_tell", {"delivered": True}, "delivered: yes"),
    (["workflow", "rm", "w", "--cancel-runs"], "workflow_delete", {"workflow_id": "w", "deleted": True, "cancelled": []}, "deleted: yes"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("words", "method", "answer", "said"), LISTINGS, ids=lambda value: " ".join(value) if isinstance(value, list) else ""
)
def test_a_command_asks_its_method_and_prints_for_people_or_as_json(
    world: World, penstock: Penstock, words: list[str], method: str, answer: dict[str, Any], said: str
) -> None:
    world.runtime.answers[method] = answer
    plain, as_json = penstock(*words), penstock(*words, "--json")
    assert plain.exit_code == as_json.exit_code == 0, plain.output
    assert said in plain.output
    assert json.loads(as_json.output) in (answer, *answer.values())
    assert len(world.runtime.called(method)) == 2


@pytest.mark.parametrize("words", [words for words, *_ in LISTINGS], ids=" ".join)
def test_what_comes_from_outside_cannot_act_on_the_terminal(world: World, penstock: Penstock, words: list[str]) -> None:
    method, answer = next((method, answer) for other, method, answer, _ in LISTINGS if other == words)
    world.runtime.answers[method] = json.loads(json.dumps(answer).replace('"T', '"\\u001b]0;x\\u0007\\u202e\\u200b\\u009bT'))
    output = penstock(*words).output
    assert not [char for char in output if char != "\n" and (ord(char) < 32 or 0x7F <= ord(char) < 0xA0 or char in "\u202e\u200b")]


def test_the_queue_is_told_in_words(world: World, penstock: Penstock) -> None:
    world.runtime.answers["scheduler_queue"] = QUEUE
    said = penstock("queue").output
    for words in (
        "  a slot\n",
        "openai, throttled until",
        "r, an older scheduled run",
        "the time of its retry, ",
        "nothing, it starts",
    ):
        assert words in said
    assert "and 1 more; --limit shows more of them" in said
    assert "throttled: github for T:w:d until" in said
    assert "3 slots given since its start, 2 given back; waits: 2.0s on average, 9.0s at most for 95 of 100" in said
    nothing = {"active": [], "queued": {}, "waiting": [], "throttles": [], "waits": {"count": 0, "average_ms": 0, "p95_ms": 0}}
    world.runtime.answers["scheduler_queue"] = {**QUEUE, **nothing}
    assert penstock("queue").output == "0 of 1 slot taken, 0 queued\n"


def test_a_throttle_says_how_long_and_for_whom(world: World, penstock: Penstock) -> None:
    world.runtime.answers["scheduler_throttle"] = {"provider": "openai", "throttled": False}
    penstock("throttle", "OpenAI", "2m", "--tenant", "a:b:c", "--request-id", "q")
    penstock("throttle", "openai", "off")
    [(_, first, _, request), (_, second, _, _)] = world.runtime.calls
    assert (first.provider, first.for_ms, first.tenant, request.request_id) == ("OpenAI", 120_000, "a:b:c", "q")
    assert (second.for_ms, second.tenant) == (0, None)
    wrong = penstock("throttle", "openai", "soon")
    assert (wrong.exit_code, "duration_malformed" in wrong.stderr, len(world.runtime.calls)) == (2, True, 2)


def test_decisions_carry_everything_that_was_said(world: World, penstock: Penstock) -> None:
    penstock("approve", "r", "ok", "--select", "x", "--select", "y", "--feedback", "fine", "--reason", "why not", "--request-id", "q")
    [(_, params, _, request)] = world.runtime.calls
    assert (params.decision, params.gate, params.selections, params.feedback, params.reason) == (
        "approve",
        "ok",
        ("x", "y"),
        "fine",
        "why not",
    )
    assert request.request_id == "q"


def test_a_request_id_is_made_up_when_none_is_given_and_never_twice(world: World, penstock: Penstock) -> None:
    penstock("pause", "r")
    penstock("pause", "r")
    first, second = (request.request_id for *_, request in world.runtime.calls)
    assert first != second
    assert first.startswith("req-")


def test_ls_narrows(world: World, penstock: Penstock) -> None:
    world.runtime.answers["run_list"] = {"runs": []}
    assert penstock("ls", "--status", "failed", "--workflow", "w", "--limit", "3").output == "No runs.\n"
    [params] = world.runtime.called("run_list")
    assert (params.status, params.workflow_id, params.limit) == ("failed", "w", 3)


def test_show_prints_the_facts_and_each_node(world: World, penstock: Penstock) -> None:
    error = {"code": "exit_code", "message": "exit 3", "failure_class": "execution_error"}
    world.run |= {
        "nodes": [node("a", "completed", started_at_ms=1000, ended_at_ms=3500), node("b", "failed", error=error)],
        "inputs": {"k": "v"},
    }
    world.run |= {"started_at_ms": 1000, "output": {"o": 1}}
    output = penstock("show", "r").output
    assert "exit_code: exit 3" in output
    assert "2.5s" in output
    assert "input k = v" in output
    assert json.loads(penstock("show", "r", "--json").output)["run_id"] == "r"


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        ({}, "\n"), ({"queue_reason": "capacity"}, ", capacity\n"),
        ({"queue_reason": "workspace_lock", "resource_key": "/srv"}, ", workspace_lock (/srv)\n"),
        ({"queue_reason": "rate_limit", "rate_limited_provider": "openai"}, ", rate_limit (openai)\n"),
        ({"queue_reason": "retry_backoff", "resource_key": "workflow://w"}, ", retry_backoff\n"),
    ],
)  # fmt: skip
def test_show_says_since_when_a_run_is_queued_and_why(world: World, penstock: Penstock, reason: dict[str, Any], said: str) -> None:
    world.run["scheduler"] = {"queued_at_ms": 1000, **reason}
    [line] = [line for line in penstock("show", "r").output.splitlines(keepends=True) if "queued since" in line]
    assert re.fullmatch(r"  queued since: [-0-9]{10} [:0-9]{8}" + re.escape(said), line)


def test_events_are_read_page_by_page(world: World, penstock: Penstock) -> None:
    log = [{"seq": number, "event": "tick", "at_ms": number} for number in range(1, 8)]

    async def page(params: Any, *_: Any) -> dict[str, Any]:
        return {"events": log[params.after : params.after + 3], "head": 7}

    world.runtime.answers["run_events"] = page
    assert len(penstock("events", "r").output.splitlines()) == 7
    lines = penstock("events", "r", "--after", "5", "--json").output.splitlines()
    assert [json.loads(line)["seq"] for line in lines] == [6, 7]


def test_events_of_an_empty_log_are_none(world: World, penstock: Penstock) -> None:
    world.runtime.answers["run_events"] = {"events": [], "head": 0}
    assert penstock("events", "r").output == ""


def test_events_can_be_followed_to_the_end(world: World, penstock: Penstock) -> None:
    world.move("running")
    world.end("completed")
    assert len(penstock("events", "r", "--follow").output.splitlines()) == 2


def test_a_workflow_is_put_from_its_file_and_shown_as_json(world: World, penstock: Penstock, tmp_path: Any) -> None:
    file = tmp_path / "w.json"
    file.write_text("{}")
    world.runtime.answers |= {"workflow_put": {"workflow_id": "w", "version": 1}, "workflow_get": {"workflow_id": "w", "definition": {}}}
    assert "version: 1" in penstock("workflow", "put", str(file)).output
    assert world.runtime.called("workflow_put")[0].notation == "json"
    assert json.loads(penstock("workflow", "show", "w", "--version", "2").output)["definition"] == {}
    penstock("workflow", "show", "w")
    assert [params.version for params in world.runtime.called("workflow_get")] == [2, None]


@pytest.mark.parametrize(
    ("code", "exit_code"),
    [
        ("run_not_found", 66), ("node_not_found", 66), ("run_gate_missing", 66), ("human_required", 77), ("not_permitted", 77),
        ("unavailable", 69), ("shutting_down", 69), ("overloaded", 69), ("gate_already_decided", 1), ("request_conflict", 1),
        ("internal", 70),
    ],
)  # fmt: skip
def test_a_refusal_becomes_an_exit_code(world: World, penstock: Penstock, code: str, exit_code: int) -> None:
    world.runtime.answers["run_pause"] = Refusal(code, "no \x1b[1m")
    result = penstock("pause", "r")
    assert result.exit_code == exit_code
    assert result.stderr == f"error: no \\x1b[1m\ncode: {code}\n"


def test_without_a_daemon_and_without_data_looking_ends_with_69(alone: Penstock) -> None:
    for words in (["ls"], ["tree"], ["show", "r"], ["gates"], ["pause", "r"], ["workflow", "ls"], ["send", "a", "{}"]):
        result = alone(*words)
        assert (result.exit_code, "code: no_daemon" in result.stderr) == (69, True), words


def test_a_message_that_is_no_json_is_the_users_mistake(penstock: Penstock) -> None:
    assert penstock("send", "runs", "{").exit_code == 2


def test_an_error_of_ours_is_70_and_shows_where(world: World, penstock: Penstock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("actors.cli.listing.table", lambda *_, **__: 1 / 0)
    world.runtime.answers["run_list"] = {"runs": []}
    result = penstock("ls")
    assert result.exit_code == 70
    assert "ZeroDivisionError" in result.stderr
