"""What a run says about itself: its record, its line in lists, its report."""

from __future__ import annotations

from actors.run import events as run
from actors.run.headline import due_of, headline_of, line_key
from actors.run.report import markdown_report, report_json
from actors.run.view import event_json, run_json
from actors.scheduler.events import RunQueueReasonChanged
from tests.actors.run.nested import block, leaf, loop, nested, says
from tests.actors.run.table import HASH, Story

GATE = "g gate: human_approval, timeout: 2h, prompt: 'Sure?'"
LATER = "a retry: {max_attempts: 2, backoff: {strategy: fixed, initial: 5s}}"


def test_the_record_holds_what_is_known_and_nothing_else() -> None:
    story = Story.begun("a title: First", GATE, "b needs: [a], on_fail: {command: [x]}", last=("t",), workspace="/srv", inputs={"i": 1})
    story.ok("a", {"x": 1}, "f.txt")
    story.decide("approve", reason="yes")
    story.fail("b", "boom", "timeout")
    found = run_json(story.state)
    nodes = {node["node_id"]: node for node in found["nodes"]}
    assert list(nodes) == ["a", "g", "b", "t", "b.on_fail"]
    assert nodes["a"] == {
        "node_id": "a", "kind": "shell", "title": "First", "status": "completed", "attempt": 1, "instance": 1, "max_attempts": 1,
        "finally": False, "started_at_ms": 1000, "ended_at_ms": 1000, "output": {"x": 1},
        "artifact": {"path": "f.txt", "sha256": HASH, "size": 5, "schema": None},
    }  # fmt: skip
    assert nodes["b"]["error"] == {"code": "boom", "message": "boom!", "failure_class": "timeout", "detail": {}}
    assert nodes["t"] == {
        "node_id": "t", "kind": "shell", "title": "t", "status": "pending", "attempt": 0, "instance": 1, "max_attempts": 1, "finally": True,
    }  # fmt: skip
    assert (found["title"], found["workspace"], found["inputs"], found["open_gates"]) == ("paper", "/srv", {"i": 1}, [])
    assert (found["gate_history"][0]["decision"], "pause_reason" in found) == ("approve", False)


def test_a_handler_is_shown_once_it_has_something_to_do() -> None:
    story = Story.begun("a on_fail: {command: [x]}")
    assert [node["node_id"] for node in run_json(story.state)["nodes"]] == ["a"]
    story.fail("a")
    assert [node["node_id"] for node in run_json(story.state)["nodes"]] == ["a", "a.on_fail"]


def test_an_open_gate_is_shown_with_all_that_binds_an_answer_to_it() -> None:
    story = Story.begun(GATE, "o effect: once")
    story.lose("o")
    gate, outcome = (node["gate"] for node in run_json(story.state)["nodes"])
    assert (gate["prompt"], gate["approval_request_id"], gate["expires_at_ms"], gate["on_expiry"]) == (
        "Sure?", "workflow:run-1:g:1", 7_201_000, "cancel",
    )  # fmt: skip
    assert (outcome["gate_name"], "expires_at_ms" in outcome) == ("o.outcome", False)


def test_an_event_is_shown_with_its_number_and_time() -> None:
    fact = run.ReportWritten(path="/r")
    assert event_json(7, fact, 99, {"path": "/r"}) == {"seq": 7, "event": "report_written", "at_ms": 99, "path": "/r"}


def test_the_record_of_a_queued_run_says_since_when_and_why() -> None:
    story = Story.of("a")
    assert run_json(story.state)["scheduler"] == {"queued_at_ms": 1000}
    story.do(lambda turn: turn.emit(RunQueueReasonChanged("capacity")), go_on=False)
    assert run_json(story.state)["scheduler"] == {"queued_at_ms": 1000, "queue_reason": "capacity"}
    story.claim()
    assert "scheduler" not in run_json(story.state)


def test_a_line_says_when_time_alone_moves_the_run() -> None:
    queued, waiting, delayed, held = Story.of("a"), Story.begun(GATE, LATER), Story.begun(LATER), Story.begun("a")
    waiting.fail("a")
    delayed.fail("a")
    held.pause()
    assert [due_of(story.state) for story in (queued, waiting, delayed, held)] == [None, 6000, None, None]
    assert headline_of(delayed.state).facts == {"version": 1, "retry_after": 6000, "queue_reason": "retry_backoff"}
    outcome = Story.begun("o effect: once")
    outcome.lose("o")
    assert due_of(outcome.state) == 86_401_000  # it never expires, but is marked when it is long open


def test_a_line_holds_facts_that_lists_show() -> None:
    story = Story.begun(GATE, workspace="/srv")
    story.pause("lunch")
    line = headline_of(story.state)
    assert (line.status, line.group, line.facts) == (
        "paused", "paper", {"version": 1, "workspace": "/srv", "detail": "paused_by_operator", "pause_reason": "lunch", "gates": 1},
    )  # fmt: skip
    assert headline_of(Story.of("a").state).facts == {"version": 1}


def test_a_line_is_not_written_again_for_what_it_does_not_say() -> None:
    story = Story.begun("a", "b")
    before = line_key(story.state)
    story.ok("a")
    assert line_key(story.state) == before
    story.ok("b")
    assert line_key(story.state) != before


