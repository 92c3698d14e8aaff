"""No run completes while one of its waits is open: a node that waits is not done, and what is not done keeps a run from completing.

So the phase guard never meets an open wait of a completed run; it meets those of runs that failed, were cancelled, or are blocked.
"""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from actors.run.plan import Plan, compile_plan
from actors.run.settlement import Standing, settle
from actors.workflow.spec import Condition, Execution, Need, Node, OnFail, Shell, Timer, Wait, Workflow
from tests.actors.run.chance import choices, step
from tests.actors.run.nested import block
from tests.actors.run.table import Story

SOURCES = (Timer(delay_ms=500), Timer(delay_ms=3_600_000), Condition("paid"))
LIMITS = (None, 700, 60_000)
PASSED_OVER = (OnFail("fail"), OnFail("continue"))
standings = st.builds(
    Standing, st.just("other"), st.booleans(), st.booleans(), st.booleans(), word=st.sampled_from(("", "completed", "blocked"))
)


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    """A few nodes, some of which wait, with failures passed over or not, one of them perhaps in a group."""
    nodes: list[Node] = []
    for number in range(draw(st.integers(1, 4))):
        on, limit = draw(st.sampled_from((None, *SOURCES))), draw(st.sampled_from(LIMITS))
        action = Shell("work") if on is None else Wait(on, limit, draw(st.sampled_from(("fail", "cancel", "escalate", "remind", "resume"))))
        needs = [Need(node.node_id, draw(st.sampled_from(("completed", "settled")))) for node in nodes if draw(st.booleans())]
        one = Node(f"n{number}", action, needs=tuple(needs), on_fail=draw(st.sampled_from(PASSED_OVER)))
        nodes.append(block(f"g{number}", Node(f"n{number}", action), needs=one.needs) if draw(st.integers(0, 4)) == 0 else one)
    body = tuple(nodes)
    return compile_plan(Workflow("chance", body, execution=Execution(fail_fast=draw(st.sampled_from((None, True, False))))), "digest")


@given(others=st.lists(standings, max_size=4), deadlock=st.booleans())
def test_p52_a_node_that_waits_keeps_a_run_from_completing_whatever_the_others_are(others: list[Standing], *, deadlock: bool) -> None:
    assert settle([*others, Standing("nap")], deadlock=deadlock).status != "completed"


@given(plans(), choices)
@settings(max_examples=150)
def test_p52_no_run_that_completed_had_an_open_wait(plan: Plan, numbers: list[int]) -> None:
    story = Story.on(plan)
    story.claim()
    for number in numbers:
        if number % 97 == 0:
            story.finish()
        else:
            step(story, number)
        left = [row.node_id for row in story.state.waits.values() if row.open or row.denied is not None]
        assert story.state.status != "completed" or not left
        assert not story.state.terminal or not any(row.open for row in story.state.waits.values())
