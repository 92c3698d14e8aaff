"""What a decider is shown, and its digest: an approval holds for these bytes and for nothing else. Pure."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from hashlib import sha256
from typing import Any, Final

from attrs import evolve, frozen

from actors.flow.texts import Texts
from actors.gate.options import Resolved, options_of
from actors.run.http_orders import address
from actors.run.scope import scope_for
from actors.run.state import RunState
from actors.run.texts import facts_for, texts_for
from actors.workflow.spec import Agent, Command, Gate, Http, Node, Shell
from actors.workflow.template import Quote, TemplateError
from storage.codec import canonical

__all__ = ["artifacts_before", "digest_of_shown", "shown_at"]

LONGEST_PROMPT = 32_768
LONGEST_COMMAND = 4_096
MOST_COMMANDS = 16
WITH_TEXT: Final = (Command, Shell, Http, Agent)
"""What a decider is shown of nodes behind the gate: those that do what a text says."""
ANSWERS: Final = frozenset({"gate_feedback", "gate_selections", "prior_context", "prior_contexts"})
"""Variables that a gate's answer changes."""


@frozen
class _Known:
    """`before` are the nodes that the gate comes after, `behind` those that come after the gate."""

    before: frozenset[str]
    behind: frozenset[str]


def artifacts_before(state: RunState, node_id: str) -> list[tuple[str, str]]:
    """(node id, path) of every artifact that the gate's decider looks at: of what it needs, also through other gates."""
    found = []
    gates = (node_id, *state.plan.guards.get(node_id, ()))
    for need in dict.fromkeys(need.node for gate in gates for need in state.plan.nodes[gate].needs):
        artifact = state.nodes[need].artifact
        if artifact is not None:
            found.append((need, artifact.path))
    return sorted(found)


def shown_at(state: RunState, node_id: str, evidence: Mapping[str, str | None]) -> dict[str, Any]:
    """What is shown at a gate now. `evidence` overrides the recorded hash of a node's artifact with that of the file as it is."""
    spec = state.plan.nodes[node_id].action
    gate = spec if isinstance(spec, Gate) else None
    known = _Known(state.plan.body.ancestors(node_id), frozenset(state.plan.body.descendants((node_id,))))
    artifacts = []
    for source, path in artifacts_before(state, node_id):
        recorded = state.nodes[source].artifact
        digest = evidence.get(source, recorded.sha256 if recorded else None)
        artifacts.append({"node_id": source, "path": path, "sha256": digest})
    return {
        "artifacts": artifacts,
        "commands": [
            {"node_id": dependent, "text": _cut(_command_text(state, state.plan.nodes[dependent], known), LONGEST_COMMAND)}
            for dependent in state.plan.body.dependents.get(node_id, ())[:MOST_COMMANDS]
            if isinstance(state.plan.nodes[dependent].action, WITH_TEXT)
        ],
        "inputs": dict(state.inputs),
        "options": _options(state, gate) if gate else [],
        "prompt": _cut(_prompt(state, node_id, gate.prompt, known), LONGEST_PROMPT) if gate and gate.prompt is not None else None,
    }


def _options(state: RunState, gate: Gate) -> list[dict[str, str]]:
    found = options_of(state, gate)
    return [{"label": option.label, "value": option.value} for option in found.options] if isinstance(found, Resolved) else []


def digest_of_shown(shown: Mapping[str, Any]) -> str:
    """SHA-256 of the canonical bytes, lower-case hex."""
    return sha256(canonical(shown)).hexdigest()


def _cut(text: str, longest: int) -> str:
    """What is too long to be shown is cut, and named by its digest, so that the approval still holds for all of it."""
    if len(text) <= longest:
        return text
    return f"{text[:longest]} [... {len(text)} characters in all, sha256 {sha256(text.encode()).hexdigest()}]"


def _prompt(state: RunState, node_id: str, prompt: str, known: _Known) -> str:
    """With the variables as they were when it was asked."""
    facts, asked = facts_for(state, node_id), state.nodes[node_id].asked_with
    if asked is not None:
        count, feedback, selections = asked
        facts = evolve(facts, contexts=state.contexts[:count], gate_feedback=feedback, gate_selections=selections)
    return _told(texts_for(state, node_id, facts, _scope(state, node_id, known)), prompt, keep=False)


def _command_text(state: RunState, node: Node, known: _Known) -> str:
    """With the variables as they are now, but for those that the gate's own answer changes."""
    facts = evolve(facts_for(state, node.node_id), hidden=ANSWERS)
    texts = texts_for(state, node.node_id, facts, _scope(state, node.node_id, known))
    match node.action:
        case Command(argv=argv):
            return shlex.join(_told(texts, word) for word in argv)
        case Shell(run=run):
            return _told(texts, run, quote=True)
        case Http(url=url, method=method, body=body):
            asked = f"{method} {_told(texts, url, quote=address)}"
            sent = None if body is None else body if isinstance(body, str) else canonical(body).decode()
            return asked if sent is None else f"{asked}\n\n{_told(texts, sent)}"
        case action:
            assert isinstance(action, Agent), "only what a text tells what to do is shown"
            return _told(texts, action.instructions)


def _told(texts: Texts, text: str, *, quote: bool | Quote = False, keep: bool = True) -> str:
    """Rendered where everything in it is known, as written otherwise."""
    try:
        return texts.text(text, quote=quote, keep=keep)
    except TemplateError:
        return text


def _scope(state: RunState, node_id: str, known: _Known) -> dict[str, Any]:
    """What the text may look at while the run runs, whatever it does at present.

    The answers of this gate, and of those beside it, are not known when it is asked, so that giving them does not change what was shown;
    nor is what only begins with its approval.
    """
    scope = scope_for(state, node_id)
    scope["run"]["status"] = "running"
    del scope["run"]["gate_feedback"], scope["run"]["gate_selections"]
    scope["nodes"] = {
        other: result
        for other, result in scope["nodes"].items()
        if other in known.before
        or (other not in known.behind and state.settled(other) is not None and not isinstance(state.plan.nodes[other].action, Gate))
    }
    return scope
