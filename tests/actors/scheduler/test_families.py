"""A run and all that nodes of it have begun have one slot and one workspace together (runs spec 10.2)."""

from __future__ import annotations

from actors.scheduler.messages import Ticket
from tests.actors.scheduler.queueing import admission

REPO = "/srv/repo"


def child(name: str, root: str, number: int = 9, **more: object) -> Ticket:
    return Ticket(name, number, root=root, **more)  # type: ignore[arg-type]  # fields of the ticket


def test_a_child_takes_no_slot_while_its_parent_has_one_and_shares_the_workspace() -> None:
    rules = admission(Ticket("p", 1, workspace=REPO), slots=1)
    assert rules.admit(0) == ["p"]
    rules.enqueue(child("c", "p", workspace=REPO))
    rules.enqueue(Ticket("q", 2))
    rules.enqueue(Ticket("r", 3, workspace=REPO))
    assert rules.held(rules.queued["c"], 0) is None
    assert rules.admit(0) == ["c"]
    rules.leave("c")
    assert rules.admit(0) == [], "the family still has its slot"
    rules.leave("p")
    assert rules.admit(0) == ["q"]


def test_the_slot_and_the_workspace_stay_taken_until_the_last_of_the_family_has_left() -> None:
    rules = admission(Ticket("p", 1, workspace=REPO), slots=1)
    rules.admit(0)
    rules.enqueue(child("c", "p", workspace=REPO))
    rules.admit(0)
    rules.enqueue(Ticket("q", 2, workspace=REPO))
    rules.leave("p")
    assert (rules.admit(0), rules.held(rules.queued["q"], 0)) == ([], ("workspace_lock", REPO))
    rules.leave("c")
    assert rules.admit(0) == ["q"]


def test_a_child_that_wakes_while_its_parent_rests_is_admitted_for_both() -> None:
    rules = admission(Ticket("q", 1), slots=1)
    rules.admit(0)
    rules.enqueue(child("c", "p", 2, workspace=REPO))
    rules.enqueue(child("d", "p", 4, workspace=REPO))
    rules.enqueue(Ticket("p", 3, workspace=REPO))
    assert rules.admit(0) == []
    rules.leave("q")
    assert rules.admit(0) == ["c", "d", "p"], "who is of the family joins the first of it"


def test_kin_that_waits_inside_stands_in_the_queue_again_when_the_slot_is_gone() -> None:
    rules = admission(Ticket("x", 1, workspace="/other"), Ticket("p", 2), slots=2)
    assert rules.admit(0) == ["x", "p"]
    rules.enqueue(child("c", "p", workspace="/other"))
    assert (rules.admit(0), rules.held(rules.queued["c"], 0)) == ([], ("workspace_lock", "/other"))
    rules.leave("p")
    rules.enqueue(Ticket("q", 3))
    assert rules.admit(0) == ["q"]
    rules.leave("x")
    assert rules.admit(0) == ["c"]


def test_kin_that_stops_waiting_or_backs_off_joins_nobody() -> None:
    rules = admission(Ticket("q", 1), slots=1)
    rules.admit(0)
    for name in ("c", "d", "e"):
        rules.enqueue(child(name, "p", 2))
    rules.enqueue(child("later", "p", 5, not_before_ms=50))
    rules.leave("d")
    rules.leave("q")
    assert rules.admit(0) == ["c", "e"]
    assert rules.reason("later", 0) == {"queue_reason": "retry_backoff", "retry_after_ms": 50}
    assert rules.admit(50) == ["later"]
    rules.enqueue(child("f", "p", 6, workspace=None))
    rules.leave("f")
    for name in ("c", "e", "later"):
        rules.leave(name)
    assert (rules.families.slots, rules.admit(50)) == (0, [])


def test_what_the_catalog_says_runs_is_a_family_in_whatever_order_it_is_read() -> None:
    rules = admission(slots=2)
    rules.enqueue(child("d", "p", 4))
    rules.occupy(child("c", "p", 3))
    rules.occupy(Ticket("p", 1))
    rules.enqueue(Ticket("q", 5))
    assert (rules.families.slots, rules.admit(0)) == (1, ["d", "q"])
