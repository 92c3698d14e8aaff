"""Reads statements: the nodes of a `.wf` text. After a mistake it goes on at the next statement of the same block (flow spec 2.3)."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any, Final

from attrs import evolve

from actors.workflow.read_lists import MAX_NODES
from actors.workflow.wf.ast import Condition, Scalar, Statement
from actors.workflow.wf.cursor import Cursor, SyntaxFlaw, scalar
from actors.workflow.wf.pairs import read_pairs
from actors.workflow.wf.tokens import KEYWORDS, NODE_WORDS, Token

__all__ = ["LOOP_KEYS", "MAX_BLOCKS", "read_block", "read_statement"]

# What a stored workflow and its YAML form can hold at their own limits of depth.
MAX_BLOCKS: Final = 9
LOOP_KEYS: Final = frozenset(("max_iterations", "stuck_after", "on_max_iter"))
AGENT_WORDS: Final = frozenset(("required", "default", "description"))
BLOCK_KEYS: Final = {"call workflow": ("inputs",), "script": ("env",), "foreach": ("scope", "filter", "inputs")}
DO_HINT: Final = "A block is written as do { … }, without a name."


def read_block(cursor: Cursor, item: Callable[[Cursor], Statement], words: Collection[str]) -> tuple[tuple[Statement, ...], bool]:
    """Statements up to the closing brace, which is left; and whether one of them could not be read."""
    items, broken, depth = [], False, cursor.depth
    while not cursor.token.is_("}") and cursor.token.kind != "end":
        start = cursor.at
        try:
            items.append(item(cursor))
        except SyntaxFlaw:
            broken = True
            cursor.recover(start, depth, words)
    return tuple(items), broken


def read_statement(cursor: Cursor) -> Statement:
    """One node. Raises SyntaxFlaw when its rest cannot be read."""
    token = cursor.token
    if not token.is_(*NODE_WORDS):
        hint = "Options stand in front of the first statement of a block." if token.is_key and cursor.ahead(1).is_("=") else ""
        cursor.unexpected(NODE_WORDS, "wf_expected_node", hint)
    start = cursor.at
    cursor.count(MAX_NODES)
    found = _READERS[cursor.take().text](cursor, token)
    return evolve(found, place=token.place, trivia=cursor.trivia(start))


def _call(cursor: Cursor, _token: Token) -> Statement:
    if cursor.accept("workflow"):
        return _options(cursor, "call workflow", cursor.name("the name of a workflow"))
    return _call_agent(cursor)


def _call_agent(cursor: Cursor) -> Statement:
    token = cursor.token
    if token.kind == "string" or (token.kind == "word" and (token.text not in KEYWORDS or token.text in AGENT_WORDS)):
        return _options(cursor, "call", scalar(cursor.take()))
    return cursor.unexpected(("the name of an agent", '"path/of/agent.md"'), "wf_expected_agent")


def _named(word: str, wanted: str) -> Callable[[Cursor, Token], Statement]:
    return lambda cursor, _token: _options(cursor, word, cursor.name(wanted))


def _options(cursor: Cursor, word: str, name: Scalar) -> Statement:
    """The block of pairs of a statement without nodes; that of a call may be left out."""
    if word in {"call", "call workflow"} and not cursor.token.is_("{"):
        return Statement(word, name, braces=False)
    cursor.expect("{")
    opened = cursor.opened()
    entries = read_pairs(cursor, BLOCK_KEYS.get(word, ()))
    return Statement(word, name, entries=entries, opened=opened, **_closed(cursor, ("key = value", "}")))


def _closed(cursor: Cursor, wanted: tuple[str, ...] = ("}",)) -> dict[str, Any]:
    if not cursor.token.is_("}"):
        cursor.unexpected(wanted)
    closing = cursor.closing()
    cursor.take()
    return {"closing": closing}


def _block(cursor: Cursor, word: str, condition: Condition | None = None) -> Statement:
    """Options, then nodes, in braces."""
    cursor.expect("{")
    opened = cursor.opened()
    if cursor.depth > MAX_BLOCKS + 1:
        message = f"Blocks are nested deeper than {MAX_BLOCKS} here. Call another workflow for what is inside."
        cursor.note("file_too_deep", message, allowed=(f"≤ {MAX_BLOCKS}",))
        raise SyntaxFlaw
    entries = read_pairs(cursor)
    body, broken = read_block(cursor, _read_branch if word == "parallel" else read_statement, NODE_WORDS)
    closed = _closed(cursor, (*NODE_WORDS, "}"))
    return Statement(word, condition=condition, entries=entries, body=body, opened=opened, broken=broken, **closed)


def _branching(cursor: Cursor, token: Token) -> Statement:
    return _block(cursor, token.text, _condition(cursor))


def _condition(cursor: Cursor) -> Condition:
    left = cursor.name("step.marker or the name of an input")
    if not cursor.accept("."):
        return Condition(left.text, None, left.place)
    return Condition(left.text, cursor.name("the name of a marker").text, left.place)


def _loop_condition(cursor: Cursor) -> Condition:
    condition = _condition(cursor)
    if condition.marker is None:
        message = f"A loop looks at a marker of a step, and {condition.left} alone is none. Write while step.marker, such as review.again."
        cursor.note("loop_condition_not_marker", message, place=condition.place, found=condition.left, allowed=("step.marker",))
    return condition


def _while(cursor: Cursor, _token: Token) -> Statement:
    return _block(cursor, "while", _loop_condition(cursor))


def _do(cursor: Cursor, token: Token) -> Statement:
    """A loop that asks behind its body where it has the options of one; else a plain block."""
    if not cursor.token.is_("{"):
        cursor.unexpected(("{",), hint=DO_HINT if cursor.token.is_name else "")
    block = _block(cursor, "do")
    if any(entry.key in LOOP_KEYS for entry in block.entries):
        if cursor.accept("while"):
            return evolve(block, condition=_loop_condition(cursor))
        message = "This do has the options of a loop, and no condition behind it. Write while step.marker behind its brace, or remove them."
        cursor.note("do_while_condition_missing", message, found=cursor.token.shown, allowed=("while step.marker",))
        return evolve(block, broken=True)
    if _bare_while(cursor):
        message = "A loop has to end some time. Give max_iterations in the block of this do, such as max_iterations = 5."
        cursor.note("loop_requires_max_iterations", message, place=token.place, found="do", allowed=("max_iterations = NUMBER",))
        cursor.take()
        return evolve(block, condition=_condition(cursor), broken=True)
    return block


def _bare_while(cursor: Cursor) -> bool:
    """Whether a condition follows, and no block behind it that would make it a loop of its own."""
    if not (cursor.token.is_("while") and cursor.ahead(1).is_name):
        return False
    dotted = cursor.ahead(2).is_(".") and cursor.ahead(3).is_name
    return not cursor.ahead(4 if dotted else 2).is_("{")


def _parallel(cursor: Cursor, _token: Token) -> Statement:
    return _block(cursor, "parallel")


def _read_branch(cursor: Cursor) -> Statement:
    """A call of an agent: nothing else may stand in a parallel block."""
    token, start = cursor.token, cursor.at
    if not token.is_("call"):
        known = token.is_(*NODE_WORDS)
        hint = "A parallel block holds calls of agents alone." if known else "Options stand in front of the first call."
        cursor.unexpected(("call", "}"), "wf_unexpected_token" if known else "wf_expected_node", hint)
    cursor.count(MAX_NODES)
    cursor.take()
    found = _call_agent(cursor)
    return evolve(found, place=token.place, trivia=cursor.trivia(start))


def _always(cursor: Cursor, _token: Token) -> Statement:
    return _block(cursor, "always")


_READERS: Final[dict[str, Callable[[Cursor, Token], Statement]]] = {
    "call": _call, "if": _branching, "unless": _branching, "while": _while, "do": _do, "parallel": _parallel, "always": _always,
    "gate": _named("gate", "the type of a gate"), "script": _named("script", "the name of a script"),
    "foreach": _named("foreach", "the name of a foreach"),
}  # fmt: skip
