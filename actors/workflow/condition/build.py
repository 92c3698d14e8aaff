"""Makes our syntax tree while the parser runs, innermost parts first. Not recursive: no depth of a text can exhaust the stack."""

from __future__ import annotations

import math
import re
import sys
from typing import Any

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
)  # fmt: skip
from actors.workflow.condition.errors import Fault

__all__ = ["AstBuilder", "position_of"]

ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "f": "\f", "v": "\v", "\\": "\\", "'": "'", '"': '"', "`": "`", "?": "?"}
ESCAPE = re.compile(r"\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-3][0-7]{2})|(.))", re.DOTALL)
CONSTANTS = {"true": True, "false": False, "null": None}
RESERVED = frozenset(
    ("as", "break", "const", "continue", "else", "for", "function", "if", "import", "in", "let", "loop", "namespace", "package", "return",
     "var", "void", "while")
)  # fmt: skip
WHOLE_END = 2**63


def position_of(token: Any) -> int:
    """Where a token begins in the text."""
    return int(token.start_pos or 0)


class AstBuilder:
    """One method for each rule of the grammar, called with the finished parts."""

    def choose(self, parts: list[Ast]) -> Ast:
        """`a ? b : c`."""
        return Choose(parts[0].at, *parts)

    def any_of(self, parts: list[Ast]) -> Ast:
        """`a || b`."""
        return Some(parts[0].at, tuple(parts[::2]))

    def all_of(self, parts: list[Ast]) -> Ast:
        """`a && b`."""
        return Every(parts[0].at, tuple(parts[::2]))

    def compare(self, parts: list[Any]) -> Ast:
        """`a == b`."""
        left, op, right = parts
        return Compare(position_of(op), str(op), left, right)

    def chain(self, parts: list[Any]) -> Ast:
        """`a + b - c`."""
        ops = [str(op) for op in parts[1::2]]
        return Chain(position_of(parts[1]), parts[0], tuple(zip(ops, parts[2::2], strict=True)))

    def negation(self, parts: list[Any]) -> Ast:
        """`!a`."""
        return Not(position_of(parts[0]), parts[1])

    def minus(self, parts: list[Any]) -> Ast:
        """`-a`; the sign of a number belongs to it, so that the smallest one can be written."""
        sign, operand = parts
        if isinstance(operand, Literal) and type(operand.value) in {int, float} and operand.value >= 0:  # type: ignore[operator]  # a number
            return Literal(position_of(sign), -operand.value)  # type: ignore[operator]  # a number, by the line above
        return Negate(position_of(sign), operand)

    def field(self, parts: list[Any]) -> Ast:
        """`a.b`."""
        return _select(parts[0], str(parts[1]))

    def index(self, parts: list[Any]) -> Ast:
        """`a[b]`."""
        return _select(parts[0], parts[1])

    def method(self, parts: list[Any]) -> Ast:
        """`a.f(b)`."""
        base, name, args = parts
        return Call(position_of(name), str(name), (base, *args), method=True)

    def call(self, parts: list[Any]) -> Ast:
        """`f(a)`."""
        name, args = parts
        return Call(position_of(name), str(name), args)

    def args(self, parts: list[Ast]) -> tuple[Ast, ...]:
        """The arguments of a call."""
        return tuple(parts)

    def name(self, parts: list[Any]) -> Ast:
        """A root, or one of the three words that are constants."""
        word = str(parts[0])
        if word in CONSTANTS:
            return Literal(position_of(parts[0]), CONSTANTS[word])
        if word in RESERVED:
            raise Fault(position_of(parts[0]), f'"{word}" is a reserved word')
        return Name(position_of(parts[0]), word)

    def items(self, parts: list[Any]) -> Ast:
        """`[a, b]`."""
        return ListOf(position_of(parts[0]), tuple(parts[1:]))

    def table(self, parts: list[Any]) -> Ast:
        """`{"a": b}`."""
        return MapOf(position_of(parts[0]), tuple(parts[1:]))

    def entry(self, parts: list[Ast]) -> tuple[Ast, Ast]:
        """One key and its value."""
        return parts[0], parts[1]

    def literal(self, parts: list[Any]) -> Ast:
        """A number or a text."""
        token = parts[0]
        at = position_of(token)
        match token.type:
            case "INT":
                return Literal(at, _whole(str(token), at))
            case "DOUBLE":
                return Literal(at, _double(str(token), at))
            case "RAW":
                return Literal(at, str(token)[2:-1])
        return Literal(at, ESCAPE.sub(lambda found: _unescape(found, at), str(token)[1:-1]))


def _select(base: Ast, step: str | Ast) -> Ast:
    if isinstance(base, Select):
        return Select(base.at, base.base, (*base.steps, step))
    return Select(base.at, base, (step,))


def _whole(text: str, at: int) -> int:
    """One more than the largest is taken here, for the minus sign that may stand before it; `parse` refuses it alone."""
    if len(text) > 40 or (number := int(text, 0 if text.startswith("0x") else 10)) > WHOLE_END:
        raise Fault(at, f"{text[:40]} does not fit into 64 bits")
    return number


def _double(text: str, at: int) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise Fault(at, f"{text[:40]} is larger than any double")
    return number


def _unescape(found: re.Match[str], at: int) -> str:
    code = next((int(digits, base) for digits, base in zip(found.groups()[:4], (16, 16, 16, 8), strict=True) if digits), None)
    if code is None and found[5] in ESCAPES:
        return ESCAPES[found[5]]
    if code is None or code > sys.maxunicode or 0xD800 <= code < 0xE000:
        raise Fault(at + found.start() + 1, f"{found[0]} is no escape")
    return chr(code)
