"""A quality gate: what it finds in the output of its source, and whether that is good enough (gates spec, section 9). Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from attrs import Factory, frozen

from actors.gate.structured import NO_RESULT, Structured, structured
from actors.run.scope import scope_for
from actors.run.state import RunState
from actors.workflow.condition import ConditionError, compile_condition
from actors.workflow.schema import validate
from actors.workflow.spec import Gate

__all__ = ["NotJudged", "Verdict", "judge"]

MISSING: Final = "confidence_missing"
BEST: Final = 100
MOST_ERRORS: Final = 10


@frozen
class Verdict:
    """`record` says what was found; `code`, `message` and `detail` why it is not good enough, the first of the reasons that there are."""

    record: Mapping[str, Any]
    code: str | None = None
    message: str = ""
    detail: Mapping[str, Any] = Factory(dict)


@frozen
class NotJudged:
    """There is nothing to judge, or nothing to judge it by."""

    code: str
    message: str
    detail: Mapping[str, Any] = Factory(dict)


def judge(state: RunState, node_id: str, gate: Gate) -> Verdict | NotJudged:
    """The verdict over the source as it is now."""
    if gate.source is None or (gate.threshold is None and gate.check is None and gate.schema is None):
        return NotJudged(
            "quality_gate_config_missing", f"The quality gate {node_id} says neither what it looks at nor what must hold there."
        )
    found = structured(state, gate.source)
    if found.flaw == NO_RESULT:
        text = f"The quality gate {node_id} looks at {gate.source}, which has no result. Let it run before, or skip the gate with it."
        return NotJudged("quality_source_missing", text, {"source": gate.source})
    confidence, defaulted = _confidence(found)
    told: dict[str, Any] = {"confidence": confidence, "threshold": gate.threshold}
    told |= {"defaulted_reason": defaulted} if defaulted is not None and gate.threshold is not None else {}
    misses = [_below(gate, confidence, defaulted), _unchecked(state, node_id, gate, found, told), _unfit(state, gate, found, told)]
    miss = next((one for one in misses if one is not None), None)
    told |= {"result": "pass" if miss is None else "fail", "proceeded": miss is None or gate.on_fail == "continue"}
    return Verdict(told) if miss is None else Verdict(told, *miss)


def _confidence(found: Structured) -> tuple[int, str | None]:
    """From 0 to 100; and why it is 0, where nobody said so."""
    if found.flaw is not None:
        return 0, found.flaw
    value = found.value.get("confidence") if isinstance(found.value, Mapping) else None
    if not isinstance(value, int | float) or isinstance(value, bool):
        return 0, MISSING
    return max(0, min(BEST, int(min(value, BEST)))), None


Miss = tuple[str, str, dict[str, Any]]


def _below(gate: Gate, confidence: int, defaulted: str | None) -> Miss | None:
    if gate.threshold is None or confidence >= gate.threshold:
        return None
    why = f" ({defaulted})" if defaulted is not None else ""
    text = f"The confidence of {gate.source} is {confidence}{why}; at least {gate.threshold:g} is wanted."
    return "quality_below_threshold", text, {"confidence": confidence, "threshold": gate.threshold}


def _unchecked(state: RunState, node_id: str, gate: Gate, found: Structured, told: dict[str, Any]) -> Miss | None:
    if gate.check is None:
        return None
    error = None
    try:
        told["check"] = compile_condition(gate.check).evaluate(scope_for(state, node_id) | {"output": found.value})
    except ConditionError as wrong:
        told["check"], error = False, wrong.message
    if told["check"]:
        return None
    text = f"What is to hold of {gate.source} does not: {gate.check}" + (f" ({error})" if error is not None else "")
    return "quality_check_failed", text, {"check": gate.check} | ({"error": error} if error is not None else {})


def _unfit(state: RunState, gate: Gate, found: Structured, told: dict[str, Any]) -> Miss | None:
    if gate.schema is None:
        return None
    schema = state.plan.workflow.schemas[gate.schema] if isinstance(gate.schema, str) else gate.schema
    if found.flaw is not None:
        errors = [f"$: {found.flaw}"]
    else:
        errors = [f"{error.path}: {error.message}" for error in validate(schema, found.value)][:MOST_ERRORS]
    told |= {"schema_errors": errors} if errors else {}
    if not errors:
        return None
    return "quality_schema_unmet", f"The output of {gate.source} does not fit its schema: {errors[0]}", {"schema_errors": errors}
