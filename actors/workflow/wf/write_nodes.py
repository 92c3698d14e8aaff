"""Writes nodes of the model's JSON tree as statements; the mirror of `lower` and `leaves` (flow spec 3.3)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from actors.workflow.durations import shown_duration
from actors.workflow.names import slug
from actors.workflow.problems import Path
from actors.workflow.wf.ast import Condition, Entry, MapValue, Scalar, Statement
from actors.workflow.wf.spelling import NotExpressible, bare, entries_of, is_name, quoted, value_of
from actors.workflow.wf.wording import read_condition
from actors.workflow.wf.write_gate import gate_entries

__all__ = ["Writer"]

Node = Mapping[str, Any]
FOREACH: Final = "foreach:"


class Writer:
    """`keys` maps each node's id to its result key."""

    def __init__(self, keys: Mapping[str, str]) -> None:
        self._keys = keys
        self._kinds: dict[str, Callable[[Node, Path], Statement]] = {
            "agent": _call, "workflow": _sub, "shell": _script, "gate": self._gate, "group": self._group,
        }  # fmt: skip

    def nodes(self, nodes: Sequence[Node], path: Path) -> tuple[Statement, ...]:
        """One statement for each node."""
        return tuple(self._node(node, (*path, i)) for i, node in enumerate(nodes))

    def _node(self, node: Node, path: Path) -> Statement:
        if node["kind"] not in self._kinds:
            raise NotExpressible((*path, "kind"), f"a node of the kind {node['kind']} has no statement")
        return self._kinds[node["kind"]](node, path)

    def _gate(self, node: Node, path: Path) -> Statement:
        gate = node["gate"]
        return Statement("gate", bare(gate["type"], (*path, "gate", "type")), entries=gate_entries(gate, (*path, "gate"), self._keys))

    def _group(self, node: Node, path: Path) -> Statement:
        if "foreach" in node:
            return _foreach(node, path)
        body = self.nodes(node.get("nodes", ()), (*path, "nodes"))
        inherited = {"output": node.get("output_schema"), "with": node.get("snippets")}
        if "parallel" in node:
            return Statement("parallel", entries=entries_of(dict(node["parallel"]) | inherited, path), body=body)
        if "repeat" in node:
            return _loop(node["repeat"], inherited, (*path, "repeat"), body)
        if "when" in node:
            negated, condition = _condition(node["when"], (*path, "when"))
            return Statement("unless" if negated else "if", condition=condition, body=body)
        return Statement("do", entries=entries_of(inherited, path), body=body)


def _loop(repeat: Node, inherited: Mapping[str, Any], path: Path, body: tuple[Statement, ...]) -> Statement:
    word = "while" if "while" in repeat else "do_while"
    negated, condition = _condition(repeat[word], (*path, word))
    if negated or condition.marker is None:
        raise NotExpressible((*path, word), "a loop goes on while a step has a marker, and for no other reason")
    options = {key: repeat.get(key) for key in ("max_iterations", "stuck_after")}
    late = Scalar("continue") if repeat.get("on_max_iter") == "continue" else None
    own = inherited if word == "do_while" else {}
    return Statement(
        "while" if word == "while" else "do",
        condition=condition,
        entries=entries_of({**options, "on_max_iter": late, **own}, path),
        body=body,
    )


def _condition(text: str, path: Path) -> tuple[bool, Condition]:
    found = read_condition(text)
    if found is None or not is_name(found[1]) or not (found[2] is None or is_name(found[2])):
        raise NotExpressible(path, f"the condition {text[:80]!r} is neither a marker of a step nor an input")
    return found[0], Condition(found[1], found[2])


def _call(node: Node, path: Path) -> Statement:
    name = quoted(node["persona_path"]) if "persona_path" in node else bare(node["persona_id"], (*path, "persona_id"))
    branch = {} if "when" not in node else {"if": _branch(node["when"], (*path, "when"))}
    options = _common(node, path) | {
        "output": node.get("output_schema"), "with": node.get("snippets"), "plugin_dirs": node.get("plugin_dirs"),
        "max_turns": node.get("max_turns"),
    }  # fmt: skip
    entries = entries_of(branch | options, path)
    return Statement("call", name, entries=entries, braces=bool(entries))


def _branch(text: str, path: Path) -> str:
    found = read_condition(text)
    if found is None or found[0] or found[2] is None:
        raise NotExpressible(path, f"the condition {text[:80]!r} is no marker of a step")
    return f"{found[1]}.{found[2]}"


def _sub(node: Node, path: Path) -> Statement:
    name = node.get("result_key", node["workflow"])
    if slug(name) != node["workflow"]:
        raise NotExpressible((*path, "result_key"), "the result of another workflow is found under that workflow's name")
    inputs = node.get("inputs")
    blocks = (Entry("inputs", value_of(inputs, (*path, "inputs")), block=True),) if inputs else ()
    entries = (*entries_of(_common(node, path), path), *blocks)
    return Statement("call workflow", bare(name, (*path, "result_key")), entries=entries, braces=bool(entries))


def _script(node: Node, path: Path) -> Statement:
    name = bare(node.get("result_key", node["node_id"]), (*path, "node_id"))
    return Statement(
        "script", name, entries=(Entry("run", quoted(node["run"])), *entries_of({"env": node.get("env")} | _common(node, path), path))
    )


def _foreach(node: Node, path: Path) -> Statement:
    key = node.get("result_key", node["node_id"])
    name = key.removeprefix(FOREACH)
    if name == key:
        raise NotExpressible((*path, "result_key"), f"the result of a foreach is found under {FOREACH}NAME")
    loop = node["foreach"]
    words = {key: Scalar(loop[key]) for key in ("on_cycle", "on_child_fail") if key in loop}
    plain = {key: loop.get(key) for key in ("over", "scope", "filter", "ordered", "max_parallel", "workflow", "inputs")}
    plain |= {key: Scalar(loop[key]) for key in ("over", "workflow") if is_name(loop[key])}
    empty = tuple(Entry(key, MapValue(())) for key in ("scope", "filter") if loop.get(key) == {})
    return Statement("foreach", bare(name, (*path, "result_key")), entries=(*entries_of(plain | words, (*path, "foreach")), *empty))


def _common(node: Node, path: Path) -> dict[str, Any]:
    """The options that calls, scripts and runs of other workflows have alike."""
    retry, on_fail = node.get("retry_policy", {}), node.get("on_fail")
    length = node.get("absolute_timeout_ms")
    handler: Scalar | None = None
    if isinstance(on_fail, Mapping):
        path_of = on_fail.get("persona_path")
        handler = quoted(path_of) if path_of else bare(on_fail.get("persona_id", ""), (*path, "on_fail"))
    elif on_fail:
        handler = Scalar(on_fail)
    return {
        "retries": retry.get("max_attempts", 1) - 1 or None, "on_fail": handler, "as": node.get("as_identity"),
        "timeout": node.get("timeout") if length is None else shown_duration(length),
    }  # fmt: skip
