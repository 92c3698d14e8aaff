"""A whole for-each played through by its rules: what goes out, in which order, and what it comes to (flow spec, FL80 to FL89)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pytest

from actors.fan_out.aggregate import child_inputs, failure_of, sentence, structured_output
from actors.fan_out.dispatch import OnChildFail, halted, is_over, next_items, skipped_for
from actors.fan_out.edges import Edge
from actors.fan_out.events import FanOutItemCompleted, FanOutItemsCollected, FanOutItemSkipped, FanOutItemStarted
from actors.fan_out.fold import apply_fact
from actors.fan_out.items import FanOut, Item, NewItem


def of(*names: str, edges: Iterable[Edge] = ()) -> FanOut:
    fan_out = FanOut()
    found = tuple(NewItem("t", name, name) for name in names)
    apply_fact(fan_out, FanOutItemsCollected("each", len(found), items=found, edges=tuple(edges)), 0)
    return fan_out


def start(fan_out: FanOut, item: Item, at: int = 1) -> None:
    apply_fact(fan_out, FanOutItemStarted("each", *item.found.key, f"run-{item.found.item_id}"), at)


def end(fan_out: FanOut, item: Item, on_child_fail: OnChildFail, *, succeeded: bool, at: int = 2) -> None:
    apply_fact(fan_out, FanOutItemCompleted("each", *item.found.key, succeeded, item.child_run_id), at)
    if not succeeded and on_child_fail == "skip_dependents":
        for dependent in skipped_for(fan_out, item):
            apply_fact(fan_out, FanOutItemSkipped("each", *dependent.found.key, item.found.item_id), at)


def play(fan_out: FanOut, max_parallel: int, on_child_fail: OnChildFail, fails: str = "") -> list[str]:
    """Start what may, then end the one that has run longest. The names as they were started, a bar before each ending."""
    said: list[str] = []
    under_way: list[Item] = []
    while not (is_over(fan_out, on_child_fail) and not under_way):
        for item in next_items(fan_out, max_parallel, on_child_fail):
            start(fan_out, item)
            under_way.append(item)
            said.append(item.found.item_id)
        done = under_way.pop(0)
        end(fan_out, done, on_child_fail, succeeded=done.found.item_id not in fails.split())
        said.append("|")
    return said


def statuses(fan_out: FanOut) -> str:
    return " ".join(item.status for item in fan_out.items.values())


CHAIN = [("t1", "t2"), ("t2", "t3")]


@pytest.mark.parametrize(
    ("edges", "max_parallel", "on_child_fail", "fails", "started", "stand"),
    [
        ([], 1, "continue", "", "t1 | t2 | t3 |", "completed completed completed"),
        ([], 0, "continue", "", "t1 | t2 | t3 |", "completed completed completed"),
        ([], 1, "halt", "t1", "t1 |", "failed pending pending"),
        ([], 1, "continue", "t2", "t1 | t2 | t3 |", "completed failed completed"),
        (CHAIN, 3, "continue", "", "t1 | t2 | t3 |", "completed completed completed"),
        (CHAIN, 3, "continue", "t1", "t1 | t2 | t3 |", "failed completed completed"),
        (CHAIN, 3, "skip_dependents", "t1", "t1 |", "failed skipped skipped"),
        ([("t1", "t3")], 2, "skip_dependents", "t1", "t1 t2 | |", "failed completed skipped"),
        ([], 2, "halt", "t1", "t1 t2 | |", "failed completed pending"),
        ([], 2, "continue", "", "t1 t2 | t3 | |", "completed completed completed"),
        ([("t3", "t1")], 3, "continue", "", "t2 t3 | | t1 |", "completed completed completed"),
    ],
    ids=[
        "FL80", "no-room-is-one", "FL81", "FL82", "FL84", "ordered-continue", "skip-dependents", "skip-some", "halt-ends-running",
        "two-at-once", "out-of-order",
    ],
)  # fmt: skip
def test_items_go_out_in_their_order(
    edges: list[Edge], max_parallel: int, on_child_fail: OnChildFail, fails: str, started: str, stand: str
) -> None:
    fan_out = of("t1", "t2", "t3", edges=edges)
    assert " ".join(play(fan_out, max_parallel, on_child_fail, fails)) == started
    assert statuses(fan_out) == stand
    assert (failure_of(fan_out, "each") is None) == (not fails)


def test_fl82_says_how_many_failed() -> None:
    fan_out = of("t1", "t2", "t3")
    play(fan_out, 1, "continue", "t2")
    failure = failure_of(fan_out, "each")
    assert failure is not None
    assert (failure.code, failure.detail) == ("fan_out_items_failed", {"foreach": "each", "failed": 1, "total": 3})
    assert sentence(fan_out, "each", "tickets") == "fan-out each over tickets: 2 completed, 1 failed, 0 skipped, 3 in all"


def test_fl86_nothing_was_found() -> None:
    fan_out = of()
    assert is_over(fan_out, "continue")
    assert failure_of(fan_out, "each") is None
    assert structured_output(fan_out, lambda _: None) == {"items": []}


def test_fl88_a_run_is_given_what_is_known_of_its_item() -> None:
    found = NewItem("ticket", "T-1", "https://x/T-1", {"title": "Fix", "state": "open", "id": "no"})
    assert child_inputs({"label": "ready", "item.ref": "no"}, found) == {
        "label": "ready", "item.title": "Fix", "item.state": "open", "item.id": "T-1", "item.ref": "https://x/T-1",
    }  # fmt: skip


def test_fl89_outputs_are_sorted_by_id_and_pending_ones_left_out() -> None:
    fan_out = of("c", "a", "b", "d")
    for item in fan_out.items.values():
        if item.found.item_id != "d":
            start(fan_out, item)
            end(fan_out, item, "continue", succeeded=True)
    outputs: Mapping[str, Any] = {"run-a": {"value": 1}, "run-b": {"value": 2}}
    assert structured_output(fan_out, lambda item: outputs.get(item.child_run_id or "")) == {
        "items": [
            {"item_id": "a", "status": "completed", "output": {"value": 1}},
            {"item_id": "b", "status": "completed", "output": {"value": 2}},
            {"item_id": "c", "status": "completed", "output": None},
        ]
    }


def test_fl131_a_for_each_that_is_taken_up_again_finds_its_items() -> None:
    names = ("a", "b", "c", "d", "e")
    fan_out = of(*names)
    first, second, third = list(fan_out.items.values())[:3]
    for item in (first, second, third):
        start(fan_out, item)
    for item in (first, second):
        end(fan_out, item, "continue", succeeded=True)
    again = FanOutItemsCollected("each", 5, items=tuple(NewItem("t", name, name) for name in names))
    apply_fact(fan_out, again, 9)
    assert statuses(fan_out) == "completed completed running pending pending"
    assert fan_out.running("run-c") is third
    assert fan_out.running("run-a") is None
    assert [item.found.item_id for item in next_items(fan_out, 3, "continue")] == ["d", "e"]
    assert not is_over(fan_out, "continue")


def test_a_retry_runs_again_what_failed_or_was_skipped() -> None:
    fan_out = of("t1", "t2", "t3", edges=[("t2", "t3")])
    play(fan_out, 1, "skip_dependents", "t2")
    assert statuses(fan_out) == "completed failed skipped"
    assert fan_out.items["t", "t3"].blocker == "t2"
    assert fan_out.items["t", "t2"].completed_at_ms == 2
    fan_out.reopen()
    assert statuses(fan_out) == "completed pending pending"
    assert fan_out.items["t", "t2"].child_run_id is None
    assert not halted(fan_out, "halt")
    assert play(fan_out, 2, "halt") == ["t2", "|", "t3", "|"]


def test_what_waits_in_two_ways_is_skipped_once() -> None:
    fan_out = of("a", "b", "c", "d", edges=[("a", "b"), ("a", "c"), ("b", "d"), ("c", "d")])
    play(fan_out, 2, "skip_dependents", "a")
    assert statuses(fan_out) == "failed skipped skipped skipped"


def test_another_attempt_goes_on_with_runs_under_way() -> None:
    fan_out = of("a", "b", "c")
    first, second, _ = fan_out.items.values()
    start(fan_out, first)
    start(fan_out, second)
    fan_out.take_up({"run-b": None})
    assert statuses(fan_out) == "pending running pending"
    assert (first.child_run_id, first.dispatched_at_ms) == (None, None)
