"""Reads a whole `.wf` text into its statements (flow spec 2.3, 2.4)."""

from __future__ import annotations

from contextlib import suppress
from typing import Final

from attrs import evolve

from actors.workflow.problems import Report
from actors.workflow.tree import FILE, Stop, check_size
from actors.workflow.wf.ast import Attribute, Declared, File, Statement
from actors.workflow.wf.cursor import Cursor, SyntaxFlaw
from actors.workflow.wf.lexer import tokens_of
from actors.workflow.wf.pairs import read_pairs, read_value
from actors.workflow.wf.statements import read_block, read_statement
from actors.workflow.wf.tokens import NODE_WORDS

__all__ = ["parse"]

ITEM_WORDS: Final = ("meta", "inputs", *NODE_WORDS)
ATTRIBUTES: Final = ("required", "boolean", "default", "description")


def parse(text: str, report: Report) -> File | None:
    """The statements as far as they can be read; None when not even their beginning is there. What is wrong goes to the report."""
    try:
        check_size(text, report, FILE)
    except Stop:
        return None
    tokens, flaws = tokens_of(text)
    cut_off = any(flaw.code.startswith("wf_unterminated") for flaw in flaws)
    cursor = Cursor(tokens, report, cut_off=cut_off)
    closed = len(text)
    file = None
    with suppress(SyntaxFlaw, Stop):
        file, closed = _read_file(cursor, text)
    for flaw in flaws:
        if flaw.at < closed:  # what stands behind the last brace is ignored, whatever it is
            flaw.tell(report)
    return file


def _read_file(cursor: Cursor, text: str) -> tuple[File, int]:
    start = cursor.at
    cursor.expect("workflow")
    name = cursor.name("the name of the workflow")
    cursor.expect("{")
    opened = cursor.opened()
    trivia = cursor.trivia(start)
    items, _broken = read_block(cursor, _read_item, ITEM_WORDS)
    file = File(name, items, opened, (), evolve(trivia, tail=None))
    try:
        closing = cursor.closing()
        brace = cursor.expect("}")
    except SyntaxFlaw:
        return file, len(text)
    if cursor.token.kind != "end":
        message = "What stands behind the last brace is ignored. Remove it, or move it into the workflow."
        cursor.report.warn("trailing_text", (), message, found=cursor.token.shown, place=cursor.token.place, stage="parser")
    return evolve(file, closing=closing, rest=text[brace.end :]), brace.end


def _read_item(cursor: Cursor) -> Statement:
    """A section or a node."""
    token, start = cursor.token, cursor.at
    if not token.is_("meta", "inputs"):
        return read_statement(cursor)
    cursor.take()
    cursor.expect("{")
    opened = cursor.opened()
    entries = read_pairs(cursor) if token.text == "meta" else ()
    declared = _read_inputs(cursor) if token.text == "inputs" else ()
    if not cursor.token.is_("}"):
        cursor.unexpected(("key = value" if token.text == "meta" else "the name of an input", "}"))
    closing = cursor.closing()
    cursor.take()
    return Statement(
        token.text, entries=entries, declared=declared, place=token.place, opened=opened, closing=closing, trivia=cursor.trivia(start)
    )


def _read_inputs(cursor: Cursor) -> tuple[Declared, ...]:
    inputs = []
    while cursor.token.is_name:
        start, token = cursor.at, cursor.take()
        attributes = []
        while cursor.token.is_(*ATTRIBUTES):
            attributes.append(_read_attribute(cursor))
        inputs.append(Declared(token.text, tuple(attributes), token.place, cursor.trivia(start)))
    return tuple(inputs)


def _read_attribute(cursor: Cursor) -> Attribute:
    word = cursor.take()
    if word.text in {"required", "boolean"}:
        if cursor.token.is_("="):
            hint = f"{word.text} is a word of its own: write it without a value, or leave it out."
            cursor.unexpected(("another attribute", "the name of an input", "}"), hint=hint)
        return Attribute(word.text, None, word.place)
    cursor.expect("=")
    return Attribute(word.text, read_value(cursor), word.place)
