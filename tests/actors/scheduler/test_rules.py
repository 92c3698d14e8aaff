"""Which queued run gets a slot: capacity, workspaces, throttles, overlaps, back-offs; the reasons are those of the admission itself."""

from __future__ import annotations

from attrs import evolve

from actors.scheduler.messages import Ticket
from tests.actors.scheduler.queueing import admission, run_dry

AI = ("openai",)


def test_r10_beyond_the_slots_there_is_no_capacity_until_one_is_given_back() -> None:
    rules = admission(*(Ticket(f"run-{i}", i) for i in range(8)))
    assert len(rules.admit(0)) == 8
    ninth = Ticket("run-9", 9)
    assert rules.held(ninth, 0) == ("capacity", "")
    rules.enqueue(ninth)
    assert rules.reason("run-9", 0, place=True) == {"queue_reason": "capacity", "max_concurrent_runs": 8, "ahead": 0}
    rules.leave("run-3")
    assert rules.held(ninth, 0) is None
    assert rules.admit(0) == ["run-9"]


def test_r11_a_workspace_belongs_to_one_run_at_a_time() -> None:
    rules = admission(Ticket("run-a", 1, workspace="/srv/repo-a"))
    rules.admit(0)
    assert rules.held(Ticket("run-b", 2, workspace="/srv/repo-a"), 0) == ("workspace_lock", "/srv/repo-a")
    assert rules.held(Ticket("run-b", 2, workspace="/srv/repo-b"), 0) is None
    assert rules.held(Ticket("run-a", 1, workspace="/srv/repo-a"), 0) == ("workspace_lock", "/srv/repo-a"), "also by itself"


def test_a_run_that_waits_for_a_workspace_holds_up_nobody() -> None:
    rules = admission(Ticket("a", 1, workspace="/srv"), Ticket("b", 2, workspace="/srv"), Ticket("c", 3, workspace="/other"))
    assert rules.admit(0) == ["a", "c"]
    assert rules.reason("b", 0) == {"queue_reason": "workspace_lock", "resource_key": "/srv", "held_by": "a"}
    assert rules.admit(1) == []
    rules.leave("a")
    assert rules.reason("b", 0) is None
    assert rules.admit(0) == ["b"]


def test_who_stops_waiting_leaves_the_others_waiting() -> None:
    rules = admission(*(Ticket(name, i, workspace="/srv", workflow=name) for i, name in enumerate("abc")))
    assert rules.admit(0) == ["a"]
    rules.leave("b")
    assert (rules.admit(0), rules.reasons(0)) == ([], {"workspace_lock": 1})
    rules.leave("c")
    rules.enqueue(Ticket("d", 3, workspace="/srv", workflow="d"))
    assert (rules.admit(0), rules.reasons(0)) == ([], {"workspace_lock": 1})
    rules.leave("a")
    assert rules.admit(0) == ["d"]


def test_two_holders_of_one_workspace_must_both_let_go() -> None:
    rules = admission()
    rules.occupy(Ticket("a", 1, workspace="/srv"))
    rules.occupy(Ticket("b", 2, workspace="/srv"))
    rules.enqueue(Ticket("c", 3, workspace="/srv"))
    rules.leave("a")
    assert rules.admit(0) == []
    rules.leave("b")
    assert rules.admit(0) == ["c"]


def test_r13_what_is_counted() -> None:
    rules = admission(Ticket("a", 1), Ticket("b", 2), slots=1)
    rules.admit(0)
    assert (rules.reasons(0), rules.figures.admitted) == ({"capacity": 1}, 1)
    rules.leave("a")
    rules.admit(0)
    assert (rules.reasons(0), rules.figures.admitted, rules.figures.completed) == ({}, 2, 1)
    rules.leave("a")
    rules.leave("nobody")
    assert rules.figures.completed == 1, "only those count that had a slot"


