"""What a schedule does at a moment, as tables: due times, misfires, overlaps, beginnings and ends."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from actors.calendar.events import Times
from actors.calendar.log import facts_of
from actors.calendar.rules import Evaluation, ScheduleState, Skip, begin, deny, evaluate, hold, release, switch_off
from actors.workflow.triggers import Schedule

GRACE = 10_000
EVERY = Schedule(interval_s=60)


def state(**fields: Any) -> ScheduleState:
    return ScheduleState(**({"enabled": True, "anchor_ms": 0, "next_fire_at_ms": 0} | fields))


def judged(schedule: Schedule, before: ScheduleState, now: int, *, busy: bool = False, queued: int = 0) -> Evaluation:
    found = evaluate(schedule, before, now, GRACE, busy=busy, queued=queued)
    assert found is not None
    return found


def test_r71_overlap_skip() -> None:
    found = judged(EVERY, state(anchor_ms=1000, next_fire_at_ms=1000), 2000, busy=True)
    assert (found.fires, found.skips) == ((), (Skip(Times(1000, 1000, 1), "overlap"),))
    assert (found.state.next_fire_at_ms, found.state.last_fired_at_ms) == (61_000, None)


def test_r73_catch_up() -> None:
    schedule = Schedule(interval_s=60, misfire="catch_up", max_runs=3, overlap="allow")
    found = judged(schedule, state(), 600_000)
    assert (found.fires, found.queues) == ((480_000, 540_000, 600_000), False)
    assert found.skips == (Skip(Times(0, 420_000, 8), "misfire"),)
    assert (found.state.next_fire_at_ms, found.state.last_fired_at_ms) == (660_000, 600_000)


def test_r74_manual_never() -> None:
    assert evaluate(Schedule(), state(enabled=False), 10**12, GRACE, busy=False, queued=0) is None
    assert judged(Schedule(), state(), 1).state == ScheduleState()


@pytest.mark.parametrize(
    ("misfire", "now", "fires", "missed"),
    [
        ("skip", 0, (0,), None), ("skip", GRACE, (0,), None), ("skip", GRACE + 1, (), Times(0, 0, 1)),
        ("skip", 120_000, (120_000,), Times(0, 60_000, 2)), ("skip", 150_000, (), Times(0, 120_000, 3)),
        ("run_once", 30_000, (0,), None), ("run_once", 150_000, (120_000,), Times(0, 60_000, 2)),
        ("catch_up", 30_000, (0,), None), ("catch_up", 150_000, (60_000, 120_000), Times(0, 0, 1)),
    ],
)  # fmt: skip
def test_misfires(misfire: Any, now: int, fires: tuple[int, ...], missed: Times | None) -> None:
    schedule = Schedule(interval_s=60, misfire=misfire, max_runs=2 if misfire == "catch_up" else 1)
    found = judged(schedule, state(), now)
    assert found.fires == fires
    assert found.skips == (() if missed is None else (Skip(missed, "misfire"),))
    assert found.state.last_fired_at_ms == (now if fires else None)


@pytest.mark.parametrize(
    ("overlap", "busy", "queued", "fires", "queues", "left"),
    [
        ("skip", False, 0, 3, True, None), ("skip", True, 0, 0, False, "overlap"), ("allow", True, 99, 3, False, None),
        ("queue", False, 0, 3, True, None), ("queue", True, 98, 2, True, "overlap_queue_full"),
        ("queue", True, 100, 0, False, "overlap_queue_full"), ("queue", True, 500, 0, False, "overlap_queue_full"),
    ],
)  # fmt: skip
def test_overlaps(overlap: Any, busy: bool, queued: int, fires: int, queues: bool, left: str | None) -> None:
    schedule = Schedule(interval_s=60, misfire="catch_up", max_runs=3, overlap=overlap)
    found = judged(schedule, state(), 120_000, busy=busy, queued=queued)
    assert (len(found.fires), found.queues, [skip.reason for skip in found.skips]) == (fires, queues, [left] if left else [])
    assert found.fires == (0, 60_000, 120_000)[:fires]


def test_one_run_that_may_overlap_nothing_queues_only_where_it_is_asked_to() -> None:
    assert not judged(EVERY, state(), 0).queues
    assert judged(evolve(EVERY, overlap="queue"), state(), 0).queues


@pytest.mark.parametrize("fields", [{"enabled": False}, {"paused": True}, {"next_fire_at_ms": 5}])
def test_nothing_is_due(fields: dict[str, Any]) -> None:
    assert evaluate(EVERY, state(**fields), 4, GRACE, busy=False, queued=0) is None


def test_a_schedule_without_a_next_time_gets_one_and_does_not_fire() -> None:
    found = judged(EVERY, state(anchor_ms=None, next_fire_at_ms=None), 5_000)
    assert (found.fires, found.skips, found.state.next_fire_at_ms, found.state.anchor_ms) == ((), (), 65_000, 65_000)
    over = Schedule(cron="0 0 1 1 *")
    assert evaluate(over, state(anchor_ms=None, next_fire_at_ms=None), 253_402_000_000_000, GRACE, busy=False, queued=0) is None


def test_a_time_that_the_rules_of_its_zone_do_not_know_any_more_stands_as_announced() -> None:
    schedule = Schedule(cron="0 9 * * *")
    found = judged(schedule, state(next_fire_at_ms=3_600_000), 3_600_500)
    assert (found.fires, found.state.next_fire_at_ms) == ((3_600_000,), 9 * 3_600_000)
    missed = judged(evolve(schedule, misfire="skip"), state(next_fire_at_ms=3_600_000), 3_700_000)
    assert missed.skips == (Skip(Times(3_600_000, 3_600_000, 1), "misfire"),)


def test_a_schedule_begins_now_but_never_before_it_fired_last() -> None:
    assert begin(EVERY, ScheduleState(), 1_000) == state(anchor_ms=61_000, next_fire_at_ms=61_000)
    back = begin(EVERY, state(last_fired_at_ms=500_000), 1_000)
    assert (back.anchor_ms, back.next_fire_at_ms) == (560_000, 560_000)
    assert begin(EVERY, state(paused=True), 1_000).next_fire_at_ms is None


def test_holding_and_releasing() -> None:
    held = hold(state(last_fired_at_ms=7))
    assert (held.status, held.next_fire_at_ms, held.last_fired_at_ms) == ("paused", None, 7)
    assert release(EVERY, held, 1_000).next_fire_at_ms == 61_000
    off = switch_off(held, removed=False)
    assert (off.status, off.paused) == ("off", True)
    assert (release(EVERY, off, 1_000).status, switch_off(held, removed=True).paused) == ("off", False)
    assert begin(EVERY, off, 1_000).status == "paused"


def test_runs_that_cannot_be_made_are_skipped_with_the_reason() -> None:
    before = state(last_fired_at_ms=3)
    found = judged(evolve(EVERY, misfire="catch_up", max_runs=2), before, 150_000)
    denied = deny(found, before, "workspace_missing", "gone")
    assert (denied.fires, denied.state.next_fire_at_ms, denied.state.last_fired_at_ms) == ((), 180_000, 3)
    assert denied.skips[-1] == Skip(Times(60_000, 120_000, 2), "creation_denied", "workspace_missing", "gone")


def test_every_fact_carries_the_state_that_follows() -> None:
    found = judged(evolve(EVERY, misfire="catch_up", max_runs=2, overlap="allow"), state(), 150_000)
    facts = facts_of(found, ["run-a", "run-b"])
    assert [fact.kind for fact in facts] == ["schedule_fire_skipped", "schedule_fired", "schedule_fired"]
    assert {(fact.next_fire_at_ms, fact.last_fired_at_ms, fact.anchor_ms, fact.enabled) for fact in facts} == {(180_000, 150_000, 0, True)}
    assert [fact.kind for fact in facts_of(Evaluation(state()), ())] == ["schedule_computed"]


POLICIES = st.tuples(st.sampled_from(["skip", "run_once", "catch_up"]), st.integers(1, 5))
SOURCES: st.SearchStrategy[dict[str, Any]] = st.builds(dict, interval_s=st.integers(1, 7200)) | st.builds(
    dict, cron=st.sampled_from(["*/7 * * * *", "30 2 * * *"]), timezone=st.sampled_from(["Europe/Berlin", "Australia/Lord_Howe"])
)


@given(
    POLICIES,
    SOURCES,
    st.sampled_from(["skip", "queue", "allow"]),
    st.lists(st.tuples(st.integers(-7_200_000, 10**9), st.booleans()), max_size=30),
)
def test_g13_no_time_fires_twice_and_none_is_lost_whatever_the_clock_does(
    policy: Any, source: dict[str, Any], overlap: Any, steps: list[tuple[int, bool]]
) -> None:
    schedule = Schedule(misfire=policy[0], max_runs=policy[1] if policy[0] == "catch_up" else 1, overlap=overlap, **source)
    now = 1_774_000_000_000
    current, fired, accounted = begin(schedule, ScheduleState(), now), list[int](), 0
    begun = current.next_fire_at_ms
    for step, busy in steps:
        now = max(1, now + step)
        found = evaluate(schedule, current, now, GRACE, busy=busy, queued=0)
        if found is None:
            continue
        assert all(time <= now for time in found.fires)
        fired += found.fires
        accounted += len(found.fires) + sum(skip.times.count for skip in found.skips)
        assert current.next_fire_at_ms is not None
        assert found.state.next_fire_at_ms is not None
        assert found.state.next_fire_at_ms > max(now, current.next_fire_at_ms)
        current = found.state
    assert fired == sorted(set(fired))
    from actors.workflow.nominal import nominal_times

    times = nominal_times(schedule, current.anchor_ms or 0)
    assert times is not None
    assert begun is not None
    assert current.next_fire_at_ms is not None
    assert accounted == times.count(begun, current.next_fire_at_ms - 1)
