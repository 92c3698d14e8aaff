"""One run as `penstock show` prints it: what is known of it, and a line for each of its nodes."""

from __future__ import annotations

from typing import Any

from actors.cli.learning_page import taught_and_told
from actors.cli.phrases import line
from actors.cli.text import count, date_time, elapsed, emit, table, visible

__all__ = ["print_run"]

_NODES = (("node_id", "NODE"), ("kind", "KIND"), ("status", "STATUS"), ("attempt", "ATTEMPT"), ("took", "TOOK"), ("problem", "PROBLEM"))
_FACTS = (
    "title", "status", "created_at_ms", "started_at_ms", "finished_at_ms", "pause_reason", "stop_kind", "stop_reason", "scheduled_for_ms",
    "trigger_reason", "parent_run_id", "parent_node_id", "workspace", "as_identity", "plugin_dirs", "model",
    "report_path",
)  # fmt: skip


def print_run(run: dict[str, Any]) -> None:
    """One run with its nodes; of a dry run its plan."""
    if run.get("dry_run"):
        from actors.cli.rehearsal import print_plan

        print_plan(run)
        return
    emit(f"{visible(run['run_id'])}  workflow {visible(run['workflow_id'])} version {visible(run.get('version', '-'))}")
    for key in _FACTS:
        if run.get(key) is not None:
            said = date_time(run[key]) if key.endswith("_ms") else ", ".join(run[key]) if isinstance(run[key], list) else run[key]
            emit(f"  {key.removesuffix('_ms').replace('_', ' ')}: {visible(said)}")
    if (site := run.get("worktree")) is not None:
        kept = f", kept for its {' and '.join(site['kept'])}" if site.get("kept") else ""
        emit(visible(f"  worktree: {site['stage']}{kept}; branch {site['branch']}, base {site['base']} of {site['repository']}"))
    if "scheduler" in run:
        emit(visible(f"  queued since: {date_time(run['scheduler']['queued_at_ms'])}{_reason(run['scheduler'])}"))
    for word, ids in taught_and_told(run):
        emit(visible(f"  {word}: {', '.join(ids)}"))
    for what in ("inputs", "output"):
        values = run.get(what)
        for name, value in values.items() if isinstance(values, dict) else ():
            emit(visible(f"  {what.removesuffix('s')} {name} = {line(value, None)}"))
    if "result_summary" in run:
        from actors.cli.summary import headline, totals

        emit(f"  summary: {headline(run['result_summary'])}; {totals(run['metrics'])}")
    for child in run.get("children", ()):
        emit(visible(f"  {child['node_id']}: run {child['run_id']} of {child['workflow_id']}"))
    table(_node_rows(run["nodes"]), _NODES, empty="  no nodes")


def _reason(queue: dict[str, Any]) -> str:
    """Why it waits, where that is recorded: a word, and what it is about."""
    about = queue.get("resource_key") if queue.get("queue_reason") == "workspace_lock" else queue.get("rate_limited_provider")
    word = str(queue.get("queue_reason", ""))
    return f", {word}{f' ({about})' if about else ''}" if word else ""


def _node_rows(nodes: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """One for each, those in a group indented below it."""
    depths: dict[str, int] = {}
    rows = []
    for node in nodes:
        depth = depths[node["node_id"]] = depths[node["group"]] + 1 if "group" in node else 0
        rows.append({**_node_row(node), "node_id": f"{'  ' * depth}{node['node_id']}"})
    return rows


def _node_row(node: dict[str, Any]) -> dict[str, Any]:
    started, ended, error = node.get("started_at_ms"), node.get("ended_at_ms"), node.get("error")
    took = elapsed(ended - started) if started is not None and ended is not None else None
    problem = f"{error['code']}: {error['message']}" if error else node.get("skip_reason")
    if unheard := node.get("unheard"):
        waiting = f"{count(len(unheard), 'message')} not heard: {unheard[0]['text'].strip()}"
        problem = waiting if problem is None else f"{problem}; {waiting}"
    return {**node, "attempt": node["attempt"] or None, "took": took, "problem": problem}
