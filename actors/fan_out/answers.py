"""What a provider that is a program says: the items, and the edges among them. Pure (flow spec 11)."""

from __future__ import annotations

from typing import Any

from attrs import frozen

from actors.fan_out.edges import Edge
from actors.fan_out.items import NewItem
from actors.fan_out.provider import NoItems
from storage.codec import BadJson, loads_strict

__all__ = ["Collected", "read_answer"]


@frozen
class Collected:
    """The items in the order in which they were found, and (blocker, dependent) by id."""

    items: tuple[NewItem, ...] = ()
    edges: tuple[Edge, ...] = ()


def read_answer(data: bytes, *, ordered: bool) -> Collected:
    """`{"items": [{type?, id, ref?, context?}], "edges": [[blocker, dependent]]}`; edges are read where the for-each is ordered.

    Raises NoItems: `foreach_items_failed`, `foreach_dependencies_failed`.
    """
    try:
        value = loads_strict(data)
    except BadJson:
        raise _items("the answer is no JSON" if data.strip() else "the answer is empty") from None
    listed = value.get("items") if isinstance(value, dict) else None
    if not isinstance(listed, list):
        raise _items("the answer is no object with a list of items")
    items = tuple(_item(number, one) for number, one in enumerate(listed))
    return Collected(items, _edges(value.get("edges", [])) if ordered else ())


def _items(what: str) -> NoItems:
    return NoItems("foreach_items_failed", what)


def _item(number: int, value: Any) -> NewItem:
    if not isinstance(value, dict) or not isinstance(value.get("id"), str) or not value["id"]:
        raise _items(f"items[{number}] is no object with a text id")
    item_type, ref, context = value.get("type", "item"), value.get("ref", value["id"]), value.get("context", {})
    if not isinstance(item_type, str) or not isinstance(ref, str):
        raise _items(f"items[{number}] has a type or a ref that is no text")
    if not isinstance(context, dict) or not all(isinstance(text, str) for text in context.values()):
        raise _items(f"the context of items[{number}] is no object of texts")
    return NewItem(item_type, value["id"], ref, context)


def _edges(value: Any) -> tuple[Edge, ...]:
    if not isinstance(value, list):
        raise NoItems("foreach_dependencies_failed", "the edges of the answer are no list")
    return tuple(_edge(number, one) for number, one in enumerate(value))


def _edge(number: int, value: Any) -> Edge:
    if not isinstance(value, list) or len(value) != 2 or not all(isinstance(end, str) for end in value):
        raise NoItems("foreach_dependencies_failed", f"edges[{number}] is no pair of ids: [blocker, dependent]")
    return value[0], value[1]