def ended() -> Story:
    story = Story.begun("a artifact: 'n`o.txt'", GATE, "b needs: [a], retry: {max_attempts: 2}", top="title: My <flow>")
    story.decide("approve")
    story.ok("a", 1, "n`o.txt")
    story.fail("b")
    story.now += 2500
    story.fail("b", "exit_3")
    return story


def test_the_report_as_json() -> None:
    story = ended()
    found = report_json(story.state, list(story.state.recent))
    assert found["nodes"][2] == {
        "node_id": "b", "state": "failed", "started_at": 1000, "ended_at": 3500, "attempts": 2, "error": "exit_3", "message": "exit_3!",
    }  # fmt: skip
    assert found["artifacts"] == [{"path": "n`o.txt", "schema": None, "hash": HASH, "node_id": "a"}]
    assert found["decisions"] == [{"gate": "g", "decision": "approve", "decided_by": "uid:1000", "decided_at": 1000}]
    assert found["error"] == {"code": "nodes_failed", "node_ids": ["b"], "message": "exit_3!"}
    assert found["events"][-1] == {"seq": story.state.seq, "type": "run_failed", "ts": 3500}
    assert (found["title"], found["ended_at"], found["unresolved"]) == ("My <flow>", 3500, [])


def test_the_report_keeps_the_last_twenty_events_and_names_what_is_unresolved() -> None:
    story = Story.begun("a", GATE)
    story.fail("a")
    found = report_json(story.state, [(n, "x", n) for n in range(30)])
    assert ([event["seq"] for event in found["events"]], found["unresolved"]) == (list(range(10, 30)), ["g"])


def test_the_report_of_a_success_has_no_error_and_that_of_a_cancel_its_reason() -> None:
    done, cancelled, lost = Story.begun("a"), Story.begun("a on_fail: {command: [x]}"), Story.of("a")
    done.ok("a", 5)
    cancelled.cancel("no more")
    lost.do(lambda turn: turn.emit(run.RunBlockedCorruptCheckpoint(message="torn")))
    assert (report_json(done.state, [])["error"], report_json(done.state, [])["title"]) == (None, "paper")
    assert report_json(cancelled.state, [])["error"] == {"code": "cancelled_by_operator", "reason": "no more"}
    assert [node["node_id"] for node in report_json(cancelled.state, [])["nodes"]] == ["a"]
    assert report_json(lost.state, [])["error"] == {"code": "checkpoint_recovery_failed", "text": "torn"}


def test_the_report_as_markdown_shows_foreign_text_harmlessly() -> None:
    story = ended()
    text = markdown_report(report_json(story.state, []), "yesterday")
    assert text.splitlines()[0] == "# My &lt;flow>: failed"
    assert "- `b`: failed, 2 attempts, 2.5 s (exit_3)" in text
    assert "- `a`: completed, 1 attempt, 0.0 s" in text
    assert f"- `n'o.txt` (schema none) {HASH[:16]}" in text
    assert "- `g`: approve by uid:1000" in text
    assert text.endswith("## Error\n\n`nodes_failed`\nexit_3!\n")


def test_the_report_as_markdown_shows_inputs_and_output_and_cuts_what_is_long() -> None:
    story = Story.begun("a", top="inputs: {who: {type: string}}\noutput: {big: '{{ nodes.a.output }}', n: 0}", inputs={"who": "A<b>"})
    story.ok("a", "x" * 10_000)
    text = markdown_report(report_json(story.state, []), "today")
    assert "## Inputs\n\n- who: A&lt;b>\n" in text
    assert "… (10000 characters)\n- n: 0\n" in text
    assert "- value: [1, null]" in markdown_report(report_json(story.state, []) | {"output": [1, None]}, "today")


def test_the_report_as_markdown_leaves_out_empty_parts() -> None:
    story = Story.begun("a")
    story.ok("a")
    text = markdown_report(report_json(story.state, []), "today")
    assert [line for line in text.splitlines() if line.startswith("##")] == ["## Nodes"]
    pending = Story.of("a")
    pending.cancel("\x1b[31mred\nline")
    assert "- `a`: pending\n" in markdown_report(report_json(pending.state, []), "today")
    assert " [31mred line" in markdown_report(report_json(pending.state, []), "today")


def test_the_report_lists_nodes_below_the_group_around_them() -> None:
    story = nested(leaf("x"), loop("l", 'marker("x", "m")', 5, leaf("a"), block("b", leaf("c"))))
    story.ok("x", says("m"))
    for node_id in ("a", "c", "a"):
        story.ok(node_id)
    told = report_json(story.state, [])
    lines = [line for line in markdown_report(told, "today").splitlines() if "- `" in line and "Run" not in line]
    assert [line.split(":")[0] for line in lines][-5:] == ["- `x`", "- `l`", "  - `a`", "  - `b`", "    - `c`"]
    assert ", 2 turns" in lines[-4]
    assert [(node.get("group"), node.get("turns")) for node in told["nodes"]] == [
        (None, None), (None, 2), ("l", None), ("l", None), ("b", None),
    ]  # fmt: skip
