"""A gate's turn has come: a quality gate is computed, any other opens, or fails before it does (gates spec, 3). Pure."""

from __future__ import annotations

from typing import Any

from actors.gate.events import ApprovalGateDecided
from actors.gate.options import NoOptions, options_of
from actors.gate.quality import NotJudged, Verdict, judge
from actors.gate.rules import fail_gate, open_gate
from actors.gate.shown import digest_of_shown, shown_at
from actors.node.events import NodeCompleted
from actors.run.texts import texts_for
from actors.run.turn import Turn
from actors.workflow.spec import Gate
from actors.workflow.spec_gate import QUALITY
from actors.workflow.template import TemplateError

__all__ = ["begin_gate"]


def begin_gate(turn: Turn, node_id: str) -> None:
    """Compute it, open it, or fail it."""
    gate = turn.state.plan.nodes[node_id].action
    assert isinstance(gate, Gate)
    if gate.type == QUALITY:
        _decide(turn, node_id, gate)
        return
    if gate.resolved and gate.type not in turn.rules.resolver_types:
        text = f"The gate {node_id} asks a resolver of type {gate.type}, and none is registered. Set gates.resolvers.{gate.type}."
        fail_gate(turn, node_id, "gate_resolver_missing", text, "configuration", {"type": gate.type})
        return
    options = options_of(turn.state, gate)
    if isinstance(options, NoOptions):
        fail_gate(turn, node_id, options.code, options.message, "configuration", options.detail)
        return
    try:
        length = _length(turn, node_id, gate)
    except TemplateError as error:
        fail_gate(turn, node_id, error.code, error.message, "configuration", {"path": error.path})
        return
    open_gate(turn, node_id, length, options.dropped)


def _length(turn: Turn, node_id: str, gate: Gate) -> int:
    """How long it is open, milliseconds: as it says, or else as the settings do. A text that comes to 0 means at once."""
    if gate.timeout_text is None:
        return gate.expires_after_ms or turn.rules.gate_expires_after_ms
    return texts_for(turn.state, node_id).duration("timeout", gate.timeout_text, low_ms=0) or 1


def _decide(turn: Turn, node_id: str, gate: Gate) -> None:
    verdict = judge(turn.state, node_id, gate)
    if isinstance(verdict, NotJudged):
        fail_gate(turn, node_id, verdict.code, verdict.message, "configuration", verdict.detail)
        return
    word, node = str(verdict.record["result"]), turn.state.nodes[node_id]
    digest = digest_of_shown(shown_at(turn.state, node_id, turn.evidence))
    turn.emit(
        ApprovalGateDecided(
            node_id=node_id, gate_name=gate.name or node_id, instance=node.instance, decision=word, decided_by=QUALITY, shown_digest=digest,
            reason=verdict.message or None,
        )
    )  # fmt: skip
    if verdict.record["proceeded"]:
        turn.emit(NodeCompleted(node_id=node_id, attempt=node.attempt, instance=node.instance, output=_output(turn, verdict, word, digest)))
    else:
        assert verdict.code is not None, "a gate that does not let the run go on says why"
        fail_gate(turn, node_id, verdict.code, verdict.message, "contract_miss", {**verdict.detail, **verdict.record})


def _output(turn: Turn, verdict: Verdict, word: str, digest: str) -> dict[str, Any]:
    about = {
        "decision": word,
        "decided_at_ms": turn.now,
        "decided_by": QUALITY,
        "shown_digest": digest,
        "selections": [],
        "selection": None,
    }
    return {"contract_kind": QUALITY, "status": "completed", "content": {**about, **verdict.record}}