def test_r14_a_throttle_holds_the_runs_of_its_tenant() -> None:
    rules = admission()
    rules.throttle(" OpenAI ", "org-a:w:d", 60_000, 0)
    assert rules.held(Ticket("a", 1, providers=AI, tenant="org-a:w:d"), 59_999) == ("rate_limit", "org-a:w:d:openai")
    assert rules.held(Ticket("b", 1, providers=AI, tenant="org-b:w:d"), 0) is None
    assert rules.held(Ticket("c", 1, providers=AI), 0) is None
    assert rules.held(Ticket("a", 1, providers=AI, tenant="org-a:w:d"), 60_000) is None


def test_r15_a_throttle_is_named_before_a_workspace_and_that_before_capacity() -> None:
    rules = admission(Ticket("a", 1, workspace="/srv"), slots=1)
    rules.admit(0)
    rules.throttle("openai", None, 60_000, 0)
    both = Ticket("b", 2, workspace="/srv", providers=("github", "openai"))
    rules.enqueue(both)
    assert rules.reason("b", 0) == {"queue_reason": "rate_limit", "rate_limited_provider": "openai", "until_ms": 60_000}
    rules.throttle("openai", None, 0, 1)
    assert rules.held(both, 1) == ("workspace_lock", "/srv")
    assert rules.held(evolve(both, workspace=None), 1) == ("capacity", "")


def test_runs_start_when_their_throttle_ends_or_is_lifted() -> None:
    rules = admission(Ticket("a", 1, providers=AI), Ticket("b", 2, providers=AI), Ticket("c", 3, providers=("github",)))
    rules.throttle("openai", None, 500, 0)
    assert (rules.admit(0), rules.next_due(0), rules.reasons(0)) == (["c"], 500, {"rate_limit": 2})
    assert (rules.admit(499), rules.admit(500), rules.next_due(500)) == ([], ["a", "b"], None)
    rules.enqueue(Ticket("d", 4, providers=AI))
    rules.throttle("openai", None, 900, 500)
    rules.throttle("openai", None, 1_000, 500)
    assert (rules.admit(950), rules.next_due(950)) == ([], 1_000), "the newest word counts"
    rules.throttle("openai", None, 950, 950)
    assert rules.admit(950) == ["d"]


def test_without_an_end_there_is_no_throttle() -> None:
    rules = admission(Ticket("a", 1, providers=AI))
    rules.throttle("openai", None, None, 0)
    rules.throttle("openai", None, 0, 5)
    assert (rules.throttles.known, rules.admit(5)) == ({}, ["a"])


def test_r16_a_run_that_pauses_keeps_its_workspace_and_no_slot() -> None:
    rules = admission(Ticket("a", 1, workspace="/srv"), Ticket("b", 2), slots=1)
    rules.admit(0)
    assert rules.leave("a", 1, keeps_workspace=True)
    assert (list(rules.active), list(rules.pausing), rules.admit(0)) == ([], ["a"], ["b"])
    rules.leave("b")
    rules.enqueue(Ticket("c", 3, workspace="/srv"))
    assert (rules.admit(0), rules.reasons(0)) == ([], {"workspace_lock": 1})
    rules.leave("a", 1)
    assert (rules.pausing, rules.admit(0), rules.figures.completed) == ({}, ["c"], 2)


def test_a_run_of_which_nobody_knew_that_it_runs_leaves_nothing_behind() -> None:
    rules = admission()
    assert rules.leave("a", 1, keeps_workspace=True)
    assert (rules.active, rules.pausing, rules.queued) == ({}, {}, {})


def test_r25_a_back_off_is_waited_for_and_younger_runs_go_first() -> None:
    rules = admission(Ticket("late", 1, not_before_ms=1500), Ticket("young", 2), slots=1)
    assert rules.reason("late", 1499) == {"queue_reason": "retry_backoff", "retry_after_ms": 1500}
    assert (rules.next_due(1499), rules.next_due(1500)) == (1500, None)
    assert rules.admit(1499) == ["young"]
    rules.leave("young")
    assert (rules.admit(1499), rules.admit(1500)) == ([], ["late"])


