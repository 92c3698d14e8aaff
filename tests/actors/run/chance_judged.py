"""Workflows with contracts, phases, routines, triage and write scopes drawn by chance, and what their attempts may say and people do."""

from __future__ import annotations

from functools import partial
from typing import Any

from attrs import evolve
from hypothesis import strategies as st

from actors.node.messages import Failure, Interruption, Outcome, Success, Verdict
from actors.run.operations import operate
from actors.run.outcomes import on_outcome
from actors.run.plan import Plan, compile_plan
from actors.run.requests import Reap
from actors.run.rules import unwanted
from actors.run.verdicts import ends_first
from actors.workflow.spec import Backoff, Contract, Execution, Need, Node, RetryPolicy, Shell, Timer, Wait, Workflow
from tests.actors.run.table import Story

__all__ = ["end_judged", "judged_plans", "judged_step"]

RETRY = (RetryPolicy(), RetryPolicy(2), RetryPolicy(3, (), Backoff("fixed", 500)))
CONTRACTS = (None, Contract("report"), Contract("report", schema="s"), Contract("patch", "code_patch"))
SCOPES = (None, None, "src", "src/app", "docs", "")
SCHEMA = {"s": {"type": "object", "required": ["status"]}}
OUTPUTS: tuple[Any, ...] = (
    {"status": "completed"}, {"status": "completed", "has_work": False}, {"status": "needs_repair"}, {"status": "verify_failed"},
    {"status": "blocked"}, {"status": "blocked", "approved": False}, {"x": 1}, None,
    {"status": "needs_repair", "artifact_validation": {"repair_exhausted": True}}, {"status": "failed"},
)  # fmt: skip
DONE = {"status": "completed", "has_work": True}


@st.composite
def _node(draw: st.DrawFn, name: str, before: tuple[str, ...]) -> Node:
    wanted = draw(st.lists(st.sampled_from(before), unique=True, max_size=2)) if before else []
    builder = {
        "phase_id": draw(st.sampled_from([None, "p1", "p2"])), "routine_id": draw(st.sampled_from([None, "r1", "r2"])),
        "write_scope": draw(st.sampled_from(SCOPES)),
    }  # fmt: skip
    node = Node(
        name, Shell("work"), needs=tuple(Need(other, draw(st.sampled_from(["completed", "settled"]))) for other in wanted),
        retry=draw(st.sampled_from(RETRY)), contract=draw(st.sampled_from(CONTRACTS)), priority=draw(st.integers(0, 2)),
        metadata={
            "builder": {key: value for key, value in builder.items() if value is not None},
            "triage_gate": draw(st.integers(0, 4)) == 0,
        },
    )  # fmt: skip
    timed = draw(st.integers(0, 5)) == 0
    return evolve(node, action=Wait(Timer(delay_ms=500)), retry=RetryPolicy(), contract=None) if timed else node


@st.composite
def judged_plans(draw: st.DrawFn) -> Plan:
    names = "abcdefg"[: draw(st.integers(1, 7))]
    body = tuple(draw(_node(name, tuple(names[:i]))) for i, name in enumerate(names))
    modes = draw(st.tuples(*[st.sampled_from(["soft", "barrier"])] * 2))
    phases = [{"phase_id": f"p{i}", "execution_mode": mode} for i, mode in enumerate(modes, 1)]
    metadata = {
        "mission": {"phases": phases, "milestones": [{"milestone_id": "m", "node_ids": list(names[:2])}]},
        "partial_failure_mode": draw(st.sampled_from(["pause_downstream_only", "pause_all"])),
    } | ({"plan": {"routines": [{"routine_id": "r2", "depends_on": [{"routine_id": "r1", "hard": True}]}]}} if draw(st.booleans()) else {})
    tail = (Node("t", Shell("work"), contract=Contract("report"), retry=RetryPolicy(2)),) if draw(st.booleans()) else ()
    limits = Execution(draw(st.integers(1, 3)), fail_fast=draw(st.sampled_from([None, True, False])))
    return compile_plan(Workflow("judged", body, finally_=tail, execution=limits, schemas=SCHEMA, metadata=metadata), "digest")


def tell(story: Story, node_id: str, verdict: Verdict) -> None:
    """What an attempt says, the attempts that it resets being ended first."""
    outcome = Outcome(node_id, story.state.token(node_id), verdict)
    for other in ends_first(story.state, outcome):
        story.do(partial(_interrupt, node_id=other), go_on=False)
    story.tell(node_id, verdict)


def _interrupt(turn: Any, node_id: str) -> None:
    on_outcome(turn, Outcome(node_id, turn.state.token(node_id), Interruption("approval_rollback")))


def _claim(story: Story) -> None:
    if story.state.status == "queued" and (story.state.retry_after_ms or 0) <= story.now:
        story.claim()


def _reap(story: Story) -> None:
    operation = Reap(story.state.seq, 600_000)
    story.do(lambda turn: operate(turn, operation))


def _rare(story: Story, name: str) -> list[Any]:
    found = [
        story.pause, story.resume, story.cancel, story.finish, story.recover, partial(story.retry, name), partial(story.go_on_with, name),
        partial(_reap, story), partial(story.wait, 70_000),
    ]  # fmt: skip
    return [*found, story.restart] if story.state.status in ("running", "pausing") else found


def judged_step(story: Story, number: int) -> None:
    """Let one thing happen that may happen now."""
    under_way = list(story.state.executing)
    verdicts: list[Verdict] = [*map(Success, OUTPUTS), Failure("boom", "it broke"), Interruption("chance")]
    names = story.plan.body.order
    match number % 8:
        case 0 | 1:
            _claim(story)
        case 2:
            story.wait(600)
        case 3:
            rare = _rare(story, names[number // 8 % len(names)])
            rare[number // 64 % len(rare)]()
        case _ if under_way:
            tell(story, under_way[number // 8 % len(under_way)], verdicts[number // 64 % len(verdicts)])
        case _:
            _claim(story)
    for node_id in unwanted(story.state, story.now, story.rules.cleanup_grace_ms):
        if node_id in story.state.executing:
            story.stop(node_id, "unwanted")


def end_judged(story: Story) -> None:
    """Claim, succeed and wait until the run has ended. Fails if that takes too long."""
    for _ in range(200):
        state = story.state
        if state.terminal:
            return
        if state.status == "paused":
            story.resume()
        elif state.status == "queued":
            story.now = max(story.now, state.retry_after_ms or story.now)
            story.claim()
        elif state.executing:
            story.ok(next(iter(state.executing)), DONE)
        else:
            story.wait(1000)
    raise AssertionError(f"the run is stuck in {story.state.status}: {story.statuses()}")
