"""Who is next: priority, then fair between workflows by weight, then those that waited for a workspace, then age."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.scheduler.messages import Ticket
from actors.scheduler.throttles import Throttles
from tests.actors.scheduler.queueing import admission, run_dry, served


def many(workflow: str, count: int, weight: int = 1, begin: int = 0) -> list[Ticket]:
    return [Ticket(f"{workflow}{begin + i}", begin + i, workflow=workflow, weight=weight) for i in range(count)]


def test_slots_are_given_in_order_of_priority_then_age_then_id() -> None:
    rules = admission(Ticket("c", 1), Ticket("b", 1), Ticket("a", 2), Ticket("z", 9, priority=1), slots=3)
    assert rules.admit(0) == ["z", "b", "c"]
    assert (rules.admit(0), list(rules.queued)) == ([], ["a"])


def test_workflows_take_turns_whatever_their_runs_are() -> None:
    assert run_dry(admission(*many("a", 4), *many("b", 2, begin=9), slots=1)) == ["a0", "b9", "a1", "b10", "a2", "a3"]


@pytest.mark.parametrize(("weight", "share"), [(1, 20), (2, 30), (3, 36), (9, 48)])
def test_a_workflow_gets_slots_by_its_weight(weight: int, share: int) -> None:
    rules = admission(*many("a", 60, weight), *many("b", 60), *many("c", 60), slots=1)
    taken = Counter(served(rules)[0] for _ in range(60))
    assert abs(taken["a"] - share) <= 1 + weight
    assert abs(taken["b"] - taken["c"]) <= 1


def test_a_weight_of_two_gets_two_slots_for_each_one_of_weight_one() -> None:
    order = run_dry(admission(*many("a", 8, 2), *many("b", 4), slots=1))
    assert [[run[0] for run in order[i : i + 3]].count("a") for i in (0, 3, 6, 9)] == [2, 2, 2, 2]


def test_who_was_idle_gets_no_credit_for_the_past() -> None:
    rules = admission(*many("a", 40), slots=1)
    for _ in range(20):
        served(rules)
    for ticket in many("b", 10, begin=100):
        rules.enqueue(ticket)
    assert [served(rules)[0] for _ in range(10)] == ["a", "b"] * 5


def test_who_comes_back_at_once_has_had_its_turn() -> None:
    rules = admission(*many("a", 1), *many("b", 9), slots=1)
    order = []
    for i in range(6):
        order.append(served(rules)[0])
        if order[-1] == "a":
            rules.enqueue(Ticket(f"a{i}", i - 99, workflow="a"))
    assert order == ["a", "b"] * 3


def test_turns_are_forgotten_with_those_that_waited() -> None:
    rules = admission(*many("b", 2), slots=1)
    for i in range(500):
        rules.enqueue(Ticket(f"x{i}", i, workflow=f"x{i}"))
        served(rules)
    assert sum(len(level.left) for level in rules._line._levels.values()) < 100
    run_dry(rules)
    assert rules._line._levels == {}


def test_a_run_that_waited_for_a_workspace_alone_goes_before_older_ones() -> None:
    rules = admission(Ticket("held", 9, workspace="/srv"), Ticket("old", 1, not_before_ms=50), slots=2)
    rules.occupy(Ticket("x", 0, workspace="/srv"))
    rules.occupy(Ticket("y", 0))
    rules.leave("y")
    assert rules.admit(0) == []
    rules.enqueue(Ticket("late", 8, workspace="/srv"))
    rules.occupy(Ticket("y", 0))
    rules.leave("x")
    assert rules.admit(50) == ["held"]


def test_who_comes_while_nothing_but_the_workspace_is_missing_waits_for_it_too() -> None:
    rules = admission(Ticket("one", 5, workspace="/srv"), slots=2)
    rules.occupy(Ticket("x", 0, workspace="/srv"))
    rules.admit(0)
    rules.enqueue(Ticket("three", 7, workspace="/srv"))
    rules.enqueue(Ticket("two", 6, workspace="/srv"))
    rules.admit(0)
    rules.leave("three")
    rules.enqueue(Ticket("old", 1, not_before_ms=9))
    rules.enqueue(Ticket("new", 2, workspace="/srv"))
    rules.occupy(Ticket("y", 0))
    rules.leave("x")
    rules.occupy(Ticket("z", 0))
    ahead = [found["ahead"] for run_id in ("one", "two", "old", "new") if (found := rules.reason(run_id, 9, place=True)) is not None]
    assert ahead == [0, 1, 2, 3]
    rules.leave("z")
    rules.leave("y")
    assert rules.admit(9) == ["one", "old"], "the workspace is one run's"


def test_those_that_wait_for_a_slot_are_not_overtaken_by_those_that_wait_for_a_workspace() -> None:
    rules = admission(Ticket("first", 1, workspace="/srv"), Ticket("plain", 2), slots=1)
    rules.admit(0)
    for i in range(5):
        rules.enqueue(Ticket(f"more{i}", 3 + i, workspace="/srv"))
        rules.admit(0)
    rules.leave("first")
    assert rules.admit(0) == ["plain"]


RUNS = st.lists(st.tuples(st.sampled_from("abcd"), st.integers(0, 9), st.integers(0, 1), st.sampled_from([None, "/x", "/y"])), max_size=12)
WEIGHTS = st.fixed_dictionaries({name: st.integers(1, 5) for name in "abcd"})


@given(RUNS, WEIGHTS, st.integers(0, 6))
def test_a_run_knows_how_many_are_before_it(runs: list[tuple[str, int, int, str | None]], weights: dict[str, int], gone: int) -> None:
    rules = admission(slots=1)
    for i, (workflow, created, priority, space) in enumerate(runs):
        rules.enqueue(Ticket(f"{workflow}{i}", created, priority, space, workflow=workflow, weight=weights[workflow]))
    for _ in range(min(gone, len(rules.queued))):
        served(rules)
    rules.occupy(Ticket("x", 0))
    foreseen = {run_id: found["ahead"] for run_id in rules.queued if (found := rules.reason(run_id, 0, place=True)) is not None}
    rules.leave("x")
    order = run_dry(rules)
    assert sorted(foreseen) == sorted(order)
    # Where two workflows are due at the same time, the older head of now may not be the older one then.
    assert all(abs(foreseen[run_id] - place) < 4 for place, run_id in enumerate(order))


def test_those_that_are_held_are_not_before_anybody() -> None:
    rules = admission(Ticket("held", 1, workspace="/srv"), Ticket("a", 2), slots=2)
    rules.occupy(Ticket("x", 0, workspace="/srv"))
    rules.admit(0)
    rules.enqueue(Ticket("b", 3, priority=1))
    assert rules.reason("b", 0, place=True) == {"queue_reason": "capacity", "max_concurrent_runs": 2, "ahead": 0}
    rules.enqueue(Ticket("c", 4))
    assert rules.reason("c", 0, place=True) == {"queue_reason": "capacity", "max_concurrent_runs": 2, "ahead": 1}


COMERS = st.tuples(st.sampled_from([*"abcdefgh", "new"]), st.integers(1, 5))


@given(st.lists(COMERS, max_size=6), st.integers(1, 5), st.lists(COMERS, min_size=2, max_size=2), st.booleans())
def test_nobody_starves_whoever_keeps_coming(before: list[tuple[str, int]], weight: int, comers: list[tuple[str, int]], had: bool) -> None:
    """Younger runs of the same priority come without end, three for two that are served, also of workflows never seen before."""
    rules = admission(slots=1)
    for i, (workflow, share) in enumerate(before):
        rules.enqueue(Ticket(f"before{i}", i, workflow=workflow, weight=share))
    if had:
        rules.enqueue(Ticket("own", 50, workflow="mine", weight=weight))
    rules.enqueue(Ticket("mine", 99, workflow="mine", weight=weight))
    weighs = weight + sum(share for _, share in before)
    bound = weighs + (weighs + 2 * 5 * weighs)  # the present round, and one with all who come meanwhile
    for turn in range(bound):
        for j, (workflow, share) in enumerate(comers[: 1 + turn % 2]):
            name = f"new{turn}.{j}" if workflow == "new" else workflow
            rules.enqueue(Ticket(f"comer{turn}.{j}", 100 + turn, workflow=name, weight=share))
        if served(rules) == "mine":
            return
    raise AssertionError(f"not served within {bound} turns")


def test_a_slot_is_given_without_looking_at_all_that_wait() -> None:
    rules = admission(slots=2)
    rules.occupy(Ticket("x", 0, workspace="/srv"))
    for i in range(10_000):
        rules.enqueue(Ticket(f"held{i}", i, workflow=f"w{i % 10}", workspace="/srv"))
    for i in range(3):
        rules.enqueue(Ticket(f"free{i}", 20_000 + i, workflow="w5"))
    looked: list[str] = []

    class Watched(Throttles):
        def holding(self, ticket: Ticket, now: int) -> str | None:
            looked.append(ticket.run_id)
            return super().holding(ticket, now)

    rules.throttles = Watched()
    assert rules.admit(0) == ["free0"]
    assert len(looked) == 11, "one of each workflow's, whatever their number"
    looked.clear()
    rules.leave("free0")
    assert (rules.admit(0), looked) == (["free1"], ["free1"])
