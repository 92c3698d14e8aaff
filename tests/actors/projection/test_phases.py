"""The phases of a run, and the guard between them."""

from __future__ import annotations

import pytest

from actors.projection.phases import (
    EXITS,
    PHASE_OF,
    PhaseRefused,
    PhaseState,
    expanded,
    guarded,
    observed,
    transition_event,
    validate,
)  # fmt: skip
from actors.projection.record import LOCAL
from tests.actors.projection.fixture import RUN


def test_p25_the_guard_goes_the_ways_of_the_table() -> None:
    queued = guarded("queued", 100, None, None)
    running = guarded("running", 200, "n", queued)
    done = guarded("completed", 300, None, running, "why")
    assert (len(running.history), expanded(RUN, done.history)[1]["reason"], expanded(RUN, done.history)[2]["reason"]) == (
        2,
        "status_transition:running",
        "why",
    )
    with pytest.raises(PhaseRefused) as refused:
        guarded("running", 400, None, done)
    assert refused.value.args == ("phase_terminal", "completed", "running_phase")
    assert "nothing can follow" in str(refused.value)


def test_p26_what_is_observed_of_a_run_of_which_nothing_was_known() -> None:
    seen = guarded("awaiting_approval", 123, "approve-plan", None)
    assert list(EXITS[seen.phase]) == ["running_phase", "paused_attention_required", "failed", "cancelled"]
    assert expanded(RUN, seen.history) == [{
        "schema_version": 1, "event_id": f"{RUN}:phase:awaiting_approval:123", "to_phase": "awaiting_approval",
        "event_type": "stateful_runtime.phase.observed", "occurred_at_ms": 123, "phase_id": "approve-plan",
        "reason": "observed_status:awaiting_approval",
    }]  # fmt: skip


def test_a_phase_to_itself_is_no_change() -> None:
    one = observed("running", 1, None)
    assert guarded("running", 2, None, one) is one
    assert guarded("running", 2, None, PhaseState("running_phase", ())) == observed("running", 2, None)


def test_p27_the_phase_of_each_status() -> None:
    held = dict.fromkeys(("pausing", "paused", "blocked"), "paused_attention_required")
    same = {name: name for name in ("queued", "sleeping", "awaiting_approval", "retrying", "completed", "failed", "cancelled")}
    rest = {"running": "running_phase", "awaiting_webhook": "waiting_webhook", "dry_run": "completed", "dead_lettered": "failed"}
    assert dict(PHASE_OF) == {**held, **same, **rest}
    assert len(PHASE_OF) == 14


@pytest.mark.parametrize(
    ("before", "after", "code"),
    [
        pytest.param("completed", "running_phase", "phase_terminal", id="P28-terminal"),
        pytest.param("queued", "queued", "phase_transition_not_allowed", id="P28-itself"),
        pytest.param("awaiting_approval", "queued", "phase_transition_not_allowed", id="P29"),
    ],
)
def test_p28_p29_ways_that_are_not_there(before: str, after: str, code: str) -> None:
    with pytest.raises(PhaseRefused) as refused:
        validate(before, after)
    assert (refused.value.code, refused.value.args[1:]) == (code, (before, after))


def test_p29_no_transition_is_made_of_a_way_that_is_not_there() -> None:
    with pytest.raises(PhaseRefused):
        guarded("queued", 2, None, observed("awaiting_approval", 1, None))


def test_p30_a_transition_as_an_event() -> None:
    moved = guarded("awaiting_approval", 99, "n", observed("running", 1, None))
    event = transition_event(RUN, 7, LOCAL, expanded(RUN, moved.history)[-1])
    assert (event["seq"], event["event_type"]) == (7, "stateful_runtime.phase.transition")
    assert event["payload"] == {
        "from_phase": "running_phase", "to_phase": "awaiting_approval", "reason": "status_transition:awaiting_approval",
    }  # fmt: skip
    assert event["phase_id"] == "n"
    assert "phase_id" not in transition_event(RUN, 8, LOCAL, expanded(RUN, observed("running", 1, None).history)[0])


def test_transitions_from_elsewhere_stay_as_they_came() -> None:
    theirs = {"to_phase": "queued", "x": 1}
    kept = PhaseState.kept([theirs, ["queued", "running_phase", 5, None, "r"]])
    assert (kept.phase, expanded(RUN, kept.history)[0]) == ("running_phase", theirs)
    assert PhaseState.kept([theirs]).phase == "queued"
