"""Watchers: woken when a run grew, and a list of the newest status changes for those who watch all."""

from __future__ import annotations

from collections.abc import Callable

from actors.watch import KEPT, Change, Watchers


def test_who_watches_a_run_is_woken_for_it_and_who_watches_all_for_any() -> None:
    watchers, woken = Watchers.new(), list[str]()
    watchers.watch("run-1", lambda: woken.append("one"))
    watchers.watch(None, lambda: woken.append("all"))
    watchers.grew("run-1", "running", 3, "node_started", moved=False)
    watchers.grew("run-2", "running", 3, "node_started", moved=False)
    assert woken == ["one", "all", "all"]


def test_who_stops_watching_is_not_woken_also_when_he_stops_twice_or_at_once() -> None:
    watchers, woken = Watchers.new(), list[str]()
    first, second = watchers.watch("run-1", lambda: woken.append("first")), watchers.watch("run-1", lambda: woken.append("second"))
    first()
    first()
    watchers.grew("run-1", "running", 3, "x", moved=False)
    second()
    watchers.grew("run-1", "running", 4, "x", moved=False)
    assert woken == ["second"]


def test_one_who_stops_in_the_middle_of_a_wake_does_not_disturb_the_others() -> None:
    watchers, woken = Watchers.new(), list[str]()
    stops: list[Callable[[], None]] = []

    def leave() -> None:
        stops.pop()()

    stops.append(watchers.watch("run-1", leave))
    watchers.watch("run-1", lambda: woken.append("second"))
    watchers.grew("run-1", "running", 3, "x", moved=False)
    assert woken == ["second"]


def test_changes_of_status_are_numbered_and_read_from_where_one_was() -> None:
    watchers = Watchers.new()
    for n in range(3):
        watchers.grew(f"run-{n}", "completed", n, "run_completed", moved=True)
        watchers.grew(f"run-{n}", "completed", n, "report_written", moved=False)
    assert watchers.newest == 3
    assert watchers.changes(1, 10) == [
        Change(2, "run-1", "completed", 1, "run_completed"),
        Change(3, "run-2", "completed", 2, "run_completed"),
    ]
    assert [change.number for change in watchers.changes(0, 2)] == [1, 2]
    assert watchers.changes(3, 10) == []


def test_only_the_newest_changes_are_kept() -> None:
    watchers = Watchers.new()
    for n in range(KEPT + 5):
        watchers.grew("run", "queued", n, "x", moved=True)
    assert [change.number for change in watchers.changes(0, KEPT * 2)] == list(range(6, KEPT + 6))
