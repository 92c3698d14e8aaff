"""What may be done about a letter, and what its dispatcher does with it."""

from __future__ import annotations

import pytest
from attrs import evolve

from actors.dead_letter import events as ev
from actors.dead_letter.letter import Letter, due_of, fold_letter, name_of, write
from actors.dead_letter.messages import ForLetter, Verb
from actors.dead_letter.rules import Seen, decide_letter, next_step
from actors.dead_letter.view import letter_json, line_json, no_such_letter, unreadable
from actors.entity import Fact
from actors.refusals import Principal, Refusal, RequestKey

OPENED = ev.DeadLetterOpened(
    "run-1", "w", "tool_effect", "a", 2, "boom", ("retry", "ignore", "compensate", "abandon"), "timeout", "late", 3
)
WAIT = ev.DeadLetterOpened("run-1", "w", "stateful_wait", "p", 1, "wait_timed_out", ("ignore", "compensate"), wait_id="wait-1")
ASKED = ev.DeadLetterRetryRequested("uid:1")


def letter(*facts: Fact, opened: ev.DeadLetterOpened = OPENED, at: int = 1000) -> Letter:
    found = fold_letter("letter-1", [(opened, 1000), *((fact, at) for fact in facts)])
    assert found is not None
    return found


def asked(count: int = 0, at: int = 1000) -> Letter:
    return letter(ASKED, *(ev.DeadLetterDispatched(n + 1) for n in range(count)), at=at)


@pytest.mark.parametrize(
    ("source_type", "what", "name"),
    [
        ("stateful_wait", "wait-a", "dead-letter-wait-fbb956ad06e1a281"),
        ("tool_effect", "a\0001", "dead-letter-node-ed8becdf35a3e042"),
    ],
)
def test_the_name_of_a_letter(source_type: str, what: str, name: str) -> None:
    assert name_of(source_type, "run-a", what) == name


def test_the_fold_of_a_letter() -> None:
    assert fold_letter("letter-1", []) is None
    first = letter()
    assert (first.status, first.seq, first.count, first.opened_at_ms, first.instance) == ("open", 1, 0, 1000, 2)
    again = letter(ASKED, ev.DeadLetterDispatched(1), at=5000)
    assert (again.status, again.count, again.last_dispatched_at_ms, again.requested_by, again.seq) == ("retrying", 1, 5000, "uid:1", 3)
    linked = letter(ev.DeadLetterLinkedToCompensation("run-2", "uid:1", "money back"))
    assert (linked.status, linked.compensation_run_id, linked.note) == ("linked_to_compensation", "run-2", "money back")
    ignored = letter(ev.DeadLetterIgnored("by_operator", "uid:1"))
    assert (ignored.status, ignored.settled, ignored.settled_by) == ("ignored", "by_operator", "uid:1")
    solved = letter(ev.DeadLetterLinkedToCompensation("run-2", "uid:1", "money back"), ev.DeadLetterResolved("by_operator", "uid:2"))
    assert (solved.status, solved.settled_by, solved.note) == ("resolved", "uid:2", "money back")


def test_a_fact_of_another_kind_is_none_of_a_letters() -> None:
    with pytest.raises(AssertionError):
        letter(ev.DeadLetterRetryRequeued(("letter-1",), ("a",), ("a",)))


@pytest.mark.parametrize(
    ("count", "wait"), [(0, 0), (1, 2_000), (2, 4_000), (3, 8_000), (4, 16_000), (8, 256_000), (9, 300_000), (30, 300_000)]
)
def test_each_retry_comes_twice_as_late_as_the_one_before(count: int, wait: int) -> None:
    assert due_of(asked(count, at=9000)) == 9000 + wait


@pytest.mark.parametrize("fact", [None, ev.DeadLetterIgnored("by_operator"), ev.DeadLetterLinkedToCompensation("run-2", "uid:1")])
def test_a_letter_that_nobody_wants_retried_is_never_due(fact: Fact | None) -> None:
    found = letter(*([fact] if fact else []))
    assert due_of(found) is None
    assert next_step(found, Seen("failed", succeeded=True), 10**9) is None


