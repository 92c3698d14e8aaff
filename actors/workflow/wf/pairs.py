"""Reads pairs of key and value, and the values: texts, lists of texts, maps of texts (flow spec 2.2)."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from actors.workflow.wf.ast import Entry, ListValue, MapValue, Scalar, Value
from actors.workflow.wf.cursor import Cursor, scalar

__all__ = ["VALUE_FORMS", "read_pairs", "read_scalar", "read_value"]

VALUE_FORMS: Final = ('"text"', "a number", "a word", "word.word", "[ a, b ]", "{ key = value }")


def read_pairs(cursor: Cursor, blocks: Collection[str] = (), *, flat: bool = False) -> tuple[Entry, ...]:
    """All pairs up to the first token that begins none. `blocks` are keys that may stand before `{` without `=`; `flat`: texts alone."""
    entries = []
    while (pair := _begins_pair(cursor)) or (cursor.token.text in blocks and cursor.token.kind == "word" and cursor.ahead(1).is_("{")):
        start = cursor.at
        key = cursor.take()
        if pair:
            cursor.take()
        value = _read_flat(cursor) if flat else read_value(cursor)
        entries.append(Entry(key.text, value, not pair, key.place, cursor.trivia(start)))
    return tuple(entries)


def _begins_pair(cursor: Cursor) -> bool:
    return cursor.token.is_key and cursor.ahead(1).is_("=")


def read_value(cursor: Cursor) -> Value:
    """A text, a list or a map."""
    place = cursor.token.place
    if cursor.accept("["):
        return ListValue(_read_items(cursor), place)
    if cursor.accept("{"):
        entries = read_pairs(cursor, flat=True)
        if not cursor.token.is_("}"):
            cursor.unexpected(("key = value", "}"))
        cursor.take()
        return MapValue(entries, place)
    return read_scalar(cursor)


def read_scalar(cursor: Cursor) -> Scalar:
    """A quoted text, a number, a word, or two words with a dot between them."""
    token = cursor.token
    if token.kind not in {"string", "number"} and not token.is_name:
        cursor.unexpected(VALUE_FORMS, "wf_expected_value")
    value = scalar(cursor.take())
    if token.kind == "word" and cursor.token.is_(".") and cursor.ahead(1).is_name:
        cursor.take()
        text = f"{value.text}.{cursor.take().text}"
        return Scalar(text, False, text, value.place)
    return value


def _read_items(cursor: Cursor) -> tuple[Scalar, ...]:
    items: list[Scalar] = []
    while not cursor.token.is_("]"):
        items.append(_read_flat(cursor))
        cursor.accept(",")
    cursor.take()
    return tuple(items)


def _read_flat(cursor: Cursor) -> Scalar:
    """A text inside a list or map. A list or map there is one mistake, however deep it is."""
    if not cursor.token.is_("[", "{"):
        return read_scalar(cursor)
    what = "a list" if cursor.token.is_("[") else "a map"
    message = f"Text is needed here, and this is {what}. Write one text: lists and maps hold nothing else."
    place = cursor.token.place
    cursor.note("wf_value_type", message, found=what, allowed=("text",))
    depth = 0
    while cursor.token.kind != "end":
        token = cursor.take()
        depth += token.is_("[", "{") - token.is_("]", "}")
        if depth == 0:
            return Scalar("", True, '""', place)
    return cursor.unexpected(("]", "}"))
