"""Writes the model's JSON tree as a `.wf` text, where `.wf` can say all that it holds (flow spec 3.3)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from actors.workflow.names import slug
from actors.workflow.problems import Path
from actors.workflow.wf.ast import Attribute, Declared, Entry, File, Scalar, Statement, Trivia
from actors.workflow.wf.header import META_WORDS
from actors.workflow.wf.layout import layout
from actors.workflow.wf.spelling import NotExpressible, bare, entries_of, quoted
from actors.workflow.wf.write_nodes import Writer

__all__ = ["write_wf"]

GAP: Final = Trivia(before=("",))


def write_wf(tree: Mapping[str, Any]) -> str:
    """The text. Raises NotExpressible for what has no words here; some of that shows only when the text is read again (`convert`)."""
    label = tree.get("label", tree["workflow_id"])
    if slug(label) != tree["workflow_id"]:
        raise NotExpressible(("workflow_id",), "it is not what the label becomes as an id")
    flow = tree["flow"]
    keys = dict(_keys(flow.get("nodes", ()))) | dict(_keys(flow.get("finally", ())))
    writer = Writer(keys)
    nodes = writer.nodes(flow.get("nodes", ()), ("flow", "nodes"))
    final = writer.nodes(flow.get("finally", ()), ("flow", "finally"))
    items = [*_meta(tree), *_inputs(tree), *nodes, *([Statement("always", body=final)] if final else [])]
    return layout(File(bare(label, ("label",)), tuple(_apart(items))))


def _apart(items: list[Statement]) -> list[Statement]:
    """An empty line in front of each block with nodes, and of the first node."""
    from attrs import evolve  # noqa: PLC0415 - one use

    return [
        evolve(item, trivia=GAP) if i and (item.body or items[i - 1].body or _begins(items, i)) else item for i, item in enumerate(items)
    ]


def _begins(items: list[Statement], i: int) -> bool:
    return items[i - 1].word in {"meta", "inputs"} and items[i].word not in {"meta", "inputs"}


def _keys(nodes: Any) -> Any:
    """Each node's id with its result key, at every depth."""
    for node in nodes:
        yield node["node_id"], node.get("result_key", node["node_id"])
        yield from _keys(node.get("nodes", ()))


def _meta(tree: Mapping[str, Any]) -> list[Statement]:
    values = {word: tree.get(model) for word, model in META_WORDS.items()}
    trigger = values.pop("trigger")
    entries = entries_of(values, ("meta",))
    if trigger and trigger != "manual":
        entries = (*entries, Entry("trigger", bare(trigger, ("trigger",))))
    return [Statement("meta", entries=entries)] if entries else []


def _inputs(tree: Mapping[str, Any]) -> list[Statement]:
    listed = tree.get("inputs", ())
    return [Statement("inputs", declared=tuple(_declared(one, ("inputs", i)) for i, one in enumerate(listed)))] if listed else []


def _declared(given: Mapping[str, Any], path: Path) -> Declared:
    words: list[Attribute] = []
    kind, default = given.get("type", "string"), given.get("default")
    if kind not in {"string", "boolean"}:
        raise NotExpressible((*path, "type"), f"an input of the type {kind} has no words")
    if kind == "boolean":
        words.append(Attribute("boolean"))
    elif given.get("required"):
        words.append(Attribute("required"))
    elif default is None:
        raise NotExpressible((*path, "required"), "a text that is neither required nor has a default becomes required")
    if default is not None:
        words.append(Attribute("default", _default(default)))
    if given.get("description"):
        words.append(Attribute("description", quoted(given["description"])))
    return Declared(bare(given["name"], (*path, "name")).text, tuple(words))


def _default(value: Any) -> Scalar:
    return Scalar("true" if value else "false") if isinstance(value, bool) else quoted(str(value))