@pytest.mark.parametrize(
    ("count", "status", "succeeded", "now", "step"),
    [
        (0, "failed", False, 1000, ev.DeadLetterDispatched(1)),
        (0, "blocked", False, 1000, ev.DeadLetterDispatched(1)),
        (1, "failed", False, 2999, None),
        (1, "failed", False, 3000, ev.DeadLetterDispatched(2)),
        (4, "failed", False, 17_000, ev.DeadLetterDispatched(5)),
        pytest.param(5, "failed", False, 1000, ev.DeadLetterIgnored("retry_exhausted"), id="R90"),
        (5, "running", False, 10**9, None),
        (5, "completed", True, 1000, ev.DeadLetterResolved("retry_succeeded")),
        (1, "running", True, 1000, ev.DeadLetterResolved("retry_succeeded")),
        (1, "paused", False, 10**9, None),
        (0, "cancelled", False, 10**9, None),
    ],
)
def test_r90_what_the_dispatcher_does(count: int, status: str, succeeded: bool, now: int, step: Fact | None) -> None:
    assert next_step(asked(count), Seen(status, succeeded), now) == step


def say(verb: Verb, found: Letter, note: str | None = "why", run_id: str | None = None) -> Fact | str:
    answer = decide_letter(found, ForLetter("letter-1", verb, Principal(7), RequestKey("r", "d"), note, run_id))
    return answer.code if isinstance(answer, Refusal) else answer


def test_an_operators_word() -> None:
    assert say("retry", letter()) == ev.DeadLetterRetryRequested("uid:7", "why")
    assert say("ignore", letter(), "  ") == ev.DeadLetterIgnored("by_operator", "uid:7")
    assert say("compensate", letter(), run_id="run-2") == ev.DeadLetterLinkedToCompensation("run-2", "uid:7", "why")
    assert say("resolve", letter()) == ev.DeadLetterResolved("by_operator", "uid:7", "why")
    assert say("ignore", asked(1)) == ev.DeadLetterIgnored("by_operator", "uid:7", "why")


def test_what_is_refused() -> None:
    assert say("retry", letter(opened=WAIT)) == "dead_letter_option_not_offered"
    assert say("resolve", letter(opened=WAIT)) == ev.DeadLetterResolved("by_operator", "uid:7", "why")
    assert say("retry", asked()) == "dead_letter_retry_pending"
    assert say("retry", asked(2)) == "dead_letter_retry_pending"
    for over in (ev.DeadLetterIgnored("by_operator"), ev.DeadLetterResolved("by_operator")):
        for verb in ("retry", "ignore", "compensate", "resolve"):
            assert say(verb, letter(over)) == "dead_letter_settled"
    linked = letter(ev.DeadLetterLinkedToCompensation("run-2", "uid:1"))
    assert say("retry", linked) == ev.DeadLetterRetryRequested("uid:7", "why")


def test_the_append_of_a_fact_stands_behind_the_letter_as_it_is() -> None:
    append, first = write("letter-1", None, OPENED, 1000)
    assert (append.expected, append.headline is not None and append.headline.due_ms) == (0, None)
    append, second = write("letter-1", first, ASKED, 2000)
    line = append.headline
    assert line is not None
    assert (append.expected, line.status, line.parent, line.group, line.due_ms, line.kind) == (
        1, "retry_requested", "run-1", "w", 2000, "dead_letter",
    )  # fmt: skip
    assert line_json(line)["due_ms"] == 2000
    _, third = write("letter-1", second, ev.DeadLetterDispatched(1), 3000)
    assert letter_json(third)["due_ms"] == 5000
    assert third == evolve(second, status="retrying", count=1, last_dispatched_at_ms=3000, updated_at_ms=3000, seq=3)


def test_a_letter_is_shown_without_what_is_not_known() -> None:
    shown = letter_json(letter(opened=WAIT))
    assert (shown["wait_id"], shown["options"]) == ("wait-1", ["ignore", "compensate"])
    assert not {"message", "failure_class", "settled", "due_ms", "last_dispatched_at_ms"} & set(shown)


def test_a_letter_that_cannot_be_shown_is_refused_by_name() -> None:
    missing, damaged = no_such_letter("letter-9"), unreadable("letter-1", ValueError("event 3 is torn"))
    assert (missing.code, damaged.code) == ("dead_letter_not_found", "dead_letter_unreadable")
    assert ("'letter-9'" in missing.message, damaged.message.startswith("event 3 is torn. ")) == (True, True)
    assert (missing.data, damaged.data) == ({"letter_id": "letter-9"}, {"letter_id": "letter-1"})
