"""Statements without nodes in them, as nodes of the model: calls, runs of other workflows, scripts, foreach (flow spec 2.6, 3.3)."""

from __future__ import annotations

from typing import Any, Final

from actors.workflow.names import slug
from actors.workflow.problems import Path, Report
from actors.workflow.wf.agents import agent_ref, handler_of, step_key
from actors.workflow.wf.ast import Entry, MapValue, Scalar, Statement
from actors.workflow.wf.ids import Ids
from actors.workflow.wf.options import Options
from actors.workflow.wf.wording import marker_text

__all__ = ["CALL_KEYS", "FOREACH_KEYS", "SCRIPT_KEYS", "SUB_KEYS", "call_node", "foreach_node", "script_node", "sub_node"]

CALL_KEYS: Final = ("retries", "on_fail", "output", "with", "as", "plugin_dirs", "timeout", "max_turns")
SUB_KEYS: Final = ("retries", "on_fail", "as", "timeout", "inputs")
SCRIPT_KEYS: Final = ("run", "env", "timeout", "retries", "on_fail", "as")
FOREACH_KEYS: Final = ("over", "scope", "filter", "ordered", "on_cycle", "max_parallel", "workflow", "inputs", "on_child_fail")
MOST_RETRIES: Final = 9


def call_node(report: Report, path: Path, statement: Statement, ids: Ids, branch: int | None = None) -> dict[str, Any]:
    """A call of an agent; `branch` is its number (from 0) in a parallel block."""
    agent = statement.name or Scalar("")
    title = f"call {agent.text}" if branch is None else f"call {agent.text} (branch {branch})"
    options = Options(report, path, title, statement.place, statement.entries)
    key = step_key(agent)
    node = _begun("agent", key, agent.text, ids) | agent_ref(options, agent, path=agent.quoted)
    _common(options, node, ids)
    _put(node, "output_schema", options.text("output"))
    _put(node, "snippets", options.texts("with"))
    _put(node, "plugin_dirs", options.texts("plugin_dirs"))
    _put(node, "max_turns", options.whole("max_turns", "invalid_max_turns"))
    if branch is not None and (condition := options.text("if")) is not None:
        _put(node, "when", _branch_condition(options, condition))
    options.close(CALL_KEYS if branch is None else (*CALL_KEYS, "if"))
    return node


def _branch_condition(options: Options, text: str) -> str | None:
    step, _, marker = text.partition(".")
    if step.strip() and marker.strip():
        return marker_text(step.strip(), marker.strip())
    message = f'"if" of a branch is the marker of a step, and {text!r} is none. Write if = "step.marker".'
    options.wrong("branch_condition_not_marker", "if", message, found=text, allowed=["step.marker"])
    return None


def sub_node(report: Report, path: Path, statement: Statement, ids: Ids) -> dict[str, Any]:
    """A run of another workflow. Its inputs are merged in the order in which they stand, as map or as block."""
    name = statement.name.text if statement.name else ""
    own = [entry for entry in statement.entries if entry.key != "inputs"]
    options = Options(report, path, f"call workflow {name}", statement.place, own)
    node = _begun("workflow", name, f"workflow:{name}", ids) | {"workflow": slug(name)}
    _common(options, node, ids)
    entries: list[Entry] = []
    for entry in statement.entries:
        if entry.key == "inputs" and isinstance(entry.value, MapValue):
            entries += entry.value.entries
        elif entry.key == "inputs":
            message = f"call workflow {name}: inputs are a map. Write inputs {{ name = value }}."
            report.add("wf_value_type", path, message, allowed=["{ key = value }"], place=entry.place, stage="parser")
    _put(node, "inputs", options.map(MapValue(tuple(entries))))
    options.close(SUB_KEYS)
    return node


def script_node(report: Report, path: Path, statement: Statement, ids: Ids) -> dict[str, Any]:
    """A script."""
    name = statement.name.text if statement.name else ""
    options = Options(report, path, f"script {name}", statement.place, statement.entries)
    node = _begun("shell", name, name, ids)
    if not options.has("run"):
        message = 'it has nothing to run. Add run = "…", the text for sh.'
        options.wrong("script_requires_run", None, message, allowed=["run"])
    _put(node, "run", options.text("run"))
    _put(node, "env", options.table("env", "script_env_not_a_map"))
    _common(options, node, ids)
    options.close(SCRIPT_KEYS)
    return node


def foreach_node(report: Report, path: Path, statement: Statement, ids: Ids) -> dict[str, Any]:
    """A run of a workflow for each item of a provider."""
    name = statement.name.text if statement.name else ""
    options = Options(report, path, f"foreach {name}", statement.place, statement.entries)
    for key in ("over", "max_parallel", "workflow"):
        if not options.has(key):
            message = (
                f'"{key}" is missing. Add it: over names the provider, workflow what is run for each item, max_parallel how many at once.'
            )
            options.wrong("foreach_missing_key", None, message, found=key, allowed=["over", "max_parallel", "workflow"])
    loop: dict[str, Any] = {}
    _put(loop, "over", options.text("over"))
    _put(loop, "max_parallel", options.whole("max_parallel", "invalid_max_parallel"))
    _put(loop, "workflow", slug(workflow) if (workflow := options.text("workflow")) else workflow)
    for key in ("scope", "filter", "inputs"):
        if (table := options.table(key, "foreach_not_a_map")) is not None:
            loop[key] = table
    _put(loop, "ordered", options.flag("ordered", "invalid_ordered"))
    _put(loop, "on_cycle", options.choice("on_cycle", "invalid_on_cycle", ("fail", "warn")))
    _put(loop, "on_child_fail", options.choice("on_child_fail", "invalid_on_child_fail", ("continue", "halt", "skip_dependents")))
    options.close(FOREACH_KEYS)
    return _begun("group", f"foreach:{name}", f"foreach:{name}", ids) | {"foreach": loop}


def _begun(kind: str, key: str, label: str, ids: Ids) -> dict[str, Any]:
    """A node with its id, and its key and label where the id does not say the same."""
    node_id = ids.of_key(key)
    node = {"node_id": node_id, "kind": kind}
    return node | ({} if key == node_id else {"result_key": key}) | ({} if label == node_id else {"label": label})


def _common(options: Options, node: dict[str, Any], ids: Ids) -> None:
    """What calls, scripts and runs of other workflows have alike."""
    node["retry_policy"] = {"max_attempts": _retries(options) + 1, "retryable_failure_classes": ["*"]}
    handler = handler_of(options)
    _put(node, "on_fail", handler)
    if isinstance(handler, dict):
        ids.of_handler(node["node_id"])
    _put(node, "as_identity", options.text("as"))
    if (text := options.filled_in_duration("timeout")) is not None:
        node["timeout"] = text
    else:
        _put(node, "absolute_timeout_ms", options.duration("timeout"))


def _retries(options: Options) -> int:
    retries = options.whole("retries", "invalid_retries") or 0
    if retries > MOST_RETRIES:
        message = f'{options.title}: "retries" is {retries}; at most {MOST_RETRIES} are made, so it is taken as {MOST_RETRIES}.'
        place = options.entries["retries"].place
        options.report.warn("retries_clamped", options.path, message, found=retries, allowed=["0 … 9"], place=place, stage="parser")
    return min(retries, MOST_RETRIES)


def _put(node: dict[str, Any], key: str, value: Any) -> None:
    if value is not None and value not in ({}, []):
        node[key] = value
