"""The built-in provider `list`: items that stand in the workflow, or in what a node before has found. Pure (flow spec 11)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from actors.fan_out.items import NewItem, distinct
from actors.fan_out.provider import NoItems

__all__ = ["ITEM_TYPE", "scope_problem", "values_of"]

ITEM_TYPE = "value"
_SEPARATORS = re.compile(r"[,\n]")


def scope_problem(scope: Mapping[str, str] | None) -> str | None:
    """What is wrong with a for-each's scope, as a sentence; None: nothing."""
    given = dict(scope or {})
    if len(given) != 1 or not ({"values", "from"} & given.keys()):
        found = ", ".join(sorted(given)) or "nothing"
        return f'The provider list takes a scope of either values ("a, b") or from ("KEY.FIELD"); it has {found}.'
    if "from" in given and not all(_reference(given["from"])):
        return f"The scope's from is {given['from']!r}; it names the result of a node and a field of it: KEY.FIELD."
    return None


def values_of(scope: Mapping[str, str] | None, output_of: Callable[[str], Any]) -> tuple[NewItem, ...]:
    """The items. `output_of`: the structured output of the result with that key, None where there is none.

    Raises NoItems: `foreach_scope_invalid`, `foreach_items_failed`.
    """
    problem = scope_problem(scope)
    if scope is None or problem is not None:
        raise NoItems("foreach_scope_invalid", problem or "")
    if "values" in scope:
        found = [NewItem(ITEM_TYPE, text, text, {"value": text}) for word in _SEPARATORS.split(scope["values"]) if (text := word.strip())]
    else:
        found = _from_output(scope["from"], output_of)
    return distinct(found)


def _reference(text: str) -> tuple[str, str]:
    key, _, name = text.strip().rpartition(".")
    return key, name


def _from_output(reference: str, output_of: Callable[[str], Any]) -> list[NewItem]:
    key, name = _reference(reference)
    output = output_of(key)
    listed = output.get(name) if isinstance(output, Mapping) else None
    if not isinstance(listed, list):
        raise NoItems("foreach_items_failed", f"{reference} is no list: the result {key!r} has no list {name!r} in its structured output")
    return [_item(reference, number, value) for number, value in enumerate(listed)]


def _item(reference: str, number: int, value: Any) -> NewItem:
    if isinstance(value, str) and value:
        return NewItem(ITEM_TYPE, value, value, {"value": value})
    item_id = value.get("id") if isinstance(value, Mapping) else None
    if not isinstance(item_id, str) or not item_id:
        raise NoItems("foreach_items_failed", f"{reference}[{number}] is neither text nor an object with a text id")
    return NewItem(ITEM_TYPE, item_id, item_id, {name: text for name, text in value.items() if isinstance(text, str)})
