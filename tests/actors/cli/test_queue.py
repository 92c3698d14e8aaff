"""The queue on the command line: what is shown of it, and how a provider is throttled."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from tests.actors.cli.conftest import Penstock
from tests.actors.cli.world import World

HOLDS: list[dict[str, Any]] = [
    {"queue_reason": "capacity", "max_concurrent_runs": 1},
    {"queue_reason": "rate_limit", "rate_limited_provider": "openai", "until_ms": 5},
    {"queue_reason": "workspace_lock", "resource_key": "/T", "held_by": "r"},
    {"queue_reason": "overlap", "held_by": "r"},
    {"queue_reason": "retry_backoff", "retry_after_ms": 5},
    {},
]
QUEUE: dict[str, Any] = {
    "mode": "multi", "max_concurrent_runs": 1,
    "active": [{"run_id": "r", "workflow_id": "w", "priority": 0, "workspace": "/T", "holds": "slot"}],
    "queued": {"capacity": 1, "rate_limit": 1, "workspace_lock": 1, "overlap": 1, "retry_backoff": 1, "starting": 2},
    "waiting": [{"run_id": f"q{i}", "workflow_id": "w", "priority": 0, "queued_at_ms": 1, **hold} for i, hold in enumerate(HOLDS)],
    "throttles": [{"provider": "openai", "until_ms": 5}, {"provider": "github", "tenant": "T:w:d", "until_ms": 5}],
    "totals": {"admitted": 3, "completed": 2}, "waits": {"count": 3, "average_ms": 2000, "p95_ms": 9000},
}  # fmt: skip
THROTTLED: dict[str, Any] = {"provider": "openai", "throttled": True, "until_ms": 5}


@pytest.mark.parametrize(
    ("words", "method", "answer", "said"),
    [
        (
            ["queue"],
            "scheduler_queue",
            QUEUE,
            "1 of 1 slot taken, 7 queued (capacity 1, overlap 1, rate_limit 1, retry_backoff 1, starting 2",
        ),
        (["queue", "--limit", "9"], "scheduler_queue", QUEUE, "/T, where r works"),
        (["throttle", "openai", "90s"], "scheduler_throttle", THROTTLED, "openai: throttled until"),
        (["throttle", "openai", "off"], "scheduler_throttle", {"provider": "openai", "throttled": False}, "openai: not throttled"),
    ],
)
def test_a_command_asks_its_method_and_prints_for_people_or_as_json(
    world: World, penstock: Penstock, words: list[str], method: str, answer: dict[str, Any], said: str
) -> None:
    world.runtime.answers[method] = answer
    plain, as_json = penstock(*words), penstock(*words, "--json")
    assert (plain.exit_code, as_json.exit_code, said in plain.output) == (0, 0, True), plain.output
    assert json.loads(as_json.output) == answer


def test_the_queue_is_told_in_words(world: World, penstock: Penstock) -> None:
    world.runtime.answers["scheduler_queue"] = QUEUE
    said = penstock("queue").output
    for words in (
        "  a slot\n",
        "openai, throttled until",
        "r, an older scheduled run",
        "the time of its retry, ",
        "nothing, it starts",
    ):
        assert words in said
    assert "and 1 more; --limit shows more of them" in said
    assert "throttled: github for T:w:d until" in said
    assert "3 slots given since its start, 2 given back; waits: 2.0s on average, 9.0s at most for 95 of 100" in said
    nothing = {"active": [], "queued": {}, "waiting": [], "throttles": [], "waits": {"count": 0, "average_ms": 0, "p95_ms": 0}}
    world.runtime.answers["scheduler_queue"] = {**QUEUE, **nothing}
    assert penstock("queue").output == "0 of 1 slot taken, 0 queued\n"


def test_a_throttle_says_how_long_and_for_whom(world: World, penstock: Penstock) -> None:
    world.runtime.answers["scheduler_throttle"] = {"provider": "openai", "throttled": False}
    penstock("throttle", "OpenAI", "2m", "--tenant", "a:b:c", "--request-id", "q")
    penstock("throttle", "openai", "off")
    [(_, first, _, request), (_, second, _, _)] = world.runtime.calls
    assert (first.provider, first.for_ms, first.tenant, request.request_id) == ("OpenAI", 120_000, "a:b:c", "q")
    assert (second.for_ms, second.tenant) == (0, None)
    wrong = penstock("throttle", "openai", "soon")
    assert (wrong.exit_code, "duration_malformed" in wrong.stderr, len(world.runtime.calls)) == (2, True, 2)


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        ({}, "\n"), ({"queue_reason": "capacity"}, ", capacity\n"),
        ({"queue_reason": "workspace_lock", "resource_key": "/srv"}, ", workspace_lock (/srv)\n"),
        ({"queue_reason": "rate_limit", "rate_limited_provider": "openai"}, ", rate_limit (openai)\n"),
        ({"queue_reason": "retry_backoff", "resource_key": "workflow://w"}, ", retry_backoff\n"),
    ],
)  # fmt: skip
def test_show_says_since_when_a_run_is_queued_and_why(world: World, penstock: Penstock, reason: dict[str, Any], said: str) -> None:
    world.run["scheduler"] = {"queued_at_ms": 1000, **reason}
    [line] = [line for line in penstock("show", "r").output.splitlines(keepends=True) if "queued since" in line]
    assert re.fullmatch(r"  queued since: [-0-9]{10} [:0-9]{8}" + re.escape(said), line)
