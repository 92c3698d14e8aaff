"""A condition as callers hold it: parsed once, checked, cached by its text, evaluated as often as wanted."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

from attrs import frozen

from actors.workflow.condition.ast import Ast, Call, Literal, Select, children, static_path
from actors.workflow.condition.errors import ConditionError, Fault
from actors.workflow.condition.evaluate import Frame, run
from actors.workflow.condition.functions import FUNCTIONS, LOOKUPS
from actors.workflow.condition.values import Effort, kind_of

__all__ = ["MAX_CONDITION", "MAX_NESTING", "Condition", "Reference", "compile_condition"]

MAX_CONDITION: Final = 4 * 1024
MAX_NESTING: Final = 32
WHOLE_END: Final = 2**63


@frozen
class Reference:
    """A path that the condition reads, as far as its text tells, and the offset where it begins.

    `marker` marks the node that a `marker(…)` asks for: its path is `("nodes", id)`, and it may be missing.
    """

    path: tuple[str | int, ...]
    at: int
    marker: bool = False


@frozen
class Condition:
    """`references` are all paths into the scope that the text names, `flags` the calls of `flag` with a name that it names."""

    text: str
    ast: Ast
    references: tuple[Reference, ...]
    flags: tuple[Reference, ...]

    def evaluate(self, scope: Mapping[str, Any]) -> bool:
        """True or false. Raises ConditionError `condition_error` with the path that failed."""
        try:
            value = run(self.ast, Frame(scope, Effort()))
        except Fault as fault:
            raise self.error("condition_error", fault) from None
        if type(value) is bool:
            return value
        raise self.error("condition_error", Fault(0, f"the condition gives {kind_of(value)}; it must be true or false"))

    def error(self, code: str, fault: Fault) -> ConditionError:
        """The fault as callers see it."""
        part = fault.path or self.text[fault.at : fault.at + 40]
        return ConditionError(code, self.text, part, f"{self.text!r}, column {fault.at + 1}: {fault.message}.", fault.at + 1)


@lru_cache(maxsize=4096)
def compile_condition(text: str) -> Condition:
    """Parse a condition. Raises ConditionError `condition_syntax`, also for a function that does not exist."""
    bare = Condition(text, Literal(0, None), (), ())
    if len(text.encode("utf-8", "surrogatepass")) > MAX_CONDITION:
        raise bare.error("condition_syntax", Fault(0, f"the text is longer than {MAX_CONDITION} bytes; compute it in a node"))
    from actors.workflow.condition.grammar import parse  # noqa: PLC0415 - brings the parser generator along

    try:
        ast = parse(text)
        parts = _walk(ast)
        _check_calls(parts)
    except Fault as fault:
        raise bare.error("condition_syntax", fault) from None
    inner = {id(part.base) for part in parts if isinstance(part, Select)}
    references = tuple(Reference(path, part.at) for part in parts if id(part) not in inner and (path := static_path(part)))
    return Condition(text, ast, references + _named(parts, "marker", "nodes"), _named(parts, "flag", "inputs"))


def _named(parts: list[Ast], function: str, root: str) -> tuple[Reference, ...]:
    """What the calls of a lookup function name by a literal text."""
    calls = [part for part in parts if isinstance(part, Call) and part.name == function]
    first = [(call.args[0], call.at) for call in calls]
    return tuple(
        Reference((root, arg.value), at, marker=True) for arg, at in first if isinstance(arg, Literal) and isinstance(arg.value, str)
    )


def _walk(ast: Ast) -> list[Ast]:
    """All parts, outer before inner. Raises Fault for what is nested too deep, or is a number too large."""
    parts: list[Ast] = []
    level: list[Ast] = [ast]
    for _ in range(MAX_NESTING):
        parts += level
        level = [child for part in level for child in children(part)]
        if not level:
            break
    else:
        raise Fault(level[0].at, f"the condition is nested deeper than {MAX_NESTING} levels")
    for part in parts:
        if isinstance(part, Literal) and type(part.value) is int and part.value >= WHOLE_END:
            raise Fault(part.at, f"{part.value} does not fit into 64 bits")
    return parts


def _check_calls(parts: list[Ast]) -> None:
    for part in parts:
        if not isinstance(part, Call):
            continue
        known = FUNCTIONS.get(part.name)
        if known is None and part.name not in LOOKUPS:
            raise Fault(part.at, f'there is no function "{part.name}"; there are: {", ".join(sorted({*FUNCTIONS, *LOOKUPS}))}', part.name)
        method = known.method if known else False
        plain = known.plain if known else True
        if not (method if part.method else plain):
            form = f"{part.name}(…)" if plain else f"text.{part.name}(…)"
            raise Fault(part.at, f"write it as {form}", part.name)
        wanted = len(known.params) if known else LOOKUPS[part.name]
        if len(part.args) != wanted and not (known and known.many and len(part.args) >= 1):
            raise Fault(part.at, f"{part.name}() takes {wanted} argument{'s' if wanted > 1 else ''}, found {len(part.args)}", part.name)
        if part.name == "has" and not isinstance(part.args[0], Select):
            raise Fault(part.at, "has() takes a path such as inputs.name", "has")
