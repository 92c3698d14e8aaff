"""What conditions do with JSON values: kinds, equality, order. Only exact JSON types are touched, never an attribute of an object."""

from __future__ import annotations

from typing import Any, Final

from attrs import define

from actors.workflow.condition.errors import Exhausted, Fault

__all__ = ["MAX_STEPS", "MAX_TEXT", "Effort", "admit", "bounded", "equal", "kind_of", "less", "whole"]

MAX_STEPS: Final = 10_000
MAX_TEXT: Final = 64 * 1024
MAX_DEPTH: Final = 100
WHOLE_END: Final = 2**63
KINDS: Final = {str: "string", bool: "bool", int: "int", float: "double", type(None): "null", list: "list", dict: "map"}
NUMBERS: Final = frozenset({"int", "double"})


@define
class Effort:
    """What one evaluation has cost so far."""

    steps: int = 0

    def spend(self, steps: int, at: int) -> None:
        """Count work; above the budget the evaluation ends."""
        self.steps += steps
        if self.steps > MAX_STEPS:
            raise Exhausted(at, f"the condition needs more than {MAX_STEPS} steps; compare less data")


def kind_of(value: Any) -> str:
    """The name of a value's kind, as messages and the type check say it."""
    return KINDS.get(type(value), "foreign")


def admit(value: Any, at: int, path: str) -> Any:
    """A value of the scope, if conditions may touch it."""
    kind = type(value)
    if kind not in KINDS:
        raise Fault(at, f"{path} is no JSON value", path)
    if kind is int:
        return whole(value, at)
    return value


def whole(number: int, at: int) -> int:
    """The number, if it fits into 64 bits."""
    if -WHOLE_END <= number < WHOLE_END:
        return number
    raise Fault(at, "the number does not fit into 64 bits")


def bounded(text: str, at: int) -> str:
    """The text, if it is short enough to be the result of an operation."""
    if len(text) <= MAX_TEXT and (len(text) * 4 <= MAX_TEXT or len(text.encode("utf-8", "surrogatepass")) <= MAX_TEXT):
        return text
    raise Exhausted(at, f"the text is longer than {MAX_TEXT} bytes")


def equal(left: Any, right: Any, effort: Effort, at: int, depth: int = 0) -> bool:
    """Equality by value: numbers across kinds, everything else only within its kind."""
    kind, other = kind_of(left), kind_of(right)
    if kind != other:
        return kind in NUMBERS and other in NUMBERS and bool(left == right)
    if kind == "list":
        effort.spend(min(len(left), len(right)), at)
        _check_depth(depth, at)
        return len(left) == len(right) and all(equal(a, b, effort, at, depth + 1) for a, b in zip(left, right, strict=True))
    if kind == "map":
        effort.spend(min(len(left), len(right)), at)
        _check_depth(depth, at)
        return left.keys() == right.keys() and all(equal(value, right[key], effort, at, depth + 1) for key, value in left.items())
    if kind == "string":
        effort.spend(min(len(left), len(right)) // 1024, at)
    return kind != "foreign" and bool(left == right)


def less(left: Any, right: Any, at: int) -> bool:
    """Whether left comes before right. Numbers with numbers, texts with texts, booleans with booleans."""
    kind, other = kind_of(left), kind_of(right)
    if (kind in NUMBERS and other in NUMBERS) or (kind == other and kind in {"string", "bool"}):
        return bool(left < right)
    raise Fault(at, f"{kind} and {other} have no order")


def _check_depth(depth: int, at: int) -> None:
    if depth > MAX_DEPTH:
        raise Exhausted(at, f"the data is nested deeper than {MAX_DEPTH} levels")
