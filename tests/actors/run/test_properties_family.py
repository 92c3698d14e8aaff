"""What holds for every run of a workflow with groups, for-eaches and runs of others, whatever becomes of those and whenever it hears it."""

from __future__ import annotations

from hypothesis import given, settings

from actors.fan_out.events import FanOutItemStarted
from actors.node.events import NodeStarted
from actors.run.events import ENDINGS
from actors.run.evolve import evolve
from actors.run.flow_events import GroupStarted
from actors.run.new_state import new_state
from actors.run.plan import Plan
from actors.run.state import RunState
from actors.run.vocabulary import run_codec
from actors.run.why import reasons
from actors.sub_run.events import SubRunStarted
from actors.sub_run.present import is_present
from storage.records import Recorded
from tests.actors.run.chance import choices
from tests.actors.run.chance_family import family_plans, lived
from tests.actors.run.test_properties import picture


@given(family_plans(), choices)
@settings(max_examples=100)
def test_every_run_ends_and_the_log_alone_gives_its_state(plan: Plan, numbers: list[int]) -> None:
    story, family = lived(plan, numbers)
    assert any(isinstance(event, ENDINGS) for event, _ in story.log)
    assert not story.state.executing
    assert not story.state.groups
    if story.state.status == "completed":
        assert all(story.state.settled(node_id) or story.state.covered(node_id) for node_id in plan.body.order)
    codec, again = run_codec(), new_state("run-1", plan)
    for seq, (event, at) in enumerate(story.log, 1):
        written = codec.encode(event)
        evolve(again, codec.decode(Recorded(seq, at, written.kind, written.data)), at)
    assert picture(again) == picture(story.state)
    begun = [event.child_run_id for event, _ in story.log if isinstance(event, SubRunStarted | FanOutItemStarted)]
    assert len(begun) == len(set(begun)) == len(story.also), "a run is made with the fact that names it"
    assert set(begun) <= set(family.runs)


@given(family_plans(), choices)
@settings(max_examples=100)
def test_nothing_begins_twice_and_what_does_not_move_says_why(plan: Plan, numbers: list[int]) -> None:
    state, attempts = new_state("run-1", plan), set[tuple[str, int, int]]()
    log = lived(plan, numbers)[0].log
    for place, (event, at) in enumerate(log):
        if isinstance(event, NodeStarted | GroupStarted):
            assert state.nodes[event.node_id].status == "pending", event
        if isinstance(event, SubRunStarted):
            attempt = (event.node_id, event.instance, event.attempt)
            assert attempt not in attempts
            attempts.add(attempt)
        evolve(state, event, at)
        _one_run_for_each_item(state)
        decided = place + 1 < len(log) and log[place + 1][1] > at
        if decided and not state.terminal:
            assert reasons(state, None, at), (event, state.status)


def _one_run_for_each_item(state: RunState) -> None:
    for row in state.children.values():
        if row.node_id in state.plan.fan_outs and is_present(state, row):
            item = state.fan_outs[row.node_id, state.path_of(row.node_id)].running(row.run_id)
            assert item is not None, f"{row.run_id} is no item's"
