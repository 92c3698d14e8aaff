"""The type check of a condition at load: finds what can never work, and says nothing where the data decides."""

from __future__ import annotations

from collections.abc import Callable
from typing import final

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
from actors.workflow.condition.errors import Fault
from actors.workflow.condition.functions import FUNCTIONS
from actors.workflow.condition.values import kind_of

__all__ = ["TypeOf", "check_types"]

TypeOf = Callable[[tuple[str | int, ...]], str]
ANY = "dyn"
NUMBERS = frozenset({"int", "double", "number"})


def check_types(ast: Ast, type_of: TypeOf) -> list[Fault]:
    """All parts whose kinds cannot fit, and a result that is not true or false. `type_of` gives the kind of a path, `dyn` if open.

    Kinds: `bool, int, double, number` (one of the two)`, string, null, list, map, dyn`.
    """
    check = _Check(type_of)
    result = check.infer(ast)
    if not check.faults and result not in {"bool", ANY}:
        check.faults.append(Fault(ast.at, f"the condition gives {result}; it must be true or false"))
    return check.faults


@final
class _Check:
    def __init__(self, type_of: TypeOf) -> None:
        self.faults: list[Fault] = []
        self._type_of = type_of

    def infer(self, ast: Ast) -> str:
        match ast:
            case Literal():
                return kind_of(ast.value)
            case Name() | Select():
                return self._path(ast)
            case Call():
                return self._call(ast)
            case Chain():
                return self._chain(ast)
            case Compare():
                return self._compare(ast)
            case ListOf() | MapOf():
                return self._container(ast)
        return self._logic(ast)

    def _logic(self, ast: Not | Negate | Every | Some | Choose) -> str:
        match ast:
            case Not():
                return self._want_bool(ast.operand, "!")
            case Negate():
                return self._number(ast.at, "-", self.infer(ast.operand))
            case Every() | Some():
                for part in ast.parts:
                    self._want_bool(part, "&&" if isinstance(ast, Every) else "||")
                return "bool"
        self._want_bool(ast.test, "?:")
        then, other = self.infer(ast.then), self.infer(ast.other)
        return then if then == other else ANY

    def _container(self, ast: ListOf | MapOf) -> str:
        if isinstance(ast, ListOf):
            for item in ast.items:
                self.infer(item)
            return "list"
        for key, value in ast.entries:
            if (kind := self.infer(key)) not in {"string", ANY}:
                self._fault(key.at, f"a key is text, not {kind}")
            self.infer(value)
        return "map"

    def _fault(self, at: int, message: str) -> None:
        self.faults.append(Fault(at, message))

    def _path(self, ast: Name | Select) -> str:
        path = static_path(ast)
        if isinstance(ast, Name):
            return self._type_of(path)
        if not path:
            self.infer(ast.base)
        for step in ast.steps:
            if not isinstance(step, str) and (kind := self.infer(step)) not in {"string", "int", ANY, "number"}:
                self._fault(step.at, f"an index is text or a whole number, not {kind}")
        return self._type_of(path) if len(path) == len(ast.steps) + 1 else ANY

    def _call(self, ast: Call) -> str:
        function = FUNCTIONS.get(ast.name)
        if function is None:
            if ast.name != "has":
                for arg in ast.args:
                    if (kind := self.infer(arg)) not in {"string", ANY}:
                        self._fault(arg.at, f"{ast.name}() takes text, not {kind}")
            return "bool"
        for i, arg in enumerate(ast.args):
            wanted = function.params[min(i, len(function.params) - 1)].split("|")
            kind = self.infer(arg)
            if kind != ANY and kind not in wanted and not (kind == "number" and "int" in wanted):
                self._fault(arg.at, f"{ast.name}() takes {' or '.join(wanted)}, not {kind}")
        return function.result

    def _want_bool(self, ast: Ast, op: str) -> str:
        if (kind := self.infer(ast)) not in {"bool", ANY}:
            self._fault(ast.at, f"{op} takes bool, not {kind}")
        return "bool"

    def _number(self, at: int, op: str, kind: str) -> str:
        if kind not in NUMBERS and kind != ANY:
            self._fault(at, f"{op} takes a number, not {kind}")
        return kind

    def _chain(self, ast: Chain) -> str:
        kind = self.infer(ast.first)
        for op, part in ast.rest:
            kind = self._operator(op, kind, self.infer(part), ast.at)
        return kind

    def _operator(self, op: str, left: str, right: str, at: int) -> str:
        if ANY in {left, right}:
            known = right if left == ANY else left
            if known != ANY and known not in NUMBERS and not (op == "+" and known in {"string", "list"}):
                self._fault(at, f"{op} does not take {known}")
            return ANY
        if left in NUMBERS and right in NUMBERS and not (op == "%" and "double" in {left, right}):
            return left if left == right else "double" if "double" in {left, right} else "number"
        if not (op == "+" and left == right and left in {"string", "list"}):
            self._fault(at, f"{op} does not take {left} and {right}")
        return left

    def _compare(self, ast: Compare) -> str:
        left, right = self.infer(ast.left), self.infer(ast.right)
        alike = ANY in {left, right} or left == right or (left in NUMBERS and right in NUMBERS)
        if ast.op == "in":
            if right not in {"list", "map", ANY}:
                self._fault(ast.at, f"`in` takes list or map on its right side, not {right}; for text write text.contains(part)")
        elif ast.op in {"==", "!="}:
            if not alike and "null" not in {left, right}:
                self._fault(ast.at, f"{left} is never equal to {right}")
        elif not alike or not {left, right} <= {*NUMBERS, "string", "bool", ANY}:
            self._fault(ast.at, f"{left} and {right} have no order")
        return "bool"
