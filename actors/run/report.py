"""The final report of a run, as JSON and as Markdown (engine spec 9). Pure: the same log gives the same report."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from attrs import asdict

from actors.run.state import NodeState, RunState
from actors.worktree.site import site_facts

__all__ = ["error_json", "markdown_report", "report_json"]

LAST_EVENTS = 20
LONGEST_VALUE = 400


def report_json(state: RunState, last: Sequence[tuple[int, str, int]]) -> dict[str, Any]:
    """`last` are (seq, event name, time) of the newest events up to the ending, oldest first; at most 20 are kept."""
    return {
        "run_id": state.run_id,
        "workflow_id": state.workflow_id,
        "title": state.plan.workflow.name or state.workflow_id,
        "template_hash": state.digest,
        "status": state.status,
        "inputs": dict(state.inputs),
        "nodes": [
            {
                "node_id": node_id, "state": node.status, "started_at": node.started_at_ms, "ended_at": node.ended_at_ms,
                "attempts": node.attempt, **_place_of(state, node_id, node), **_error_of(node),
            }
            for node_id, node in state.nodes.items()
            if not state.plan.is_handler(node_id) or node.attempt
        ],
        "artifacts": [
            {"path": node.artifact.path, "schema": node.artifact.schema, "hash": node.artifact.sha256, "node_id": node_id}
            for node_id, node in state.nodes.items()
            if node.artifact is not None
        ],
        "decisions": [
            {"gate": entry.gate_name, "decision": entry.decision, "decided_by": entry.decided_by, "decided_at": entry.decided_at_ms}
            for entry in state.gate_history
        ],
        "events": [{"seq": seq, "type": name, "ts": at} for seq, name, at in last[-LAST_EVENTS:]],
        "unresolved": [node_id for node_id, node in state.nodes.items() if node.status == "waiting"],
        "usage": _usage(state),
        "output": state.output,
        **({} if state.learning is None else {"learning": asdict(state.learning)}),
        **({} if state.worktree is None else {"worktree": site_facts(state.worktree)}),
        "ended_at": state.finished_at_ms,
        "error": error_json(state),
    }  # fmt: skip


def _usage(state: RunState) -> dict[str, Any]:
    used = state.usage
    return {"tokens": used.tokens, "cost_usd": used.cost_usd, "tool_calls": used.tool_calls, "unpriced": used.unpriced}


def _place_of(state: RunState, node_id: str, node: NodeState) -> dict[str, Any]:
    """The group around it; of a loop, how often it turned."""
    group = state.plan.parent.get(node_id)
    turns = {"turns": node.turn + 1} if node.turn >= 0 else {}
    return turns if group is None else {"group": group, **turns}


def _error_of(node: NodeState) -> dict[str, str]:
    return {"error": node.error.code, "message": node.error.message} if node.error is not None and node.status == "failed" else {}


def error_json(state: RunState) -> dict[str, Any] | None:
    """Why the run did not complete."""
    if state.status == "completed" or state.detail is None:
        return None
    error: dict[str, Any] = {"code": state.detail["code"]}
    error |= {name: state.detail[name] for name in ("node_ids", "text") if name in state.detail}
    failed = [state.nodes[node_id] for node_id in state.failures]
    if failed and failed[0].error is not None:
        error["message"] = failed[0].error.message
    if state.stop_reason is not None:
        error["reason"] = state.stop_reason
    return error


def markdown_report(report: dict[str, Any], ended: str) -> str:
    """`ended` is the ending's time as a person reads it."""
    lines = [
        f"# {_plain(report['title'])}: {report['status']}", "", f"- Run: `{report['run_id']}`", f"- Workflow: `{report['workflow_id']}`",
        f"- Digest: `{report['template_hash']}`", f"- Ended: {ended}",
    ]  # fmt: skip
    if (site := report.get("worktree")) is not None:
        lines.append(f"- Worktree: `{_plain(site['path'])}`, branch `{_plain(site['branch'])}`, base `{_plain(site['base'])}`")
    lines += _used(report["usage"])
    lines += _values("Inputs", report["inputs"]) + _values("Output", report["output"]) + ["", "## Nodes", ""]
    lines += _nodes(report["nodes"])
    if report["artifacts"]:
        lines += ["", "## Artifacts", ""]
        lines += [f"- `{_plain(a['path'])}` (schema {a['schema'] or 'none'}) {a['hash'][:16]}" for a in report["artifacts"]]
    if report["decisions"]:
        lines += ["", "## Decisions", ""]
        lines += [f"- `{_plain(d['gate'])}`: {d['decision']} by {_plain(d['decided_by'])}" for d in report["decisions"]]
    lines += _told(report.get("learning"))
    if report["error"] is not None:
        lines += ["", "## Error", "", f"`{report['error']['code']}`"]
        lines += [_plain(str(report["error"][key])) for key in ("message", "reason", "text") if key in report["error"]]
    return "\n".join(lines) + "\n"


def _nodes(nodes: list[dict[str, Any]]) -> list[str]:
    """A line for each, below that of the group around it."""
    depths: dict[str, int] = {}
    lines = []
    for node in nodes:
        depth = depths[node["node_id"]] = depths[node["group"]] + 1 if "group" in node else 0
        counts = "".join(f", {_count(node[key], word)}" for key, word in (("attempts", "attempt"), ("turns", "turn")) if node.get(key))
        took = _took(node["started_at"], node["ended_at"])
        lines.append(f"{'  ' * depth}- `{node['node_id']}`: {node['state']}{counts}{took}{_failed_with(node)}")
    return lines


def _told(learning: dict[str, Any] | None) -> list[str]:
    """What earlier runs have taught this one."""
    if learning is None or not learning["injected_learning_ids"]:
        return []
    return ["", "## Learnings", "", *(f"- told of `{one}`" for one in learning["injected_learning_ids"])]


def _used(usage: dict[str, Any]) -> list[str]:
    """A line where models were called; a sum without the price of some of it says so."""
    if not usage["tokens"] and not usage["unpriced"]:
        return []
    missing = "; some of it has no price, so this is too low" if usage["unpriced"] else ""
    return [f"- Used: {_count(usage['tokens'], 'token')}, {usage['cost_usd']:.4f} USD{missing}"]


def _values(heading: str, values: Any) -> list[str]:
    """A section with one line for each value; nothing where there are none."""
    if values in (None, {}, [], ""):
        return []
    pairs = values.items() if isinstance(values, dict) else [("value", values)]
    return ["", f"## {heading}", "", *(f"- {_plain(str(name))}: {_plain(_cut(value))}" for name, value in pairs)]


def _cut(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= LONGEST_VALUE else f"{text[:LONGEST_VALUE]}… ({len(text)} characters)"


def _plain(text: str) -> str:
    """Text from the world, on one line and without what a reader's terminal or page would act on."""
    shown = "".join(char if char.isprintable() else " " for char in text)
    return shown.replace("<", "&lt;").replace("`", "'")


def _took(started: int | None, ended: int | None) -> str:
    return f", {(ended - started) / 1000:.1f} s" if started is not None and ended is not None else ""


def _failed_with(node: dict[str, Any]) -> str:
    return f" ({node['error']}): {_plain(_cut(node['message']))}" if "error" in node else ""


def _count(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"
