"""What a tick of the scheduler of waits takes, in which order, under which clock; and what of it is claimed, repeated, counted."""

from __future__ import annotations

from itertools import count

import pytest
from attrs import evolve

from actors.projection.phases import EXITS, PHASE_OF, TERMINAL
from actors.run.headline import headline_of
from actors.run.turn import Turn
from actors.wait.claims import WaitClaims
from actors.wait.events import WaitTimeoutReminded, WaitTimerWoken
from actors.wait.guard import denial
from actors.wait.messages import DueWait, Judged
from actors.wait.row import LATEST, WaitRow, due_key, due_of_key
from tests.actors.run.handing import handed
from tests.actors.run.table import Story


def waits(*due: int, since: int = 0) -> list[tuple[str, str, int]]:
    """So many waits, each of a run of its own, in the order of their keys."""
    keys = sorted(due_key(at, since, f"w{number}") for number, at in zip(count(), due, strict=False))
    return [(key, f"run-{key[-1]}", due_of_key(key)) for key in keys]


def runs(found: list[DueWait]) -> list[str]:
    return [wait.run_id for wait in found]


def test_keys_sort_by_due_time_then_age_then_name() -> None:
    row = WaitRow("b", "n", 1, "timer", "waiting", 7, wake_at_ms=2_000, timeout_at_ms=1_000)
    others = [evolve(row, wait_id="a"), evolve(row, created_at_ms=6), evolve(row, timeout_at_ms=999), row]
    keys = [one.due_key for one in others]
    assert sorted(key for key in keys if key is not None) == [keys[2], keys[1], keys[0], keys[3]]
    assert evolve(row, status="woken").due_key is None
    assert [due_of_key(due_key(at)) for at in (-5, 5, LATEST + 1)] == [0, 5, LATEST]


def test_a_tick_takes_the_longest_due_and_no_more_than_its_batch() -> None:
    book, found = WaitClaims(batch=2), waits(300, 100, 200)
    assert runs(book.tick(1_000, 0.0, found)) == ["run-1", "run-2"]
    assert book.again_s(1_000, 0.0, found) == 0.0
    assert runs(book.tick(1_000, 0.0, found)) == ["run-0"]
    assert book.again_s(1_000, 0.0, found) == 60.0
    assert book.tick(1_000, 0.0, found) == []
    assert (book.figures.ticks, book.figures.checked, book.figures.claimed) == (3, 3, 3)


def test_what_is_not_due_yet_is_waited_for() -> None:
    book = WaitClaims()
    assert book.again_s(1_000, 0.0, waits(1_500, 1_750)) == 0.5
    assert book.again_s(1_000, 0.0, []) is None


@pytest.mark.parametrize(("lease_ms", "lease_s"), [pytest.param(500, 0.5, id="P57"), pytest.param(0, 0.001, id="none")])
def test_a_hand_over_of_which_nothing_is_heard_is_made_again_after_the_lease(lease_ms: int, lease_s: float) -> None:
    book, found = WaitClaims(lease_ms), waits(1_000)
    [first] = book.tick(1_250, 10.0, found)
    assert book.tick(1_250, 10.0 + lease_s / 2, found) == []
    assert runs(book.tick(2_000, 10.0 + lease_s, found)) == [first.run_id]
    assert (book.figures.claimed, book.figures.errors) == (2, 1)


def test_a_claim_on_what_is_gone_is_no_error_and_is_forgotten() -> None:
    book, found = WaitClaims(500), waits(1_000)
    book.tick(1_250, 10.0, found)
    assert (book.tick(2_000, 11.0, []), book.held, book.figures.errors) == ([], {}, 0)


def test_what_is_heard_of_ends_the_claim_and_is_counted() -> None:
    book, found = WaitClaims(), waits(1_000, 1_100)
    first, second = book.tick(1_250, 0.0, found)
    book.heard(first, Judged("timer_woken", 250))
    book.heard(second, Judged(None))
    assert book.held == {}
    assert book.figures.numbers() == {
        "ticks": 1, "checked": 2, "claimed": 2, "completed": 1, "failed": 1, "errors": 0, "clock_regressions": 0,
        "max_clock_regression_ms": 0, "max_lag_ms": 250, "outcome_timer_woken": 1,
    }  # fmt: skip


def test_p56_a_wait_that_opens_under_a_clock_that_went_back_is_due_by_that_clock() -> None:
    book, later = WaitClaims(), waits(1_500)
    assert book.tick(2_000, 0.0, []) == []
    assert (book.horizon(1_100), book.tick(1_100, 1.0, later)) == (2_000, [])
    assert book.again_s(1_100, 1.0, later) == 0.4
    [due] = book.tick(1_500, 2.0, later)
    assert due.judged_ms == 1_500
    assert (book.figures.clock_regressions, book.figures.max_clock_regression_ms, book.figures.checked) == (2, 900, 1)


def test_what_was_due_before_the_clock_went_back_is_judged_by_the_time_of_before() -> None:
    book, found = WaitClaims(batch=1), waits(1_000, 1_500)
    assert runs(book.tick(2_000, 0.0, found)) == ["run-0"]
    assert book.again_s(1_200, 0.0, found) == 0.0
    [late] = book.tick(1_200, 0.0, found)
    assert (late.run_id, late.judged_ms) == ("run-1", 2_000)


