"""The closed list of functions that conditions may call. Each is pure and total: a value, or a Fault."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any, Final

from attrs import frozen

from actors.workflow.condition.errors import Fault
from actors.workflow.condition.values import Effort, bounded, kind_of, less, whole

__all__ = ["FUNCTIONS", "LOOKUPS", "Function"]

WHOLE = re.compile(r"[-+]?[0-9]{1,19}")
DECIMAL = re.compile(r"[-+]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]{1,5})?")
TRUE: Final = frozenset({"1", "t", "true", "TRUE", "True"})
FALSE: Final = frozenset({"0", "f", "false", "FALSE", "False"})

Apply = Callable[[list[Any], Effort, int], Any]


@frozen
class Function:
    """`params` are the kinds of each argument, joined by `|`; `many` repeats the last one. `method` allows `x.f()`, `plain` `f(x)`."""

    params: tuple[str, ...]
    result: str
    apply: Apply
    method: bool = False
    plain: bool = True
    many: bool = False


def _size(args: list[Any], _effort: Effort, _at: int) -> int:
    return len(args[0])


def _contains(args: list[Any], effort: Effort, at: int) -> bool:
    effort.spend(len(args[0]) // 1024, at)
    return args[1] in args[0]


def _starts_with(args: list[Any], _effort: Effort, _at: int) -> bool:
    return bool(args[0].startswith(args[1]))


def _ends_with(args: list[Any], _effort: Effort, _at: int) -> bool:
    return bool(args[0].endswith(args[1]))


def _lower(args: list[Any], _effort: Effort, at: int) -> str:
    return bounded(bounded(args[0], at).lower(), at)


def _upper(args: list[Any], _effort: Effort, at: int) -> str:
    return bounded(bounded(args[0], at).upper(), at)


def _trim(args: list[Any], effort: Effort, at: int) -> str:
    effort.spend(len(args[0]) // 1024, at)
    return bounded(args[0].strip(), at)


def _int(args: list[Any], _effort: Effort, at: int) -> int:
    value = args[0]
    if type(value) is int:
        return value
    if type(value) is float:
        if math.isfinite(value):
            return whole(int(value), at)
    elif WHOLE.fullmatch(value):
        return whole(int(value), at)
    raise Fault(at, f"{_short(value)} is no whole number")


def _double(args: list[Any], _effort: Effort, at: int) -> float:
    value = args[0]
    if type(value) is str and not (len(value) <= 400 and DECIMAL.fullmatch(value) and math.isfinite(float(value))):
        raise Fault(at, f"{_short(value)} is no number")
    return float(value)


def _string(args: list[Any], _effort: Effort, at: int) -> str:
    value = args[0]
    if type(value) is str:
        return bounded(value, at)
    if type(value) is bool:
        return "true" if value else "false"
    if type(value) is int or not math.isfinite(value):
        return str(value)
    return _decimal(value)


def _decimal(number: float) -> str:
    """A double in full decimal digits, as CEL writes it: 1.0 is `1`, 1e-7 is `0.0000001`."""
    mantissa, _, exponent = repr(abs(number)).partition("e")
    before, _, after = mantissa.partition(".")
    point = len(before) + int(exponent or 0)
    digits = (before + after).rjust(1 + len(before) + len(after) - min(point, 1), "0") if point <= 0 else (before + after).ljust(point, "0")
    point = max(point, 1)
    fraction = digits[point:].rstrip("0")
    return ("-" if math.copysign(1, number) < 0 else "") + digits[:point] + (f".{fraction}" if fraction else "")


def _bool(args: list[Any], _effort: Effort, at: int) -> bool:
    value = args[0]
    if type(value) is bool:
        return value
    if value in TRUE or value in FALSE:
        return value in TRUE
    raise Fault(at, f"{_short(value)} is neither true nor false")


def _least(args: list[Any], effort: Effort, at: int) -> Any:
    return _pick(args, effort, at, lambda a, b: less(b, a, at))


def _most(args: list[Any], effort: Effort, at: int) -> Any:
    return _pick(args, effort, at, lambda a, b: less(a, b, at))


def _pick(args: list[Any], effort: Effort, at: int, better: Callable[[Any, Any], bool]) -> Any:
    items = args[0] if len(args) == 1 and type(args[0]) is list else args
    if not items:
        raise Fault(at, "an empty list has neither a least nor a greatest item")
    effort.spend(len(items), at)
    best = items[0]
    better(best, best)  # one item alone must have an order, too
    for item in items[1:]:
        best = item if better(best, item) else best
    return best


def _short(value: Any) -> str:
    text = repr(value) if kind_of(value) != "string" else repr(value[:40])
    return text[:50]


SIMPLE: Final = "string|int|double|bool"
FUNCTIONS: Final[dict[str, Function]] = {
    "bool": Function(("string|bool",), "bool", _bool),
    "contains": Function(("string", "string"), "bool", _contains, method=True, plain=False),
    "double": Function(("string|int|double",), "double", _double),
    "endsWith": Function(("string", "string"), "bool", _ends_with, method=True, plain=False),
    "int": Function(("string|int|double",), "int", _int),
    "lower": Function(("string",), "string", _lower, method=True),
    "max": Function((SIMPLE + "|list",), "dyn", _most, many=True),
    "min": Function((SIMPLE + "|list",), "dyn", _least, many=True),
    "size": Function(("string|list|map",), "int", _size, method=True),
    "startsWith": Function(("string", "string"), "bool", _starts_with, method=True, plain=False),
    "string": Function((SIMPLE,), "string", _string),
    "trim": Function(("string",), "string", _trim, method=True),
    "upper": Function(("string",), "string", _upper, method=True),
}
# These look into the scope, so the evaluator knows them itself: name -> number of arguments.
LOOKUPS: Final = {"flag": 1, "has": 1, "marker": 2}
