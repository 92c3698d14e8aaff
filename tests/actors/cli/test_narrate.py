"""Every fact that a run's log can hold has a sentence, and the sentence can be made of the least that the fact may hold."""

from __future__ import annotations

import re
import typing
from typing import Any

import attrs
import pytest

from actors.agent import artifacts
from actors.agent.steering import AgentSteered, AgentSteeringHeard
from actors.cli.narrate import SENTENCES, Narrator
from actors.dead_letter.events import DeadLetterRetryRequeued
from actors.entity import Fact
from actors.fan_out import events as fan_out_events
from actors.gate import events as gate_events
from actors.learning.run_events import LearningFinalized, LearningsInjected, LearningSkipped
from actors.node import events as node_events
from actors.node import findings
from actors.removal.events import RunPurged
from actors.resolver.events import ApprovalGateResolverFailed
from actors.run import course, flow_events, interventions, steering
from actors.run import events as run_events
from actors.scheduler import events as queue_events
from actors.sub_run import events as sub_run_events
from actors.wait import events as wait_events
from actors.worktree import events as worktree_events

MODULES = (
    sub_run_events,
    worktree_events,
    run_events,
    node_events,
    gate_events,
    wait_events,
    fan_out_events,
    flow_events,
    findings,
    course,
    steering,
    interventions,
    queue_events,
    artifacts,
)
FACTS: list[type[Fact]] = [fact for module in MODULES for name in module.__all__ if isinstance(fact := getattr(module, name), type)]
FACTS += [DeadLetterRetryRequeued, RunPurged, ApprovalGateResolverFailed, AgentSteered, AgentSteeringHeard]
FACTS += [LearningsInjected, LearningFinalized, LearningSkipped]


def least(fact: type[Fact]) -> Fact:
    """The fact with values for what it must have, and nothing else."""
    kinds: dict[object, Any] = {str: "word", int: 1, bool: True, tuple[str, ...]: ("one", "two")}
    hints = typing.get_type_hints(fact)
    needed = {field.name: kinds[hints[field.name]] for field in attrs.fields(fact) if field.default is attrs.NOTHING}
    return fact(**needed)


def test_every_fact_has_a_sentence_and_no_sentence_is_left_over() -> None:
    assert set(SENTENCES) == {fact.kind for fact in FACTS}


@pytest.mark.parametrize("fact", FACTS, ids=lambda fact: fact.kind)
def test_the_least_of_a_fact_makes_a_sentence(fact: type[Fact]) -> None:
    event = {"seq": 1, "event": fact.kind, "at_ms": 0, **attrs.asdict(least(fact))}
    words = Narrator().words(event)
    assert words
    assert not re.search(r"None|\{\}|\[\]|=", words), words
    assert not words.startswith(fact.kind), "the sentence fell back on the fields"


@pytest.mark.parametrize(
    ("fact", "words"),
    [
        (fan_out_events.FanOutItemsCollected("each", 1), "each  1 item"),
        (fan_out_events.FanOutItemsCollected("each", 2, warnings=("Look.",)), "each  2 items; Look."),
        (fan_out_events.FanOutItemStarted("each", "t", "a", "run-1"), "each  item a started as run-1"),
        (fan_out_events.FanOutItemCompleted("each", "t", "a", succeeded=True, child_run_id="run-1"), "each  item a completed (run-1)"),
        (fan_out_events.FanOutItemCompleted("each", "t", "a", succeeded=False, code="x"), "each  item a failed: x"),
        (fan_out_events.FanOutItemSkipped("each", "t", "a", "b"), "each  item a skipped: b, on which it depends, failed"),
    ],
    ids=["one", "two", "started", "completed", "failed", "skipped"],
)
def test_the_items_of_a_for_each_are_told_by_name(fact: Fact, words: str) -> None:
    assert Narrator().words({"seq": 2, "event": fact.kind, "at_ms": 0, **attrs.asdict(fact)}) == words


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"queue_reason": "capacity"}, "all slots are taken"),
        ({"queue_reason": "workspace_lock", "resource_key": "/srv"}, "another run works in /srv"),
        ({"queue_reason": "rate_limit", "rate_limited_provider": "openai"}, "openai is throttled"),
        ({"queue_reason": "overlap"}, "an older scheduled run is not over"),
    ],
)
def test_the_reason_for_waiting_is_told_in_words(fields: dict[str, Any], words: str) -> None:
    event = {"seq": 2, "event": "run_queue_reason_changed", "at_ms": 0, **fields}
    assert Narrator().words(event) == f"waits in the queue: {words}"
