"""Conditions: the small total language of `when`, in the syntax of CEL without macros. Not Python, and no way into it."""

from __future__ import annotations

from actors.workflow.condition.compiled import Condition, Reference, compile_condition
from actors.workflow.condition.errors import ConditionError, Fault
from actors.workflow.condition.types import check_types

__all__ = ["Condition", "ConditionError", "Fault", "Reference", "check_types", "compile_condition"]
