"""What holds for every run, whatever its workflow is and in whatever order things happen to it."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from attrs import asdict, fields
from hypothesis import given, settings

from actors.entity import Fact
from actors.gate.events import ApprovalGateDecided
from actors.node.events import NodeCompleted, NodeFailed, NodeInterrupted, NodeStarted
from actors.run.caps import cap_of
from actors.run.events import ENDINGS, ReportWritten, RunQueuedForResumeAfterRestart
from actors.run.evolve import evolve
from actors.run.frontier import Frontier
from actors.run.plan import Plan
from actors.run.state import RunState, new_state
from actors.run.steering import RunTaskRetried
from actors.run.vocabulary import run_codec
from storage.records import Recorded
from tests.actors.run.chance import bring_to_an_end, choices, plans, step
from tests.actors.run.table import Story


def played(plan: Plan, numbers: list[int]) -> Story:
    story = Story.on(plan)
    story.claim()
    for number in numbers:
        step(story, number)
    return story


def picture(state: RunState) -> dict[str, Any]:
    """Everything that a state holds, as values that can be compared; order counts."""
    found: dict[str, Any] = {}
    for field in fields(RunState):
        value = getattr(state, field.name)
        if field.name == "nodes":
            value = [(node_id, asdict(node)) for node_id, node in value.items()]
        elif isinstance(value, Frontier):
            value = (value.ready, value._unmet)
        elif isinstance(value, dict):
            value = list(value.items())
        found[field.name] = None if field.name == "plan" else value
    return found


def naive_frontier(state: RunState) -> list[str]:
    """What may start, by looking at every node anew."""
    plan = state.plan
    graph = plan.tail if state.section == "finally" else plan.body

    def opens(node_id: str, until: str) -> bool:
        node = state.nodes[node_id]
        if node.status == "skipped":
            return node.skip_reason in ("condition_not_met", "on_fail_continue")
        failed = node.status == "failed" and plan.nodes[node_id].on_fail.mode != "continue"
        return node.status in ("completed", "timed_out") or (failed and until == "settled")

    ready = [
        node_id
        for node_id, needs in graph.needs.items()
        if state.nodes[node_id].status == "pending"
        and node_id not in state.backoffs
        and all(opens(need.node, need.until) for need in needs)
    ]
    return sorted(ready, key=plan.sort_keys.__getitem__)


@given(plans(), choices)
@settings(max_examples=150)
def test_the_log_alone_gives_the_state_in_hand_also_after_a_round_trip_through_its_bytes(plan: Plan, numbers: list[int]) -> None:
    story, codec = played(plan, numbers), run_codec()
    again, read = new_state("run-1", plan), new_state("run-1", plan)
    for seq, (event, at) in enumerate(story.log, 1):
        evolve(again, event, at)
        written = codec.encode(event)
        evolve(read, codec.decode(Recorded(seq, at, written.kind, written.data)), at)
    assert picture(again) == picture(story.state)
    assert picture(read) == picture(story.state)


@given(plans(), choices)
@settings(max_examples=150)
def test_the_frontier_is_what_looking_at_every_node_anew_would_find(plan: Plan, numbers: list[int]) -> None:
    state = new_state("run-1", plan)
    for event, at in played(plan, numbers).log:
        evolve(state, event, at)
        if not state.terminal and state.section != "done" and (state.section == "finally" or state.cancel_reason is None):
            assert state.frontier.ready == naive_frontier(state), event
        assert len(state.executing) <= plan.workflow.execution.max_parallel


@given(plans(), choices)
@settings(max_examples=150)
def test_a_run_ends_once_and_every_run_can_be_brought_to_an_end(plan: Plan, numbers: list[int]) -> None:
    story = played(plan, numbers)
    bring_to_an_end(story)
    ended = False
    for event, _ in story.log:
        assert not ended or isinstance(event, RunTaskRetried | ReportWritten), event
        ended = isinstance(event, ENDINGS)
    assert ended
    if story.state.status == "completed":
        assert all(story.state.settled(node_id) for node_id in plan.body.order)
    assert not story.state.executing


def starts(log: list[tuple[Fact, int]]) -> dict[tuple[str, int], list[str]]:
    """What happened to each instance of each node: start, done, known failure, or end from outside."""
    found: dict[tuple[str, int], list[str]] = {}
    instance: dict[str, int] = {}
    for event, _ in log:
        match event:
            case NodeStarted(node_id=name, instance=number):
                instance[name] = number
                found.setdefault((name, number), []).append("start")
            case NodeCompleted(node_id=name, instance=number):
                found.setdefault((name, number), []).append("done")
            case NodeFailed(node_id=name, instance=number):
                found.setdefault((name, number), []).append("failed")
            case NodeInterrupted(node_id=name, instance=number):
                found.setdefault((name, number), []).append("ended")
            case RunQueuedForResumeAfterRestart(node_ids=names):
                for name in names:
                    found[name, instance[name]].append("ended")
            case _:
                pass
    return found


@given(plans(), choices)
@settings(max_examples=150)
def test_no_node_starts_more_often_than_it_may(plan: Plan, numbers: list[int]) -> None:
    story = played(plan, numbers)
    for (node_id, _), happened in starts(story.log).items():
        node = plan.nodes[node_id]
        assert "start" not in "".join(happened).partition("done")[2], (node_id, happened)
        assert happened.count("start") <= cap_of(story.state, node_id) + happened.count("ended"), (node_id, happened)
        if node.effect == "once" and plan.section[node_id] == "body":
            assert "ended" not in happened
            assert all(before == "failed" for before, after in pairwise(happened) if after == "start")


@given(plans(), choices)
@settings(max_examples=150)
def test_an_instance_of_a_gate_is_decided_at_most_once(plan: Plan, numbers: list[int]) -> None:
    decided: set[tuple[str, int]] = set()
    for event, _ in played(plan, numbers).log:
        if isinstance(event, RunTaskRetried):
            decided.clear()  # it asks again what an ending had closed
        elif isinstance(event, ApprovalGateDecided):
            assert (event.gate_name, event.instance) not in decided
            decided.add((event.gate_name, event.instance))
