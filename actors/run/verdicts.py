"""What becomes of a node whose attempt ended well: done, or what its output under a contract says (runs spec 6.5). Pure."""

from __future__ import annotations

from typing import Any

from attrs import evolve

from actors.dead_letter.opening import letter_of_node
from actors.node.events import NodeCompleted, NodeCompletedWithWarnings
from actors.node.findings import (
    NodeApprovalRollback,
    NodeBlocked,
    NodeRecovered,
    NodeRepairRequested,
    NodeVerifyFailed,
)
from actors.node.messages import Failure, Outcome, Success, Usage
from actors.run.agent_steering import goes_on
from actors.run.caps import cap_of, spent_by
from actors.run.course import MilestonePromoted
from actors.run.details import details_of
from actors.run.failing import after_the_last
from actors.run.findings import Finding, finding_of
from actors.run.resets import reset_closure
from actors.run.state import RunState
from actors.run.turn import Turn

__all__ = ["ends_first", "rollback_roots", "succeed"]


def succeed(turn: Turn, node_id: str, success: Success, usage: Usage | None) -> None:
    """Fold the success of an attempt of the body that is under way."""
    state, node = turn.state, turn.state.nodes[node_id]
    finding = finding_of(state, node_id, success.output)
    if finding.word == "needs_repair" and finding.exhausted:
        finding = evolve(finding, word="blocked", reason=finding.reason or "no repair is left")
    if finding.word == "blocked" and finding.approved is False and (roots := rollback_roots(state, node_id)):
        reset = reset_closure(state, (*roots, node_id))
        turn.emit(NodeApprovalRollback(node_id=node_id, reset_nodes=reset, reason=finding.reason, usage=usage))
        return
    for detail in details_of(state, node_id, success.output, finding):
        turn.emit(detail)
    about: dict[str, Any] = {
        "node_id": node_id, "attempt": node.attempt, "instance": node.instance, "output": success.output, "artifact": success.artifact,
        "usage": usage,
    }  # fmt: skip
    if finding.word:
        _unfinished(turn, node_id, finding, about | {"reason": finding.reason})
        return
    _complete(turn, node_id, success, finding, about)


def _complete(turn: Turn, node_id: str, success: Success, finding: Finding, about: dict[str, Any]) -> None:
    state = turn.state
    recovers = state.last_failure is not None and state.last_failure["node_id"] == node_id
    warned = bool(finding.warnings or success.warnings)
    turn.emit((NodeCompletedWithWarnings if warned else NodeCompleted)(**about, warnings=success.warnings))
    if recovers:
        turn.emit(NodeRecovered(node_id=node_id))
    for milestone, nodes in state.plan.mission.milestones.items():
        if milestone not in state.milestones and all(other in state.nodes and state.settled(other) is True for other in nodes):
            turn.emit(MilestonePromoted(milestone_id=milestone))


def _unfinished(turn: Turn, node_id: str, finding: Finding, about: dict[str, Any]) -> None:
    spec = turn.state.plan.nodes[node_id]
    cap = cap_of(turn.state, node_id, category=finding.category, code=finding.reason)
    worn_out = spent_by(turn.state, node_id) >= cap
    match finding.word:
        case "verify_failed":
            affected = _affected(turn.state, node_id) if worn_out and spec.on_fail.mode != "continue" else ()
            letter = letter_of_node(turn.state, node_id) if worn_out else None
            turn.emit(NodeVerifyFailed(**about, terminal=worn_out, affected=affected, dead_letter=letter))
            if worn_out:
                after_the_last(turn, node_id, Failure("verification_failed", finding.reason, "contract_miss"))
        case "needs_repair":
            holds = finding.schema_broken and not worn_out and spec.contract is not None and spec.contract.schema is not None
            turn.emit(
                NodeRepairRequested(**about, unmet=finding.unmet, exhausted=worn_out, holds=holds, category=finding.category)
            )  # fmt: skip
        case _:
            turn.emit(NodeBlocked(**about, affected=_affected(turn.state, node_id), category=finding.category))


def _affected(state: RunState, node_id: str) -> tuple[str, ...]:
    """What leaves the pending nodes with it: all behind it, or with `pause_all` all that is pending."""
    behind = state.plan.body.descendants((node_id,))
    wide = state.plan.mission.stops_all
    return tuple(
        other for other in (state.plan.body.order if wide else behind) if other != node_id and state.nodes[other].status == "pending"
    )


def rollback_roots(state: RunState, node_id: str) -> list[str]:
    """What a reviewer that does not approve sends back: what it needs and what itself needs something; none if no attempt is left.

    After as many rollbacks as the reviewer may make attempts there is no further one, since each gives its roots fresh attempts.
    """
    reviewer = state.nodes[node_id]
    if reviewer.rollbacks >= cap_of(state, node_id):
        return []
    direct = state.plan.body.before[node_id]
    derived = [other for other in direct if state.plan.body.before[other]]
    return [
        other for other in derived or direct if state.nodes[other].status == "completed" and spent_by(state, other) < cap_of(state, other)
    ]


def ends_first(state: RunState, outcome: Outcome) -> list[str]:
    """Nodes whose attempts must be dead before the outcome is folded: those that its rollback resets."""
    node_id, verdict = outcome.node_id, outcome.verdict
    if not isinstance(verdict, Success) or state.plan.nodes[node_id].contract is None or len(state.executing) < 2:
        return []
    if goes_on(state, outcome):
        return []
    finding = finding_of(state, node_id, verdict.output)
    if finding.word != "blocked" or finding.approved is not False or not (roots := rollback_roots(state, node_id)):
        return []
    reset = reset_closure(state, (*roots, node_id))
    return [other for other in state.executing if other in reset and other != node_id]
