"""What a node handed over in a form that others can look into: the source of a gate's options and of its quality. Pure."""

from __future__ import annotations

from typing import Any, Final

from attrs import frozen

from actors.run.state import RunState
from actors.workflow.spec import Gate, Wait
from actors.workflow.spec_gate import answer_of
from storage.strict_json import BadJson, loads_strict

__all__ = ["ABSENT", "NO_RESULT", "UNPARSABLE", "Structured", "structured"]

NO_RESULT: Final = "no_result"
ABSENT: Final = "structured_output_absent"
UNPARSABLE: Final = "structured_output_unparsable"


@frozen
class Structured:
    """`value`, unless `flaw` says why there is none: no result at all, none in such a form, or text that begins like JSON and is none."""

    value: Any = None
    flaw: str | None = None


def structured(state: RunState, node_id: str) -> Structured:
    """The structured output of a node that has been done: its JSON, the decision of a gate, the payload of a wait."""
    node = state.nodes.get(node_id)
    if node is None or node.status not in ("completed", "timed_out"):
        return Structured(flaw=NO_RESULT)
    action, output = state.plan.nodes[node_id].action, node.output
    if isinstance(action, Gate | Wait):
        return Structured(answer_of(output) if isinstance(action, Gate) else output["content"]["wake"].get("payload"))
    if isinstance(output, str):
        return _parsed(output)
    return Structured(flaw=ABSENT) if output is None else Structured(output)


def _parsed(text: str) -> Structured:
    """Plain text is no structured output; what begins as JSON does is meant as it."""
    if not text.lstrip().startswith(("{", "[")):
        return Structured(flaw=ABSENT)
    try:
        return Structured(loads_strict(text.encode()))
    except BadJson:
        return Structured(flaw=UNPARSABLE)
