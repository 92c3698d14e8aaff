"""The shortest way to evaluate a condition's parts, and to see how they fail."""

from __future__ import annotations

from typing import Any

import pytest

from actors.workflow.condition import ConditionError, compile_condition
from actors.workflow.condition.evaluate import Frame, run
from actors.workflow.condition.values import Effort

SCOPE: dict[str, Any] = {
    "inputs": {"n": 3, "x": 1.5, "s": "text", "on": True, "none": None, "list": [1, 2, 3], "map": {"a": {"b": [10]}}, "odd-name": 7},
    "nodes": {"a": {"status": "completed", "output": {"markers": ["risky"]}}, "g": {"decision": "approve", "selections": ["now"]}},
}  # fmt: skip


def value(text: str, scope: dict[str, Any] | None = None) -> Any:
    """The value of any expression, not only of one that is true or false."""
    return run(compile_condition(text).ast, Frame(SCOPE if scope is None else scope, Effort()))


def failure(text: str, scope: dict[str, Any] | None = None) -> ConditionError:
    """How evaluating a condition fails."""
    with pytest.raises(ConditionError) as caught:
        compile_condition(text).evaluate(SCOPE if scope is None else scope)
    assert caught.value.code == "condition_error"
    return caught.value


def syntax(text: str) -> ConditionError:
    """How compiling a condition fails."""
    with pytest.raises(ConditionError) as caught:
        compile_condition(text)
    assert caught.value.code == "condition_syntax"
    return caught.value
