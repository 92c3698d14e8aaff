"""Arithmetic of conditions: 64-bit whole numbers that fail instead of wrapping, IEEE doubles, text and lists that add up."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Final

from actors.workflow.condition.errors import Exhausted, Fault
from actors.workflow.condition.values import MAX_STEPS, Effort, bounded, kind_of, whole

__all__ = ["OPERATORS", "negative"]

Operator = Callable[[Any, Any, Effort, int], Any]


def negative(value: Any, at: int) -> Any:
    """`-value`."""
    if type(value) is int:
        return whole(-value, at)
    if type(value) is float:
        return -value
    raise Fault(at, f"- takes a number, not {kind_of(value)}")


def _plus(left: Any, right: Any, effort: Effort, at: int) -> Any:
    kinds = (type(left), type(right))
    if kinds == (str, str):
        effort.spend((len(left) + len(right)) // 1024, at)
        if len(left) + len(right) > 2**16:
            raise Exhausted(at, "the text is longer than 65536 bytes")
        return bounded(left + right, at)
    if kinds == (list, list):
        effort.spend(min(len(left) + len(right), MAX_STEPS + 1), at)
        return left + right
    return _numbers(left, right, at, "+", lambda a, b: a + b)


def _minus(left: Any, right: Any, _effort: Effort, at: int) -> Any:
    return _numbers(left, right, at, "-", lambda a, b: a - b)


def _times(left: Any, right: Any, _effort: Effort, at: int) -> Any:
    return _numbers(left, right, at, "*", lambda a, b: a * b)


def _over(left: Any, right: Any, _effort: Effort, at: int) -> Any:
    if type(left) is int and type(right) is int:
        return whole(_divide(left, right, at)[0], at)
    return _numbers(left, right, at, "/", _divide_doubles)


def _rest(left: Any, right: Any, _effort: Effort, at: int) -> Any:
    if type(left) is int and type(right) is int:
        return _divide(left, right, at)[1]
    raise Fault(at, f"% takes whole numbers, not {kind_of(left)} and {kind_of(right)}")


def _divide(left: int, right: int, at: int) -> tuple[int, int]:
    """Quotient towards zero and the rest with the sign of `left`."""
    if right == 0:
        raise Fault(at, "division by zero")
    quotient = abs(left) // abs(right)
    if (left < 0) != (right < 0):
        quotient = -quotient
    return quotient, left - quotient * right


def _divide_doubles(left: float, right: float) -> float:
    if right:
        return left / right
    return math.nan if not left or math.isnan(left) else math.copysign(math.inf, left) * math.copysign(1, right)


def _numbers(left: Any, right: Any, at: int, op: str, apply: Callable[[Any, Any], Any]) -> Any:
    """Unlike CEL, a whole number meets a double as a double: whether data says 1 or 1.0 is chance."""
    kinds = {type(left), type(right)}
    if kinds == {int}:
        return whole(apply(left, right), at)
    if kinds <= {int, float}:
        return apply(float(left), float(right))
    raise Fault(at, f"{op} does not take {kind_of(left)} and {kind_of(right)}")


OPERATORS: Final[dict[str, Operator]] = {"+": _plus, "-": _minus, "*": _times, "/": _over, "%": _rest}
