"""The model's JSON tree in the words of a YAML file, as a person would write it (flow spec 3.3); what has no word keeps the model's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from actors.workflow.durations import shown_duration

__all__ = ["yaml_words"]

Tree = Mapping[str, Any]
ORDER: Final = (
    "workflow_id", "label", "name", "description", "group", "targets", "trigger", "templating", "inputs", "fail_fast", "execution",
)  # fmt: skip
LATE: Final = ("output", "output_targets")  # behind the nodes, whose results they are
LIMITS: Final = {
    "max_parallel": "parallel", "max_total_tokens": "tokens", "max_total_cost_usd": "cost_usd", "max_total_tool_calls": "tool_calls",
}  # fmt: skip
TOP: Final = {"workflow_id": "workflow", "name": "title", "execution": "limits", "workspace_root": "workspace"}
NODE: Final = {
    "node_id": "id",
    "as_identity": "as",
    "objective": "instructions",
    "argv": "command",
    "run": "shell",
    "function": "python",
    "url": "http",
}
DURATIONS: Final = {"absolute_timeout_ms": "timeout", "timeout_ms": "idle_timeout"}
GATE: Final = {"type": "gate", "instructions": "prompt", "rework_targets": "rework", "as_identity": "as"}
EXPIRY: Final = {"timeout": "timeout", "on_expiry": "on_timeout", "escalate_to": "escalate_to"}
EXPIRY_DURATIONS: Final = {"expires_after_ms": "timeout", "remind_every_ms": "remind_every"}
FORMS: Final = ("parallel", "repeat")


def yaml_words(tree: Tree) -> dict[str, Any]:
    """The same workflow as the keys of a file, in the order in which one reads them."""
    rest = dict(tree)
    flow = rest.pop("flow")
    execution = dict(rest.pop("execution", {}))
    if "fail_fast" in execution:
        rest["fail_fast"] = execution.pop("fail_fast")
    if "profile" in execution:
        rest["profile"] = execution.pop("profile")
    if execution:
        rest["execution"] = _limits(execution)
    if "inputs" in rest:
        rest["inputs"] = {one["name"]: _input(one) for one in rest["inputs"]}
    keys = [key for key in ORDER if key in rest] + [key for key in rest if key not in (*ORDER, *LATE)]
    found: dict[str, Any] = {"penstock": 1} | {TOP.get(key, key): rest[key] for key in keys}
    lists = [flow[key] for key in ("nodes", "finally") if key in flow]
    # The word holds for both lists, so it is used where both are such sequences.
    if chained := _are_chains(lists):
        found["sequence"] = True
    found |= {key: _nodes(flow[key], chained=chained) for key in ("nodes", "finally") if key in flow}
    return found | {key: rest[key] for key in LATE if key in rest}


def _limits(execution: Tree) -> dict[str, Any]:
    found = {LIMITS.get(key, key): value for key, value in execution.items() if key != "max_total_runtime_ms"}
    runtime = execution.get("max_total_runtime_ms")
    return found | ({} if runtime is None else {"runtime": shown_duration(runtime)})


def _input(given: Tree) -> dict[str, Any]:
    """A file takes a text without a default for required, so it is said in any case."""
    found = {key: value for key, value in given.items() if key != "name"}
    if given.get("type", "string") != "boolean" and "default" not in given:
        found["required"] = given.get("required", False)
    return found


def _is_chain(nodes: Sequence[Tree]) -> bool:
    """Whether each node but the first waits for the one before it, however that ends, and for nothing else."""
    befores = [[], *([{"node": node["node_id"], "until": "settled"}] for node in nodes[:-1])]
    return all(node.get("needs", []) == before for node, before in zip(nodes, befores, strict=False))


def _are_chains(lists: Sequence[Sequence[Tree]]) -> bool:
    return any(len(nodes) > 1 for nodes in lists) and all(_is_chain(nodes) for nodes in lists)


def _nodes(nodes: Sequence[Tree], *, chained: bool) -> list[dict[str, Any]]:
    return [_node(node, chained=chained) for node in nodes]


def _listed(nodes: Sequence[Tree], word: str) -> dict[str, Any]:
    """A list of nodes under its word, with `sequence` beside it where it is one."""
    chained = _are_chains([nodes])
    return ({"sequence": True} if chained else {}) | {word: _nodes(nodes, chained=chained)}


def _node(node: Tree, *, chained: bool) -> dict[str, Any]:
    rest = {key: value for key, value in node.items() if key != "kind" and not (chained and key == "needs")}
    found: dict[str, Any] = {"id": rest.pop("node_id")} | {key: rest.pop(key) for key in ("title",) if key in rest}
    action = _action(node["kind"], rest)
    # What says what the node does stands first, but the nodes inside of a block last.
    head, tail = (action, {}) if not node.get("nodes") else ({}, action)
    found |= head | {key: rest.pop(key) for key in ("argv", "run", "function", "url", "workflow", "wait") if key in rest}
    found |= {key: rest.pop(key) for key in ("needs", "when") if key in rest}
    for key, value in rest.items():
        if key in DURATIONS:
            found[DURATIONS[key]] = shown_duration(value)
        elif key == "retry_policy":
            found["retry"] = _retry(value)
        elif key == "on_fail":
            found["on_fail"] = _on_fail(value)
        else:
            found[key] = value
    return {NODE.get(key, key): value for key, value in (found | tail).items()}


def _action(kind: str, rest: dict[str, Any]) -> dict[str, Any]:
    """The keys that say what the node does; they are taken out of `rest`."""
    if kind == "agent":
        return {"agent": _agent(rest)}
    if kind == "gate":
        return _gate(rest.pop("gate"))
    if kind != "group":
        return {}
    if "foreach" in rest:
        return {"foreach": rest.pop("foreach")}
    nodes = rest.pop("nodes", [])
    for form in FORMS:
        if form in rest:
            # Branches begin together: what one of them needs is said by itself.
            inner = {"nodes": _nodes(nodes, chained=False)} if form == "parallel" else _listed(nodes, "nodes")
            return {form: dict(rest.pop(form)) | inner}
    return _listed(nodes, "group")


def _agent(rest: dict[str, Any]) -> Any:
    return {"path": rest.pop("persona_path")} if "persona_path" in rest else rest.pop("persona_id")


def _on_fail(value: Any) -> Any:
    if isinstance(value, Mapping) and ("persona_id" in value or "persona_path" in value):
        rest = dict(value)
        return {"agent": _agent(rest)} | rest
    return value


def _retry(policy: Tree) -> dict[str, Any]:
    return {"on" if key == "retryable_failure_classes" else key: value for key, value in policy.items()}


def _gate(gate: Tree) -> dict[str, Any]:
    found: dict[str, Any] = {"gate": gate["type"]}
    for key, value in gate.items():
        if key == "expiry_policy":
            found |= {word: value[model] for model, word in EXPIRY.items() if model in value}
            found |= {word: shown_duration(value[model]) for model, word in EXPIRY_DURATIONS.items() if model in value}
        elif key == "options":
            found["options"] = _options(value)
        elif key != "type":
            found[GATE.get(key, key)] = value
    return found


def _options(options: Tree) -> Any:
    if "ref" in options:
        return options["ref"]
    pairs = [(one["value"], one["label"]) for one in options["values"]]
    return [value for value, _ in pairs] if all(value == label for value, label in pairs) else dict(pairs)
