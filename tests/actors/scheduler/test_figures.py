"""What the scheduler counts, and what it shows of itself."""

from __future__ import annotations

import pytest

from actors.scheduler.figures import Figures
from actors.scheduler.messages import Ticket
from actors.scheduler.overview import overview
from tests.actors.scheduler.queueing import admission


@pytest.mark.parametrize(
    ("waits", "average", "p95"),
    [
        ([], 0, 0), ([7], 7, 7), ([1, 2], 1, 2), ([1, 2, 4], 2, 4), (list(range(10)), 4, 9), (list(range(20)), 9, 19),
        (list(range(30)), 14, 29), (list(range(31)), 15, 29), (list(range(100)), 49, 95), (list(range(2000)), 1499, 1950),
    ],
)  # fmt: skip
def test_the_mean_rounds_down_and_the_percentile_rounds_half_up(waits: list[int], average: int, p95: int) -> None:
    figures = Figures()
    for wait in waits:
        figures.admit(wait)
    assert (figures.average_ms, figures.p95_ms, figures.admitted) == (average, p95, len(waits))


def test_a_wait_begins_when_the_run_is_queued_and_its_back_off_is_over() -> None:
    rules = admission(Ticket("a", 100), Ticket("b", 100, queued_ms=400), Ticket("c", 100, queued_ms=200, not_before_ms=900))
    rules.admit(1000)
    assert list(rules.figures.waits) == [900, 600, 100]
    rules.enqueue(Ticket("d", 5000))
    rules.admit(4000)
    assert rules.figures.waits[-1] == 0, "a clock that went back makes no wait below nothing"


def test_everything_can_be_seen() -> None:
    rules = admission(Ticket("a", 1, workflow="w", workspace="/srv"), slots=2)
    rules.admit(5)
    rules.occupy(Ticket("p", 0, workflow="w", workspace="/tmp"), slot=False)
    rules.occupy(Ticket("q", 0, workflow="v"))
    rules.enqueue(Ticket("low", 2, workflow="w"))
    rules.enqueue(Ticket("lock", 3, priority=1, workflow="w", workspace="/srv"))
    rules.enqueue(Ticket("ai", 9, priority=1, queued_ms=4, workflow="w", providers=("openai",)))
    rules.throttle("openai", None, 60_000, 5)
    rules.throttle("github", "org:w:d", 70_000, 5)
    rules.admit(5)
    assert overview(rules, 5, 2) == {
        "mode": "multi",
        "max_concurrent_runs": 2,
        "active": [
            {"run_id": "a", "workflow_id": "w", "priority": 0, "workspace": "/srv", "holds": "slot"},
            {"run_id": "q", "workflow_id": "v", "priority": 0, "holds": "slot"},
            {"run_id": "p", "workflow_id": "w", "priority": 0, "workspace": "/tmp", "holds": "workspace"},
        ],
        "queued": {"capacity": 1, "workspace_lock": 1, "rate_limit": 1},
        "waiting": [
            {
                "run_id": "lock", "workflow_id": "w", "priority": 1, "workspace": "/srv", "queued_at_ms": 3,
                "queue_reason": "workspace_lock", "resource_key": "/srv", "held_by": "a",
            },
            {
                "run_id": "ai", "workflow_id": "w", "priority": 1, "queued_at_ms": 4, "queue_reason": "rate_limit",
                "rate_limited_provider": "openai", "until_ms": 60_000,
            },
        ],
        "throttles": [
            {"provider": "openai", "until_ms": 60_000},
            {"provider": "github", "until_ms": 70_000, "tenant": "org:w:d"},
        ],
        "totals": {"admitted": 1, "completed": 0},
        "waits": {"count": 1, "average_ms": 4, "p95_ms": 4, "oldest_queued_at_ms": 2},
    }  # fmt: skip


def test_a_queue_that_was_not_looked_at_yet_says_that_runs_start() -> None:
    found = overview(admission(Ticket("a", 1), single=True), 0, 9)
    assert (found["mode"], found["queued"], found["waiting"]) == (
        "single", {"starting": 1}, [{"run_id": "a", "workflow_id": "", "priority": 0, "queued_at_ms": 1}],
    )  # fmt: skip
