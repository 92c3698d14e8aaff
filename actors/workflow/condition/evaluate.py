"""The evaluator: total, bounded, and blind to everything that is not JSON."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from attrs import define

from actors.workflow.condition.ast import (
    Ast,
    Call,
    Chain,
    Choose,
    Compare,
    Every,
    ListOf,
    Literal,
    MapOf,
    Name,
    Negate,
    Not,
    Select,
    Some,
    static_path,
)  # fmt: skip
from actors.workflow.condition.errors import Exhausted, Fault
from actors.workflow.condition.functions import FUNCTIONS
from actors.workflow.condition.markers import has_flag, has_marker
from actors.workflow.condition.operators import OPERATORS, negative
from actors.workflow.condition.values import Effort, admit, equal, kind_of, less

__all__ = ["Frame", "run"]


@define
class Frame:
    """One evaluation: where names are looked up, and what it has cost."""

    scope: Mapping[str, Any]
    effort: Effort


def run(ast: Ast, frame: Frame) -> Any:
    """The value of a part. Raises Fault."""
    frame.effort.spend(1, ast.at)
    return _RULES[type(ast)](ast, frame)


def _literal(ast: Literal, _frame: Frame) -> Any:
    return ast.value


def _name(ast: Name, frame: Frame) -> Any:
    if ast.name in frame.scope:
        return admit(frame.scope[ast.name], ast.at, ast.name)
    raise Fault(ast.at, f'there is no "{ast.name}" here; there is: {", ".join(sorted(frame.scope))}', ast.name)


def _select(ast: Select, frame: Frame) -> Any:
    here = run(ast.base, frame)
    for i, step in enumerate(ast.steps):
        key = step if type(step) is str else run(step, frame)  # type: ignore[arg-type]  # a step is text or a part
        here = _member(here, key, ast, i)
    return here


def _member(here: Any, key: Any, ast: Select, i: int) -> Any:
    if type(here) is dict:
        if type(key) is str and key in here:
            return admit(here[key], ast.at, key)
    elif type(here) is list and type(key) is int:
        if 0 <= key < len(here):
            return admit(here[key], ast.at, str(key))
    elif type(here) is list or type(ast.steps[i]) is not str:
        raise Fault(ast.at, f"{kind_of(here)} cannot be indexed by {kind_of(key)}", _path(ast))
    raise Fault(ast.at, f"there is no {str(key)[:60]!r} in {kind_of(here)} at {_path(ast)}", _path(ast))


def _path(ast: Select) -> str:
    return ".".join(map(str, static_path(ast)))


def _call(ast: Call, frame: Frame) -> Any:
    if (lookup := _LOOKUPS.get(ast.name)) is not None:
        return lookup(ast, frame)
    function = FUNCTIONS[ast.name]
    args = [run(arg, frame) for arg in ast.args]
    for i, arg in enumerate(args):
        wanted = function.params[min(i, len(function.params) - 1)]
        if kind_of(arg) not in wanted.split("|"):
            raise Fault(ast.at, f"{ast.name}() takes {wanted.replace('|', ' or ')}, not {kind_of(arg)}", ast.name)
    return function.apply(args, frame.effort, ast.at)


def _has(ast: Call, frame: Frame) -> bool:
    """Whether the whole path leads to something. Unlike CEL, a gap in the middle is false too and no error."""
    try:
        run(ast.args[0], frame)
    except Exhausted:
        raise
    except Fault:
        return False
    return True


def _marker(ast: Call, frame: Frame) -> bool:
    return has_marker(frame.scope, *(run(arg, frame) for arg in ast.args))


def _flag(ast: Call, frame: Frame) -> bool:
    return has_flag(frame.scope, run(ast.args[0], frame))


def _not(ast: Not, frame: Frame) -> bool:
    return not _truth(ast.operand, frame, "!")


def _negate(ast: Negate, frame: Frame) -> Any:
    return negative(run(ast.operand, frame), ast.at)


def _every(ast: Every, frame: Frame) -> bool:
    return _absorb(ast.parts, frame, "&&", decides=False)


def _some(ast: Some, frame: Frame) -> bool:
    return _absorb(ast.parts, frame, "||", decides=True)


def _absorb(parts: tuple[Ast, ...], frame: Frame, op: str, *, decides: bool) -> bool:
    """One part that decides wins over parts that fail, wherever they stand; this is CEL's rule."""
    failed: Fault | None = None
    for part in parts:
        try:
            if _truth(part, frame, op) is decides:
                return decides
        except Exhausted:
            raise
        except Fault as fault:
            failed = failed or fault
    if failed:
        raise failed
    return not decides


def _truth(ast: Ast, frame: Frame, op: str) -> bool:
    value = run(ast, frame)
    if type(value) is bool:
        return value
    raise Fault(ast.at, f"{op} takes bool, not {kind_of(value)}")


def _chain(ast: Chain, frame: Frame) -> Any:
    value = run(ast.first, frame)
    for op, part in ast.rest:
        value = OPERATORS[op](value, run(part, frame), frame.effort, ast.at)
    return value


def _compare(ast: Compare, frame: Frame) -> bool:
    left, right = run(ast.left, frame), run(ast.right, frame)
    match ast.op:
        case "==":
            return equal(left, right, frame.effort, ast.at)
        case "!=":
            return not equal(left, right, frame.effort, ast.at)
        case "in":
            return _within(left, right, frame, ast.at)
        case "<":
            return less(left, right, ast.at)
        case ">":
            return less(right, left, ast.at)
        case "<=":
            return less(left, right, ast.at) or equal(left, right, frame.effort, ast.at)
    return less(right, left, ast.at) or equal(left, right, frame.effort, ast.at)


def _within(item: Any, where: Any, frame: Frame, at: int) -> bool:
    if type(where) is list:
        frame.effort.spend(len(where), at)
        return any(equal(item, other, frame.effort, at) for other in where)
    if type(where) is dict:
        return type(item) is str and item in where
    raise Fault(at, f"`in` takes list or map on its right side, not {kind_of(where)}; for text write text.contains(part)")


def _choose(ast: Choose, frame: Frame) -> Any:
    return run(ast.then if _truth(ast.test, frame, "?:") else ast.other, frame)


def _list(ast: ListOf, frame: Frame) -> list[Any]:
    return [run(item, frame) for item in ast.items]


def _map(ast: MapOf, frame: Frame) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for key_ast, value_ast in ast.entries:
        key = run(key_ast, frame)
        if type(key) is not str:
            raise Fault(key_ast.at, f"a key is text, not {kind_of(key)}")
        if key in made:
            raise Fault(key_ast.at, f"the key {key[:60]!r} stands twice")
        made[key] = run(value_ast, frame)
    return made


_LOOKUPS: dict[str, Callable[[Call, Frame], bool]] = {"flag": _flag, "has": _has, "marker": _marker}
_RULES: dict[type, Callable[[Any, Frame], Any]] = {
    Literal: _literal, Name: _name, Select: _select, Call: _call, Not: _not, Negate: _negate, Every: _every, Some: _some, Chain: _chain,
    Compare: _compare, Choose: _choose, ListOf: _list, MapOf: _map,
}  # fmt: skip
