"""The draft of a workflow's next version, with what was learned in it (learning spec 9.4). Pure.

Nothing is thought up: the agent at the node that keeps failing is told of it in its instructions; everything else is a person's to change.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final

import orjson
from attrs import evolve

from actors.learning.inject import one_line
from actors.learning.plan import next_plan
from actors.learning.view import shortened
from actors.workflow.canonical import encode
from actors.workflow.spec import Group, Node, Workflow
from actors.workflow.spec_agent import Agent

if TYPE_CHECKING:
    from actors.learning.record import Learning

__all__ = ["CREATOR", "definition_of", "draft", "goal", "notes", "title"]

HISTORY: Final = "learning_revisions"
"""Key of the metadata under which a definition says which learnings have changed it."""
CREATOR: Final = "workflow_learning"
LONGEST_TITLE: Final = 60
CONSTRAINT: Final = "Keep the parts of the workflow that already validate; completion rate and validation pass rate must not fall."


def draft(workflow: Workflow, learning: Learning, session_id: str, now: int) -> tuple[Workflow, list[dict[str, Any]]]:
    """The changed definition, and each field of a node that is another now, as {path, before, after}."""
    changes: list[dict[str, Any]] = []
    nodes = _told_all(workflow.nodes, "nodes", learning, changes)
    finals = _told_all(workflow.finally_, "finally", learning, changes)
    planned = next_plan(evolve(workflow, nodes=nodes, finally_=finals))
    known = planned.metadata.get(HISTORY)
    entry = {
        "learning_id": learning.learning_id, "session_id": session_id, "kind": learning.kind, "fingerprint": learning.fingerprint,
        "drafted_at_ms": now,
    }  # fmt: skip
    history = [*(known if isinstance(known, list) else []), entry]
    return evolve(planned, metadata={**planned.metadata, HISTORY: history}), changes


def definition_of(workflow: Workflow) -> dict[str, Any]:
    """As it is stored."""
    found: dict[str, Any] = orjson.loads(encode(workflow))
    return found


def title(learning: Learning, given: str | None) -> str:
    """The given one, else the beginning of the summary."""
    summary = learning.summary.strip()
    if given is not None and given.strip():
        return given.strip()
    if not summary:
        return f"Revision from {learning.kind}"
    return summary[:LONGEST_TITLE] + "..." if len(summary) > LONGEST_TITLE else summary


def goal(workflow: Workflow, learning: Learning) -> str:
    """What the session is for."""
    return f"Improve workflow `{workflow.name or workflow.workflow_id}` with an approved {learning.kind} learning."


def notes(learning: Learning) -> str:
    """Blocks with blank lines between them, each with its label. Of evidence and runs, as many as answers have."""
    learning = shortened(learning)
    blocks: Mapping[str, str] = {
        "Summary": learning.summary.strip(), "Fingerprint": learning.fingerprint, "Affected runs": ", ".join(learning.run_ids),
        "Evidence": json.dumps(list(learning.evidence_refs), indent=2, ensure_ascii=False), "Constraint": CONSTRAINT,
    }  # fmt: skip
    first = f"Learning `{learning.learning_id}` asks for a `{learning.kind}` revision of this workflow."
    return "\n\n".join([first, *(f"{label}: {text}" for label, text in blocks.items())])


def _told_all(nodes: Iterable[Node], path: str, learning: Learning, changes: list[dict[str, Any]]) -> tuple[Node, ...]:
    return tuple(_told(node, f"{path}.{node.node_id}", learning, changes) for node in nodes)


def _told(node: Node, path: str, learning: Learning, changes: list[dict[str, Any]]) -> Node:
    if isinstance(node.action, Group):
        return evolve(node, action=evolve(node.action, nodes=_told_all(node.action.nodes, path, learning, changes)))
    if node.node_id != learning.node_id or learning.kind != "prompt_patch" or not isinstance(node.action, Agent):
        return node
    before = node.action.instructions
    # In braces, which a template would read, nothing of a summary is to stand.
    after = f"{before.rstrip()}\n\nFrom earlier runs: {one_line(learning.summary).replace('{{', '{ {')}"
    changes.append({"path": f"{path}.instructions", "before": before, "after": after})
    return evolve(node, action=evolve(node.action, instructions=after))