def test_a_back_off_that_is_over_waits_for_capacity_as_any_other() -> None:
    rules = admission(Ticket("a", 1), Ticket("late", 2, not_before_ms=50), slots=1)
    rules.admit(0)
    assert rules.reason("late", 50, place=True) == {"queue_reason": "capacity", "max_concurrent_runs": 1, "ahead": 0}
    rules.leave("late")
    rules.enqueue(Ticket("b", 3, not_before_ms=60))
    rules.leave("b")
    assert (rules.next_due(0), rules.queued) == (None, {})


def test_a_run_behind_older_ones_starts_when_they_are_over() -> None:
    older = {"w": "run-1"}
    rules = admission(oldest=older.get)
    rules.enqueue(Ticket("run-2", 2, workflow="w", behind="w"))
    rules.enqueue(Ticket("run-3", 3, workflow="w", behind="w"))
    rules.enqueue(Ticket("other", 4, workflow="w"))
    assert rules.admit(0) == ["other"]
    assert rules.reason("run-2", 0) == {"queue_reason": "overlap", "workflow_id": "w", "held_by": "run-1"}
    older["w"] = "run-2"
    assert rules.admit(0) == [], "nobody has told of it"
    rules.look_again()
    assert rules.admit(0) == ["run-2"]
    older["w"] = "run-3"
    rules.leave("run-2")
    assert rules.admit(0) == ["run-3"], "the end of a run of the workflow is news enough"


def test_a_run_behind_nobody_starts() -> None:
    assert admission(Ticket("a", 1, workflow="w", behind="w")).admit(0) == ["a"]


def test_a_run_behind_others_starts_when_the_one_before_it_leaves_the_queue() -> None:
    older = {"w": "run-1"}
    rules = admission(oldest=older.get)
    rules.enqueue(Ticket("run-1", 1, workflow="w", behind="w", not_before_ms=99))
    rules.enqueue(Ticket("run-2", 2, workflow="w", behind="w"))
    assert rules.admit(0) == []
    del older["w"]
    rules.leave("run-1")
    assert rules.admit(0) == ["run-2"]


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
    rules.occupy(Ticket("b", 2, workspace="/srv"))
    assert (rules.queued, list(rules.active), rules.admit(0)) == ({}, ["b"], [])
    assert rules.reason("b", 0) is None


def test_in_single_mode_age_alone_decides_and_all_else_holds() -> None:
    tickets = (
        Ticket("d", 4, priority=9, workflow="x"),
        Ticket("b", 2, workflow="y"),
        Ticket("a", 2, priority=-1),
        Ticket("c", 3, workspace="/s"),
    )
    rules = admission(*tickets, slots=1, single=True)
    rules.occupy(Ticket("x", 0, workspace="/s"), slot=False)
    assert (rules.admit(0), rules.reason("d", 0, place=True)) == (["a"], {"queue_reason": "capacity", "max_concurrent_runs": 1, "ahead": 2})
    rules.leave("a")
    rules.throttle("openai", None, 50, 0)
    rules.enqueue(Ticket("0", 0, providers=AI))
    assert [rules.held(ticket, 0) for ticket in (tickets[3], Ticket("0", 0, providers=AI))] == [
        ("workspace_lock", "/s"),
        ("rate_limit", "openai"),
    ]
    assert rules.admit(0) == ["b"]
    rules.leave("b")
    assert rules.admit(0) == ["d"]
    rules.leave("d")
    rules.leave("x")
    assert run_dry(rules, 50) == ["0", "c"]


def test_r26_what_is_left_of_a_back_off_is_never_less_than_nothing() -> None:
    rules = admission(Ticket("late", 1, not_before_ms=1500))
    assert rules.next_due(1000) == 1000 + 500
    assert (rules.next_due(1600), rules.reason("late", 1600)) == (None, None), "nothing is left of it"
