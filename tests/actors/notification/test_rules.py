"""What a hook is told of a run: written with the fact, once, in each way that is configured, and nothing where none is."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from actors.config import Config
from actors.notification.events import NotificationFailed, NotificationGivenUp, NotificationQueued, NotificationSent
from actors.notification.note import body_of, fold_note, stream_of, written
from actors.notification.rules import told_of_ending
from actors.resolver.messages import ResolverAnswer
from actors.run.events import RunFailedPanic
from actors.run.reaping import reap
from actors.run.requests import Reap
from actors.settings import RunRules
from storage.records import Append
from tests.actors.run.table import Story

ALL = frozenset(Config().notify.events)
RULES = RunRules(notify_events=ALL, notify_ways=("command",))
HOUR = 3_600_000
GATE = "g gate: human_approval, prompt: Publish?, needs: [a]"


def told(story: Story) -> list[dict[str, Any]]:
    """What lies in the outbox so far."""
    return [{"due": append.headline.due_ms, **orjson.loads(append.events[0].data)} for append in story.once if append.headline is not None]


def asked(more: str = "", rules: RunRules = RULES) -> Story:
    story = Story.begun("a", GATE + (f", {more}" if more else ""), "b needs: [g]", rules=rules)
    story.ok("a")
    return story


def test_an_open_gate_is_told_with_all_that_a_person_needs_to_answer() -> None:
    [found] = told(asked("timeout: 1h, decisions: [approve, rework, cancel]"))
    assert found == {
        "due": 1000, "notification_id": "workflow:run-1:g:1:opened", "event": "gate_opened", "way": "command", "run_id": "run-1",
        "workflow_id": "paper",
        "about": {
            "node_id": "g", "gate_name": "g", "gate_type": "human_approval", "instance": 1, "prompt": "Publish?",
            "decisions": ["approve", "rework", "cancel"], "expires_at": 1000 + HOUR,
            "commands": ["penstock approve run-1 g", "penstock rework run-1 g", "penstock cancel-gate run-1 g"],
        },
    }  # fmt: skip


def test_without_a_hook_nothing_is_written() -> None:
    story = asked(rules=RunRules(notify_events=ALL))
    story.decide("reject")
    assert story.once == []


def test_only_what_is_asked_for_is_told() -> None:
    story = asked(rules=RunRules(notify_events=frozenset({"gate_decided"}), notify_ways=("command", "url")))
    story.decide("approve")
    assert [(one["event"], one["way"]) for one in told(story)] == [("gate_decided", "command"), ("gate_decided", "url")]


def test_a_decision_is_told_without_what_was_said_with_it() -> None:
    story = asked()
    story.decide("approve", feedback="s3cret", reason="s3cret")
    about = told(story)[1]["about"]
    assert about == {"node_id": "g", "gate_name": "g", "instance": 1, "decision": "approve", "decided_by": "uid:1000"}


def test_reminders_and_escalations_go_under_the_keys_that_their_events_have() -> None:
    story = asked("timeout: 2h, on_timeout: escalate, escalate_to: '@lead', remind_every: 90m")
    story.wait(90 * 60_000)
    story.wait(30 * 60_000)
    reminded, escalated = told(story)[1:]
    assert (reminded["event"], reminded["notification_id"]) == ("gate_reminded", "workflow:run-1:g:1:reminder:1")
    assert (escalated["event"], escalated["notification_id"]) == ("gate_escalated", "workflow:run-1:g:1:reminder:2")
    assert (reminded["about"]["expired"], reminded["about"]["reminder_count"], escalated["about"]["escalated_to"]) == (False, 1, "@lead")
    assert reminded["about"]["prompt"] == escalated["about"]["prompt"] == "Publish?"


@pytest.mark.parametrize(
    ("more", "decisions"),
    [("timeout: 1h, on_timeout: cancel", ["expired"]), ("timeout: 1h, on_timeout: fail", ["timed_out"]),
     ("timeout: 1h, on_timeout: continue", ["timed_out"])],
)  # fmt: skip
def test_an_expiry_is_told_once(more: str, decisions: list[str]) -> None:
    story = asked(more)
    story.wait(HOUR)
    assert [one["about"]["decision"] for one in told(story) if one["event"] == "gate_decided"] == decisions


def test_a_gate_that_opens_anew_is_told_anew() -> None:
    story = asked("rework: [a]")
    story.decide("rework")
    story.claim()
    story.ok("a")
    assert [one["notification_id"] for one in told(story)] == [
        "workflow:run-1:g:1:opened", "workflow:run-1:g:1:decided", "workflow:run-1:g:2:opened",
    ]  # fmt: skip


def test_a_failed_run_is_told_under_the_number_of_its_ending() -> None:
    story = Story.begun("a", rules=RULES)
    story.fail("a")
    [found] = told(story)
    assert (found["event"], found["notification_id"]) == ("run_failed", f"run-1:{len(story.log)}")
    assert found["about"] == {"code": "nodes_failed", "node_ids": ["a"], "commands": ["penstock why run-1"]}


def test_a_run_that_is_held_because_nothing_happens_is_told() -> None:
    story = Story.begun("a", rules=RULES)
    story.do(lambda turn: reap(turn, Reap(story.state.seq, 600_000)), go_on=False)
    [found] = told(story)
    assert (found["event"], found["about"]["node_ids"]) == ("run_held", ["a"])
    assert found["about"]["commands"][1] == "penstock resume run-1"


def test_a_run_that_is_locked_away_is_told_without_its_state() -> None:
    [append] = told_of_ending(RULES, "run-1", "paper", 7, RunFailedPanic(message="s3cret"), 1000)
    assert b"s3cret" not in append.events[0].data
    assert orjson.loads(append.events[0].data)["notification_id"] == "run-1:7"


def test_a_long_prompt_is_cut() -> None:
    story = Story.begun(f"g gate: human_approval, prompt: {'x' * 5_000}", rules=RULES)
    assert len(told(story)[0]["about"]["prompt"]) == 4_001


def test_the_body_is_the_same_at_every_try() -> None:
    about = {"node_id": "g", "expires_at": 3_600_000}
    queued = NotificationQueued("n1", "gate_opened", "url", "run-1", "paper", about)
    name = stream_of("n1", "url")
    first = fold_note(name, [(queued, 1_500)])
    assert first is not None
    failed = NotificationFailed(1, "http_refused", 9_000, "503")
    again = fold_note(name, [(queued, 1_500), (failed, 2_000)])
    assert again is not None
    assert (again.status, again.count, again.code, again.due_ms, again.seq) == ("queued", 1, "http_refused", 9_000, 2)
    assert body_of(again) == body_of(first) == {
        "id": "n1", "event": "gate_opened", "run_id": "run-1", "workflow": "paper", "node_id": "g",
        "expires_at": "1970-01-01T01:00:00.000Z", "at": "1970-01-01T00:00:01.500Z",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("end", "status"), [(NotificationSent(2), "sent"), (NotificationGivenUp(9, "gone"), "given_up")], ids=["sent", "up"]
)
def test_what_is_over_is_due_no_more(end: NotificationSent | NotificationGivenUp, status: str) -> None:
    note = fold_note("n", [(NotificationQueued("n1", "test", "url", "r", "w"), 1)])
    assert note is not None
    line = written(note, end, 5).headline
    assert line is not None
    assert (line.status, line.due_ms, line.updated_ms) == (status, None, 5)
    assert fold_note("n", []) is None


def test_what_no_person_may_answer_is_told_when_it_is_decided_and_what_is_computed_is_not_told() -> None:
    rules = RunRules(notify_events=ALL, notify_ways=("command",), resolver_types=frozenset({"pr_checks"}))
    story = Story.begun("a", "q gate: quality, source: a, threshold: 0, needs: [a]", "g gate: pr_checks, needs: [q]", rules=rules)
    story.ok("a", {"confidence": 50})
    poll = story.once[0]
    assert [append.stream.partition("-")[0] for append in story.once] == ["gate"]
    story.operate(ResolverAnswer("g", 1, "pr_checks", "approved", Append(poll.stream, 1)))
    assert [one["about"]["decided_by"] for one in told(story)[1:]] == ["resolver:pr_checks"]
