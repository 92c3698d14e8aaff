"""What holds for every run whose outputs are judged and whose nodes stand in phases, routines and write scopes, whatever happens to it."""

from __future__ import annotations

from itertools import combinations

from hypothesis import given, settings

from actors.node.events import NodeStarted
from actors.node.findings import NodeApprovalRollback, NodeRepairRequested
from actors.run.caps import cap_of, spent_by
from actors.run.course import PhaseOpened
from actors.run.events import ENDINGS, ReportWritten, RunStopped
from actors.run.evolve import evolve
from actors.run.plan import Plan
from actors.run.state import RunState, new_state
from actors.run.status import status_of
from actors.run.steering import RunRecovered, RunTaskContinued, RunTaskRetried
from actors.run.view import run_json
from actors.run.vocabulary import run_codec
from storage.records import Recorded
from tests.actors.run.chance import choices
from tests.actors.run.chance_judged import end_judged, judged_plans, judged_step
from tests.actors.run.table import Story
from tests.actors.run.test_properties import picture


def played(plan: Plan, numbers: list[int]) -> Story:
    story = Story.on(plan)
    story.claim()
    for number in numbers:
        judged_step(story, number)
    return story


def open_rank(state: RunState) -> int | None:
    """The lowest phase of a node that is not done, looked up anew."""
    ranks = [rank for node_id, rank in state.plan.mission.rank.items() if state.settled(node_id) is not True]
    return min(ranks) if ranks else None


def overlap(left: tuple[str, ...], right: tuple[str, ...]) -> bool:
    """Whether a folder of one is, or holds, a folder of the other; none at all is the whole repository."""
    parts = [(one.split("/"), other.split("/")) for one in left for other in right]
    return not left or not right or any(one[: len(other)] == other[: len(one)] for one, other in parts)


@given(judged_plans(), choices)
@settings(max_examples=80)
def test_the_log_alone_gives_the_state_in_hand_also_after_a_round_trip_through_its_bytes(plan: Plan, numbers: list[int]) -> None:
    story, codec = played(plan, numbers), run_codec()
    read = new_state("run-1", plan)
    for seq, (event, at) in enumerate(story.log, 1):
        written = codec.encode(event)
        evolve(read, codec.decode(Recorded(seq, at, written.kind, written.data)), at)
    assert picture(read) == picture(story.state)
    assert status_of(read)["blocked_nodes"] == run_json(read)["blocked_nodes"]


@given(judged_plans(), choices)
@settings(max_examples=80)
def test_what_is_under_way_together_may_be(plan: Plan, numbers: list[int]) -> None:
    state, mission = new_state("run-1", plan), plan.mission
    for event, at in played(plan, numbers).log:
        rank = open_rank(state)
        if isinstance(event, NodeStarted):
            assert spent_by(state, event.node_id) < cap_of(state, event.node_id), event
            assert state.nodes[event.node_id].status == "pending", event
        evolve(state, event, at)
        assert len(state.executing) <= plan.workflow.execution.max_parallel
        for left, right in combinations([node_id for node_id in state.executing if node_id in mission.scopes], 2):
            assert not overlap(mission.scopes[left], mission.scopes[right]), (left, right)
        if isinstance(event, NodeStarted) and event.node_id in mission.rank and rank is not None:
            assert mission.phases[rank].mode == "soft" or mission.rank[event.node_id] <= rank, event
        if isinstance(event, PhaseOpened):
            assert event.phase_rank == rank


@given(judged_plans(), choices)
@settings(max_examples=80)
def test_a_run_ends_once_and_every_run_can_be_brought_to_an_end(plan: Plan, numbers: list[int]) -> None:
    story = played(plan, numbers)
    end_judged(story)
    ended = None
    for event, _ in story.log:
        again = isinstance(event, RunTaskRetried | RunTaskContinued | RunRecovered | ReportWritten)
        assert ended is None or again or (ended == "run_blocked" and isinstance(event, RunStopped)), (ended, event)
        ended = event.kind if isinstance(event, ENDINGS) else ended if isinstance(event, ReportWritten) else None
    assert ended is not None
    assert not story.state.executing
    if story.state.status == "completed":
        assert all(story.state.settled(node_id) for node_id in plan.body.order)


@given(judged_plans(), choices)
@settings(max_examples=80)
def test_outputs_that_ask_for_repair_and_reviews_that_send_back_come_to_an_end(plan: Plan, numbers: list[int]) -> None:
    repairs: dict[tuple[str, int], int] = {}
    rollbacks: dict[str, int] = {}
    story = played(plan, numbers)
    for event, _ in story.log:
        if isinstance(event, NodeRepairRequested):
            key = (event.node_id, event.instance)
            repairs[key] = repairs.get(key, 0) + 1
        elif isinstance(event, NodeApprovalRollback):
            rollbacks[event.node_id] = rollbacks.get(event.node_id, 0) + 1
    assert all(count <= cap_of(story.state, node_id) for (node_id, _), count in repairs.items())
    assert all(count <= cap_of(story.state, node_id) for node_id, count in rollbacks.items())
