"""Which queued run gets a slot: capacity, workspaces, back-offs, order; the reasons are those of the admission itself."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from actors.scheduler.messages import Ticket
from actors.scheduler.rules import Admission


def admission(*tickets: Ticket, slots: int = 8) -> Admission:
    found = Admission(slots)
    for ticket in tickets:
        found.enqueue(ticket)
    return found


def test_slots_are_given_in_order_of_priority_then_age_then_id() -> None:
    rules = admission(Ticket("c", 1), Ticket("b", 1), Ticket("a", 2), Ticket("z", 9, priority=1), slots=3)
    assert rules.admit(0) == ["z", "b", "c"]
    assert (rules.admit(0), list(rules.queued)) == ([], ["a"])


def test_a_full_house_says_so_and_how_many_are_before() -> None:
    rules = admission(Ticket("a", 1), Ticket("b", 2), Ticket("c", 3), slots=1)
    rules.admit(0)
    assert rules.reason("c", 0) == {"queue_reason": "capacity", "max_concurrent_runs": 1, "ahead": 1}
    rules.leave("a")
    assert rules.admit(0) == ["b"]
    assert rules.reason("nobody", 0) is None


def test_a_workspace_belongs_to_one_run_at_a_time() -> None:
    rules = admission(Ticket("a", 1, workspace="/srv"), Ticket("b", 2, workspace="/srv"), Ticket("c", 3, workspace="/other"))
    assert rules.admit(0) == ["a", "c"]
    assert rules.reason("b", 0) == {"queue_reason": "workspace_lock", "resource_key": "/srv", "held_by": "a"}
    assert rules.admit(1) == []
    rules.leave("a")
    assert rules.reason("b", 0) is None
    assert rules.admit(0) == ["b"]


def test_a_run_that_waited_for_a_workspace_goes_before_older_ones() -> None:
    rules = admission(Ticket("held", 9, workspace="/srv"), Ticket("old", 1, not_before_ms=50), slots=2)
    rules.occupy("x", "/srv")
    rules.occupy("y", None)
    rules.leave("y")
    assert rules.admit(0) == []
    rules.leave("x")
    rules.occupy("y", None)
    assert rules.admit(50) == ["held"]


def test_a_back_off_is_waited_for_and_younger_runs_go_first() -> None:
    rules = admission(Ticket("late", 1, not_before_ms=1500), Ticket("young", 2), slots=1)
    assert rules.reason("late", 1499) == {"queue_reason": "retry_backoff", "retry_after_ms": 1500}
    assert (rules.next_due(1499), rules.next_due(1500)) == (1500, None)
    assert rules.admit(1499) == ["young"]
    rules.leave("young")
    assert (rules.admit(1499), rules.admit(1500)) == ([], ["late"])


def test_a_run_that_is_queued_again_has_given_its_slot_back() -> None:
    rules = admission(Ticket("a", 1), Ticket("b", 2), slots=1)
    rules.admit(0)
    assert rules.enqueue(Ticket("a", 1, epoch=1))
    assert (list(rules.active), rules.admit(0)) == ([], ["a"])
    rules.enqueue(Ticket("b", 2, not_before_ms=99))
    assert rules.next_due(0) == 99


def test_news_of_a_claim_that_is_over_does_not_touch_the_next_one() -> None:
    rules = admission(Ticket("a", 1, epoch=2))
    rules.admit(0)
    assert not rules.enqueue(Ticket("a", 1, epoch=1))
    assert not rules.leave("a", epoch=1)
    assert list(rules.active) == ["a"]
    assert rules.leave("a", epoch=3)
    assert rules.active == {}


def test_a_run_that_is_known_to_run_waits_for_nothing() -> None:
    rules = admission(Ticket("a", 1), Ticket("b", 2), slots=1)
    rules.admit(0)
    rules.leave("a")
    rules.occupy("b", "/srv")
    assert (rules.queued, rules.active, rules.admit(0)) == ({}, {"b": "/srv"}, [])


IDS = st.sampled_from("abcdefg")
STEPS = st.one_of(
    st.tuples(st.just("enqueue"), IDS, st.integers(0, 2), st.sampled_from([None, "/x", "/y"]), st.sampled_from([None, 5, 10])),
    st.tuples(st.just("leave"), IDS),
    st.tuples(st.just("occupy"), IDS, st.sampled_from([None, "/x"])),
    st.tuples(st.just("admit"), st.integers(0, 12)),
)


@given(st.lists(STEPS, max_size=30), st.integers(1, 4))
def test_no_slot_and_no_workspace_is_ever_given_twice_and_nobody_is_passed_over(steps: list[tuple[object, ...]], slots: int) -> None:
    rules, epoch = Admission(slots), 0
    for step in steps:
        match step:
            case ("enqueue", str(run_id), int(priority), str() | None as workspace, int() | None as due):
                epoch += 1
                rules.enqueue(Ticket(run_id, ord(run_id), priority, workspace, due, epoch))
            case ("leave", str(run_id)):
                rules.leave(run_id)
            case ("occupy", str(run_id), str() | None as workspace):
                rules.occupy(run_id, workspace)
            case ("admit", int(now)):
                before, held = len(rules.active), {space for space in rules.active.values() if space is not None}
                admitted = rules.admit(now)
                spaces = [rules.active[run_id] for run_id in admitted if rules.active[run_id] is not None]
                assert len(spaces) == len(set(spaces))
                assert not held & set(spaces)
                assert not admitted or before + len(admitted) <= slots
                assert all(rules.reason(run_id, now) is not None for run_id in rules.queued)
        assert not set(rules.active) & set(rules.queued)