@pytest.mark.parametrize("status", sorted(PHASE_OF))
def test_only_the_end_of_a_run_keeps_a_wait_from_ending_it_the_table_of_phases_never_does(status: str) -> None:
    leads_to = {PHASE_OF[after] for after in ("running", "paused", "cancelled")}
    if PHASE_OF[status] not in TERMINAL:
        assert leads_to <= {PHASE_OF[status], *EXITS[PHASE_OF[status]]}
    assert (denial(status) == "phase_terminal") == (status in ("completed", "failed", "cancelled"))
    assert (denial(status) == "run_terminal") == (status == "blocked")


NAP, PAY = "nap wait: {timer: 1s}", "pay wait: {signal: payment, timeout: 10s, on_timeout: %s}"


def judge(story: Story, due: tuple[DueWait, ...]) -> tuple[list[str], list[Judged]]:
    """What a hand-over leads to, and what its scheduler hears of it."""
    turns: list[Turn] = []

    def hand_over(turn: Turn) -> None:
        turn.due = due
        turns.append(turn)

    return story.do(hand_over), [*turns[0].judged.values()]


def test_a_hand_over_that_comes_twice_ends_a_wait_once() -> None:
    story = Story.begun(NAP, "b needs: [nap]")
    story.now = 2_250
    due = handed(story.state, story.now)
    assert judge(story, due) == (["timer_woken nap", "done nap", "requeued nap"], [Judged("timer_woken", 250)])
    assert judge(story, due) == ([], [])
    assert headline_of(story.state).keys == ()


def test_a_hand_over_that_meets_the_end_of_its_run_is_denied() -> None:
    story = Story.begun(NAP, "b needs: [nap]")
    story.now = 2_250
    due = handed(story.state, story.now)
    assert story.finish()[-1] == "run_blocked finished_by_operator"
    assert judge(story, due) == ([], [Judged(None)])


def test_of_waits_that_are_handed_over_together_those_behind_one_that_ends_the_run_are_denied() -> None:
    story = Story.begun(PAY % "cancel", PAY.replace("pay", "quiet", 1) % "resume")
    story.now = 11_000
    found = judge(story, handed(story.state, story.now))
    assert found == (["timeout_cancelled pay", "cancelled_run pay"], [Judged("timeout_cancelled", 0), Judged(None)])


def test_a_wait_of_a_run_that_is_being_cancelled_stays_as_it_is() -> None:
    story = Story.begun(NAP, last=("tidy",))
    story.now = 2_250
    due = handed(story.state, story.now)
    story.cancel()
    assert judge(story, due) == ([], [])


def test_a_clock_that_went_back_keeps_the_time_by_which_a_wait_was_judged() -> None:
    story = Story.begun(NAP, "pay wait: {signal: payment, timeout: 2s, on_timeout: remind, remind_every: 5s}")
    story.now = 3_250
    due = [evolve(wait, judged_ms=3_250) for wait in handed(story.state, story.now)]
    story.now = 1_500
    words, judged = judge(story, tuple(due))
    assert (words[0], words[-1], [one.lag_ms for one in judged]) == ("timer_woken nap", "timeout_reminded pay", [1_250, 250])
    assert [event.judged_at_ms for event, _ in story.log if isinstance(event, WaitTimerWoken | WaitTimeoutReminded)] == [3_250, 3_250]
    assert (story.state.waits["pay"].timeout_at_ms, story.state.nodes["nap"].output["content"]["wake"]["lag_ms"]) == (8_250, 1_250)


@pytest.mark.parametrize(
    ("end", "key", "denied"),
    [
        pytest.param("cancel", "phase-guard-denied:workflow:run-1:nap:1:wait", "phase_terminal", id="cancelled"),
        pytest.param("finish", "phase-guard-denied:workflow:run-1:nap:1:wait", "run_terminal", id="P92"),
    ],
)
def test_the_end_of_a_run_says_of_its_open_waits_what_the_guard_would(end: str, key: str, denied: str) -> None:
    story = Story.begun(NAP, "b needs: [nap]")
    getattr(story, end)()
    row = story.state.waits["nap"]
    assert (row.status, row.completion_key, row.denied, row.ended_seq) == ("cancelled", key, denied, len(story.log) - (end == "finish") * 2)


def test_a_wait_whose_node_is_left_undone_is_over_before_clean_up() -> None:
    story = Story.begun(NAP, last=("tidy",))
    story.finish()
    assert story.claim()[-1] == "start tidy"
    assert (story.state.waits["nap"].status, story.wait(5_000)) == ("cancelled", [])
    assert story.ok("tidy")[-1] == "run_blocked finished_by_operator"


def test_a_wait_whose_group_is_left_undone_is_over_with_it() -> None:
    story = Story.begun("g group: [{id: nap, wait: {timer: 1s}}]")
    assert story.state.waits["nap"].open
    assert story.finish()[-1] == "run_blocked finished_by_operator"
    assert (story.state.waits["nap"].status, story.state.waits["nap"].denied) == ("cancelled", "run_terminal")


def test_p90_a_wait_that_opens_again_is_another_one_and_the_former_stays_as_it_was() -> None:
    story = Story.begun(NAP, "g gate: human_approval, needs: [nap], rework: [nap]")
    story.wait(1_000)
    story.claim()
    story.decide("rework", "g")
    story.claim()
    rows = [*story.state.former_waits, *story.state.waits.values()]
    assert [(row.wait_id, row.status) for row in rows] == [
        ("workflow:run-1:nap:1:wait", "woken"), ("workflow:run-1:nap:2:wait", "waiting"),
    ]  # fmt: skip
