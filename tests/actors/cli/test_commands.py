from __future__ import annotations

import json
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
VERSION = {"version": 2, "digest": "d" * 64, "stored_at_ms": 1000}
WAIT = {
    "run_id": "r", "node_id": "pay", "wait_id": "w", "wait_kind": "external_condition", "key": "payment", "status": "waiting",
    "created_at_ms": 1000, "timeout_at_ms": 2000,
}  # fmt: skip

OF_RUN = {"run_id": "r", "workflow_id": "w", "title": "T"}
HELD = {
    "updated_at_ms": 1000,
    "code": "budget_tokens_reached",
    "text": "Its token budget is used up: 8 of 7.",
    "next": ["penstock resume r --tokens 9"],
}
LISTINGS: list[tuple[list[str], str, dict[str, Any], str]] = [
    (["ls"], "run_list", {"runs": [RUN]}, "completed"),
    (["tree"], "system_tree", {"rows": TREE}, "writable"),
    (["why", "r"], "run_why", {"run_id": "r", "status": "queued", "reasons": [{"code": "busy", "text": "no slot"}]}, "no slot (busy)"),
    (["logs", "r", "a", "--attempt", "1"], "run_logs", {"logs": [LOG]}, "cut; all of it: /l"),
    (["report", "r"], "run_report", {"run_id": "r", "path": "/p.md", "markdown": "# Done\n", "report": {}}, "# Done"),
    (["gates"], "gate_list", {"gates": [{**gate(), **OF_RUN, "run_status": "running"}], "held": [], "now_ms": 5000}, "Publish?"),
    (["gates"], "gate_list", {"gates": [], "held": [{**OF_RUN, **HELD}], "now_ms": 5000}, "-> penstock resume r --tokens 9"),
    (["gates", "r"], "gate_list", {"gates": [], "held": [], "now_ms": 5000}, "Nothing waits for a person."),
    (["workflow", "ls"], "workflow_list", {"workflows": [{"workflow_id": "w", **VERSION, "title": "T", "updated_ms": 1000}]}, "w"),
    (["workflow", "versions", "w"], "workflow_versions", {"versions": [VERSION]}, "dddd"),
    (["secrets", "ls"], "secret_list", {"secrets": [{"secret": "github", "source": "env TOKEN", "resolves": False, "problem": "empty"}]},
     "github  env TOKEN  no        empty"),
    (["pause", "r"], "run_pause", {"run_id": "r", "status": "pausing"}, "r: now pausing"),
    (["resume", "r"], "run_resume", {"run_id": "r", "status": "queued"}, "r: now queued"),
    (["cancel", "r", "--reason", "enough"], "run_cancel", {"run_id": "r", "status": "cancelled"}, "r: now cancelled"),
    (["retry", "r", "a"], "run_retry", {"run_id": "r", "status": "queued", "reset_nodes": ["a", "b"]}, "r: now queued; begun again: a, b"),
    (["approve", "r", "ok", "--select", "x", "--feedback", "fine"], "gate_decide", {"run_id": "r", "decision": "approve"}, "approve"),
    (["reject", "r"], "gate_decide", {"run_id": "r", "decision": "reject"}, "reject"),
    (["rework", "r", "--feedback", "again"], "gate_decide", {"run_id": "r", "decision": "rework"}, "rework"),
    (["cancel-gate", "r"], "gate_decide", {"run_id": "r", "decision": "cancel"}, "cancel"),
    (["waits"], "wait_list", {"waits": [WAIT]}, "payment"),
    (["waits", "r"], "wait_list", {"waits": []}, "Nothing is waited for."),
    (["signal", "r", "payment", '{"a": 1}', "--key", "k"], "signal_send", {"run_id": "r", "status": "queued", "wait": WAIT, "kept": False},
     "r: pay has waited for it; now queued"),
    (["signal", "r", "payment"], "signal_send", {"run_id": "r", "status": "running", "wait": None, "kept": True}, "it is kept; now run"),
    (["resolve", "r", "pay", "true"], "wait_resolve", {"run_id": "r", "status": "queued", "wait": None, "kept": False}, "any more"),
    (["webhook", "ci", "[1]", "--event-id", "e"], "webhook_deliver", {"delivery_id": "delivery-1", "duplicate": False}, "duplicate: no"),
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
    world.run |= {"started_at_ms": 1000, "output": {"o": 1}, "as_identity": "bot", "plugin_dirs": ["/a", "/b"]}
    output = penstock("show", "r").output
    assert "exit_code: exit 3" in output
    assert "2.5s" in output
    assert "input k = v" in output
    assert "  as identity: bot\n  plugin dirs: /a, /b\n" in output
    assert json.loads(penstock("show", "r", "--json").output)["run_id"] == "r"


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


@pytest.mark.parametrize("words", [["signal", "r", "payment"], ["resolve", "r", "pay"], ["webhook", "ci"]], ids=" ".join)
def test_a_payload_that_is_no_json_is_refused_before_anything_is_sent(world: World, penstock: Penstock, words: list[str]) -> None:
    done = penstock(*words, "{broken")
    assert (done.exit_code, "payload_malformed" in done.output) == (2, True)
    assert world.runtime.called("signal_send") == world.runtime.called("wait_resolve") == world.runtime.called("webhook_deliver") == []


def test_numbers_are_printed_for_prometheus_and_for_programs(world: World, penstock: Penstock) -> None:
    world.runtime.answers["system_metrics"] = {"text": "# TYPE a gauge\na 1\n", "metrics": {"a": 1}}
    assert penstock("metrics").output == "# TYPE a gauge\na 1\n"
    assert json.loads(penstock("metrics", "--json").output) == {"a": 1}
    assert [params.format for params in world.runtime.called("system_metrics")] == ["prometheus", "numbers"]
