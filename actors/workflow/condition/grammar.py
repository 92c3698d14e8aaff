"""The grammar of conditions (the syntax of CEL without macros) and the parser made of it, once, when the first condition is read."""

from __future__ import annotations

from functools import cache
from typing import Any

from actors.workflow.condition.ast import Ast
from actors.workflow.condition.build import AstBuilder, position_of
from actors.workflow.condition.errors import Fault

__all__ = ["GRAMMAR", "parse"]

GRAMMAR = r"""
?start: expr
?expr: some | some "?" some ":" expr -> choose
?some: every | every (OR every)+ -> any_of
?every: relation | relation (AND relation)+ -> all_of
?relation: sum | relation (EQ | ORDER | IN) sum -> compare
?sum: product | product ((PLUS | MINUS) product)+ -> chain
?product: unary | unary ((TIMES | OVER | MOD) unary)+ -> chain
?unary: member | BANG unary -> negation | MINUS unary -> minus
?member: primary | member "." NAME -> field | member "." NAME "(" args ")" -> method | member "[" expr "]" -> index
?primary: NAME -> name
    | NAME "(" args ")" -> call
    | "(" expr ")"
    | OPEN_LIST [expr ("," expr)* [","]] "]" -> items
    | OPEN_MAP [entry ("," entry)* [","]] "}" -> table
    | (DOUBLE | INT | STRING | RAW) -> literal
args: [expr ("," expr)*]
entry: expr ":" expr
OR: "||"
AND: "&&"
EQ: "==" | "!="
ORDER: "<=" | ">=" | "<" | ">"
IN: /in(?![A-Za-z0-9_])/
PLUS: "+"
MINUS: "-"
TIMES: "*"
OVER: "/"
MOD: "%"
BANG: "!"
OPEN_LIST: "["
OPEN_MAP: "{"
NAME: /[A-Za-z_][A-Za-z0-9_]*/
DOUBLE.2: /[0-9]*\.[0-9]+([eE][-+]?[0-9]+)?|[0-9]+[eE][-+]?[0-9]+/
INT: /0x[0-9a-fA-F]+|[0-9]+/
STRING: /"(\\.|[^"\\\n])*"|'(\\.|[^'\\\n])*'/
RAW.2: /[rR]("[^"\n]*"|'[^'\n]*')/
%ignore /[ \t\r\n]+/
"""
WORDS = {
    "OR": "||", "AND": "&&", "EQ": "==", "ORDER": "<", "IN": "in", "PLUS": "+", "MINUS": "-", "TIMES": "*", "OVER": "/", "MOD": "%",
    "BANG": "!", "NAME": "a name", "OPEN_LIST": "[", "LSQB": "[", "OPEN_MAP": "{", "DOUBLE": "a number", "INT": "a number",
    "STRING": "text in quotes", "RAW": "text in quotes", "LPAR": "(", "RPAR": ")", "RSQB": "]", "RBRACE": "}", "COMMA": ",", "COLON": ":",
    "DOT": ".", "QMARK": "?", "$END": "the end",
}  # fmt: skip


@cache
def _parser() -> Any:
    from lark import Lark  # noqa: PLC0415 - 35 ms, and only a workflow with conditions needs it

    return Lark(GRAMMAR, parser="lalr", transformer=AstBuilder(), maybe_placeholders=False, propagate_positions=False)


def parse(text: str) -> Ast:
    """The syntax tree. Raises Fault at the place where the text stops being a condition."""
    from lark.exceptions import UnexpectedCharacters, UnexpectedToken  # noqa: PLC0415 - same

    try:
        tree: Ast = _parser().parse(text)
    except UnexpectedToken as error:
        wanted = ", ".join(sorted({WORDS.get(name, name) for name in error.accepts or error.expected}))
        found = "the end" if error.token.type == "$END" else f'"{error.token}"'
        end = len(text) if error.token.type == "$END" else position_of(error.token)
        raise Fault(end, f"found {found}, expected one of: {wanted}") from None
    except UnexpectedCharacters as error:
        at: Any = error.pos_in_stream
        raise Fault(at, f"{text[at]!r} has no meaning here") from None
    return tree
