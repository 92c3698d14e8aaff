"""What holds for every run of a workflow with groups: it can be brought to an end, and the log alone says how it stands."""

from __future__ import annotations

from hypothesis import given, settings

from actors.run.events import ENDINGS
from actors.run.evolve import evolve
from actors.run.flow_events import LoopIterationStarted
from actors.run.new_state import new_state
from actors.run.plan import Plan
from actors.run.state import RunState
from actors.run.vocabulary import run_codec
from actors.workflow.spec import Group, Repeat
from storage.records import Recorded
from tests.actors.run.chance import bring_to_an_end, choices
from tests.actors.run.chance_groups import nested_plans
from tests.actors.run.test_properties import naive_frontier, picture, played


@given(nested_plans(), choices)
@settings(max_examples=200)
def test_every_run_completes_fails_or_waits_for_somebody_and_the_log_alone_gives_its_state(plan: Plan, numbers: list[int]) -> None:
    story, codec = played(plan, numbers), run_codec()
    bring_to_an_end(story)
    assert any(isinstance(event, ENDINGS) for event, _ in story.log)
    assert not story.state.executing
    assert not story.state.groups
    if story.state.status == "completed":
        assert all(story.state.settled(node_id) or story.state.covered(node_id) for node_id in plan.body.order)
    again = new_state("run-1", plan)
    for seq, (event, at) in enumerate(story.log, 1):
        written = codec.encode(event)
        evolve(again, codec.decode(Recorded(seq, at, written.kind, written.data)), at)
    assert picture(again) == picture(story.state)


@given(nested_plans(), choices)
@settings(max_examples=200)
def test_groups_open_what_stands_in_them_and_loops_keep_their_limit(plan: Plan, numbers: list[int]) -> None:
    state = new_state("run-1", plan)
    for event, at in played(plan, numbers).log:
        evolve(state, event, at)
        if isinstance(event, LoopIterationStarted):
            action = plan.nodes[event.node_id].action
            assert isinstance(action, Group)
            assert isinstance(action.form, Repeat)
            assert event.iteration < action.form.max_iterations
        if not state.terminal and state.section != "done" and (state.section == "finally" or state.cancel_reason is None):
            assert state.frontier.ready == [name for name in naive_frontier(state) if _open(state, name)], event
        _positions(state)


def _open(state: RunState, node_id: str) -> bool:
    group = state.plan.parent.get(node_id)
    return group is None or state.begun(group)


def _positions(state: RunState) -> None:
    """No two nodes have the same place in the walk."""
    places = [node.position for node in state.nodes.values() if node.position is not None]
    assert len(places) == len(set(places))
