"""When the log of a queued run is to say why it waits: not for a moment, not twice, and never a flood."""

from __future__ import annotations

from actors.scheduler.lanes import Hold
from actors.scheduler.notices import MOST_LOOKED_AT, MOST_TOLD, Notices

Told = list[tuple[str, Hold]]
CAPACITY, LOCK, AI, HUB = ("capacity", ""), ("workspace_lock", "/srv"), ("rate_limit", "openai"), ("rate_limit", "github")


def waiting(*runs: str, recorded: str | None = None) -> Notices:
    found = Notices()
    for run_id in runs:
        found.begin(run_id, recorded)
    return found


def looks(notices: Notices, *holds: Hold | None) -> list[Told]:
    """What is told at each of so many looks, each of which finds that."""

    def look(hold: Hold | None) -> Told:
        return notices.look(lambda _: hold)

    return [look(hold) for hold in holds]


def test_a_reason_is_told_when_two_looks_find_it_and_then_no_more() -> None:
    notices = waiting("a")
    assert notices.look(lambda _: CAPACITY) == []
    assert notices.look(lambda _: CAPACITY) == [("a", CAPACITY)]
    assert [notices.look(lambda _: CAPACITY) for _ in range(3)] == [[], [], []]


def test_a_reason_that_passes_leaves_no_trace() -> None:
    notices = waiting("a")
    assert looks(notices, CAPACITY, LOCK, None, LOCK, CAPACITY, None) == [[]] * 6


def test_another_reason_is_told_in_its_turn() -> None:
    notices = waiting("a", recorded="capacity")
    told = looks(notices, CAPACITY, CAPACITY, LOCK, CAPACITY, LOCK, LOCK, CAPACITY, CAPACITY)
    assert told == [[], [], [], [], [], [("a", LOCK)], [], [("a", CAPACITY)]]


def test_another_provider_is_another_reason() -> None:
    notices = waiting("a")
    assert looks(notices, AI, AI, HUB, HUB) == [[], [("a", AI)], [], [("a", HUB)]]


def test_a_back_off_stands_in_the_log_already() -> None:
    notices = waiting("a", recorded="retry_backoff")
    assert [notices.look(lambda _: ("retry_backoff", "a")) for _ in range(3)] == [[]] * 3
    assert [notices.look(lambda _: CAPACITY) for _ in range(2)] == [[], [("a", CAPACITY)]]


def test_who_is_not_queued_any_more_is_not_told() -> None:
    notices = waiting("a", "b")
    notices.look(lambda _: CAPACITY)
    notices.forget("a")
    notices.forget("nobody")
    assert notices.look(lambda _: CAPACITY) == [("b", CAPACITY)]


def test_a_flood_is_told_in_small_portions_the_oldest_first() -> None:
    runs = [f"r{i}" for i in range(50)]
    notices = waiting(*runs)
    assert notices.look(lambda _: CAPACITY) == []
    told = [[run_id for run_id, _ in notices.look(lambda _: CAPACITY)] for _ in range(4)]
    assert told == [runs[:MOST_TOLD], runs[MOST_TOLD : 2 * MOST_TOLD], runs[2 * MOST_TOLD :], []]


def test_not_all_of_a_flood_is_looked_at_in_one_turn() -> None:
    notices = waiting(*(f"r{i}" for i in range(MOST_LOOKED_AT + 100)))
    looked: list[str] = []
    assert notices.look(looked.append) == []
    assert looked == [f"r{i}" for i in range(MOST_LOOKED_AT)]
    looked.clear()
    notices.look(looked.append)
    assert looked[:101] == [*(f"r{i}" for i in range(MOST_LOOKED_AT, MOST_LOOKED_AT + 100)), "r0"]
