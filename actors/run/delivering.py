"""What an agent is told when an attempt begins, and what is made of the file that it leaves or does not leave (engine spec 6). Pure."""

from __future__ import annotations

from typing import Final

from attrs import evolve

from actors.agent.artifacts import (
    ArtifactExpected,
    ArtifactInvalid,
    ArtifactTimeout,
    ArtifactValidated,
    OfAttempt,
    PromptRepaired,
    PromptSent,
)
from actors.node.messages import Failure, Success, Verdict
from actors.run.retry import Retry
from actors.run.state import RunState
from actors.run.texts import texts_for
from actors.run.turn import Turn
from actors.workflow.spec import Agent, Node, RetryPolicy
from actors.workflow.template import TemplateError

__all__ = ["MISSING", "UNFIT", "announce", "in_last_words", "note_delivery", "policy_of"]

MISSING: Final = "artifact_timeout"
"""The code of an attempt that left no file; the word for the last one is `artifact_timeout_exhausted`."""
UNFIT: Final = "artifact_invalid"
"""The code of an attempt whose file is not what was asked for; the last one's is `artifact_invalid_after_repair`."""
LAST_WORDS: Final = {MISSING: "artifact_timeout_exhausted", UNFIT: "artifact_invalid_after_repair"}
TOLD: Final = 5
"""How many errors an event names, and an agent is told."""


def announce(turn: Turn, node_id: str) -> None:
    """An attempt of the node has been started: where it is an agent's, say what it is asked for.

    One that goes on with the conversation of an attempt that was cut off is told nothing anew.
    """
    spec, node = turn.state.plan.nodes[node_id], turn.state.nodes[node_id]
    if not isinstance(spec.action, Agent):
        return
    if spec.artifact is not None:
        _once(turn, ArtifactExpected(node_id, node.attempt, node.instance, _path(turn.state, spec)))
    if not node.prompted:
        _once(turn, PromptSent(node_id, node.attempt, node.instance))
    elif node.flaw is not None and node.flaw.attempt >= node.prompted:
        _once(turn, PromptRepaired(node_id, node.attempt, node.instance))


def note_delivery(turn: Turn, node_id: str, verdict: Verdict) -> None:
    """The attempt is over: say what became of its file."""
    spec, node = turn.state.plan.nodes[node_id], turn.state.nodes[node_id]
    if not isinstance(spec.action, Agent) or spec.artifact is None:
        return
    at = (node_id, node.attempt, node.instance)
    match verdict:
        case Success(artifact=artifact) if artifact is not None:
            _once(turn, ArtifactValidated(*at, artifact.path, artifact.schema, artifact.sha256, artifact.size))
        case Failure(code=code) if code == MISSING:
            _once(turn, ArtifactTimeout(*at, _path(turn.state, spec)))
        case Failure(code=code, detail=detail) if code == UNFIT:
            errors = tuple(detail.get("errors", ()))[:TOLD]
            fact = ArtifactInvalid(
                *at, _path(turn.state, spec), spec.artifact.schema, errors, detail.get("sha256"), detail.get("size")
            )  # fmt: skip
            _once(turn, fact)


def policy_of(node: Node, failure: Failure) -> RetryPolicy:
    """The policy for what follows the failure. An agent repairs what it left for as long as it has attempts, whatever classes are named."""
    repairs = isinstance(node.action, Agent) and failure.code in LAST_WORDS
    return evolve(node.retry, classes=()) if repairs else node.retry


def in_last_words(node: Node, failure: Failure, verdict: Retry) -> Failure:
    """The failure under the code that its ending has: no other attempt follows."""
    if isinstance(node.action, Agent) and verdict.terminal and failure.code in LAST_WORDS:
        return evolve(failure, code=LAST_WORDS[failure.code])
    return failure


def _once(turn: Turn, fact: OfAttempt) -> None:
    if fact.key not in turn.state.marks:
        turn.emit(fact)


def _path(state: RunState, node: Node) -> str:
    assert node.artifact is not None
    try:
        return texts_for(state, node.node_id).text(node.artifact.path)
    except TemplateError:  # the attempt fails of it, and says so
        return node.artifact.path
