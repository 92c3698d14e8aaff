"""Workflows and histories drawn by chance, and a driver that brings any run to its end."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Literal

from hypothesis import strategies as st

from actors.gate.messages import Decide
from actors.node.messages import Failure, Interruption, Success
from actors.run.plan import Plan, compile_plan
from actors.run.rules import unwanted
from actors.workflow.exhaustion import TerminalBehavior
from actors.workflow.spec import Backoff, Command, Effect, Execution, Gate, Need, Node, OnFail, RetryPolicy, Shell, Workflow
from tests.actors.run.table import ANNA, Story

__all__ = ["bring_to_an_end", "choices", "plans", "step"]

WHEN = (None, None, None, "true", "false")
EXPIRIES: tuple[Literal["fail", "continue", "cancel"] | None, ...] = (None, "fail", "continue", "cancel")
ON_REJECT: tuple[Literal["fail", "continue"], ...] = ("fail", "continue")
EFFECTS: tuple[Effect, ...] = ("repeatable", "repeatable", "repeatable", "once")
ON_FAIL = (OnFail(), OnFail(), OnFail("continue"), OnFail("handler", Command(("tell",))))
RETRY = (
    RetryPolicy(), RetryPolicy(2), RetryPolicy(3, (), Backoff("fixed", 500)), RetryPolicy(2, ("timeout",), Backoff("exponential", 100)),
    RetryPolicy(2, count_interruptions=True), RetryPolicy(3, (), Backoff("fixed", 500), max_elapsed_ms=600),
    RetryPolicy(terminal_behavior=TerminalBehavior("pause_for_review")),
)  # fmt: skip


@st.composite
def _node(draw: st.DrawFn, name: str, before: tuple[str, ...], *, gates: bool) -> Node:
    wanted = draw(st.lists(st.sampled_from(before), unique=True, max_size=3)) if before else []
    common: dict[str, Any] = {
        "needs": tuple(Need(other, draw(st.sampled_from(["completed", "completed", "settled"]))) for other in wanted),
        "when": draw(st.sampled_from(WHEN if not before else (*WHEN, f"nodes.{before[-1]}.output.x == 1"))),
        "priority": draw(st.integers(0, 2)),
        "on_fail": draw(st.sampled_from(ON_FAIL)),
    }
    if gates and draw(st.integers(0, 3)) == 0:
        on_expiry = draw(st.sampled_from(EXPIRIES))
        gate = Gate(
            on_reject=draw(st.sampled_from(["fail", "continue"])), expires_after_ms=draw(st.sampled_from([None, 700])), on_expiry=on_expiry
        )
        return Node(name, gate, **common)
    effect = draw(st.sampled_from(EFFECTS))
    return Node(name, Shell("work"), retry=draw(st.sampled_from(RETRY)), effect=effect, **common)


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    names, last = "abcdefg"[: draw(st.integers(1, 7))], "tu"[: draw(st.integers(0, 2))]
    body = tuple(draw(_node(name, tuple(names[:i]), gates=True)) for i, name in enumerate(names))
    tail = tuple(draw(_node(name, tuple(last[:i]), gates=False)) for i, name in enumerate(last))
    limits = Execution(
        draw(st.integers(1, 3)), draw(st.sampled_from([None, None, 2000])), fail_fast=draw(st.sampled_from([None, True, False]))
    )
    return compile_plan(Workflow("chance", body, finally_=tail, execution=limits), "digest")


choices = st.lists(st.integers(0, 10**6), min_size=5, max_size=60)

Action = Callable[[], object]


def _attempts(story: Story) -> list[Action]:
    found: list[Action] = []
    for node_id in story.state.executing:
        verdicts = (
            Success({"x": 1, "markers": ["again"]}), Success({"x": 2}), Success(None), Failure("boom", "it broke"),
            Failure("late", "", "timeout", unknown=True),
            Interruption("chance"),
        )  # fmt: skip
        found += [partial(story.tell, node_id, verdict) for verdict in verdicts]
        found.append(partial(story.lose, node_id))
    return found


def _people(story: Story) -> list[Action]:
    words = ("approve", "reject", "rework", "cancel")
    found: list[Action] = [partial(story.operate, Decide(ANNA, word, name, "hint")) for name in story.state.open_gates for word in words]
    return [*found, story.pause, story.resume, partial(story.resume, runtime_ms=10**9), story.cancel]


def _claim(story: Story) -> None:
    if story.state.status == "queued" and (story.state.retry_after_ms or 0) <= story.now:
        story.claim()


def step(story: Story, number: int) -> None:
    """Let one thing happen that may happen now."""
    common: list[Action] = [partial(_claim, story), partial(_claim, story), partial(story.wait, 300), partial(story.wait, 700)]
    attempts = _attempts(story)
    rare: list[Action] = [*_people(story), partial(story.wait, 70_000), *(partial(story.retry, name) for name in story.plan.body.order)]
    if story.state.status in ("running", "pausing"):
        rare.append(story.restart)
    pools: tuple[list[Action], ...] = (common, attempts or common, attempts or common, rare)
    pool = pools[number % 4]
    pool[number // 4 % len(pool)]()
    _dismiss(story)


def _dismiss(story: Story) -> None:
    """What the run wants ended is ended, as its crew does it."""
    for node_id in unwanted(story.state, story.now, story.rules.cleanup_grace_ms):
        if node_id in story.state.executing:
            story.stop(node_id, "unwanted")


def bring_to_an_end(story: Story, between: Callable[[], object] = lambda: None) -> None:
    """Claim, succeed, approve and wait until the run has ended; `between` happens before each of it. Fails if that takes too long."""
    reviews = 0
    for _ in range(1000):
        between()
        state = story.state
        if state.terminal:
            return
        reviews += state.pause_reason == "node_failed_review"
        if state.status == "paused" and reviews > 3:
            story.cancel()  # what fails by its definition fails whenever it is begun again
        elif state.status == "paused":
            story.resume(runtime_ms=10**9)
        elif state.open_gates and state.status == "awaiting_approval":
            story.decide("approve", next(iter(state.open_gates)))
        elif state.status == "queued":
            due = state.retry_after_ms or story.now
            story.now = max(story.now, due)
            story.claim()
        elif state.executing:
            story.ok(next(iter(state.executing)), {"x": 1})
        else:
            story.wait(1000)
        _dismiss(story)
    raise AssertionError(f"the run is stuck in {story.state.status}: {story.statuses()}")
