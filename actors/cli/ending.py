"""The last words about a run: how it ended, what came out, and what moves it on when it has not ended."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from actors.cli import exits
from actors.cli.text import elapsed, emit, print_json, visible, visible_lines

__all__ = ["conclude", "emit_worktree", "next_steps", "print_reasons"]


def conclude(run: dict[str, Any], *, embedded: bool, as_json: bool) -> int:
    """Print the ending (one JSON object with `as_json`) and return the exit code."""
    exit_code = exits.code_of_status(run["status"])
    if exit_code == exits.UNFINISHED:
        run = {**run, "next_steps": next_steps(run, embedded=embedded), "held": embedded}
    if as_json:
        print_json({**run, "exit_code": exit_code})
    else:
        _print(run)
    return exit_code


def _print(run: dict[str, Any]) -> None:
    started, finished = run.get("started_at_ms"), run.get("finished_at_ms")
    took = f" in {elapsed(finished - started)}" if started is not None and finished is not None else ""
    held = " (this process carried its daemon, which ends now)" if run.get("held") else ""
    emit(visible(f"{run['run_id']}: {run['status']}{took}{held}"))
    failed = [node for node in run.get("nodes", ()) if node["status"] == "failed" and node.get("error")]
    for node in failed:
        _print_failure(node)
    output = run.get("output")
    for name, value in output.items() if isinstance(output, dict) else ():
        emit(visible(f"  {name} = {value}"))
    for reason in run.get("reasons", ()):
        emit(f"  {visible(reason['text'])}")
    for step in run.get("next_steps", ()):
        emit(f"  -> {visible(step)}")
    if failed and run["status"] == "failed":
        blamed = (run.get("detail") or {}).get("node_ids", ())  # a failure that a block around it took upon itself is none of the run's
        first = next((node for node in failed if node["node_id"] in blamed), failed[0])
        emit(visible(f"  -> penstock retry {run['run_id']} {first['node_id']}   (begins it anew)"))
    if run.get("report_path"):
        if run.get("worktree", {}).get("stage") != "removed":
            emit(f"  folder: {visible(run.get('workspace') or Path(run['report_path']).parent / 'work')}")
        emit_worktree(run)
        emit(f"  report of the run: {visible(run['report_path'])}")


def emit_worktree(run: dict[str, Any]) -> None:
    """What became of the run's worktree, where it had one."""
    site = run.get("worktree", {"stage": "none"})
    if site["stage"] in ("made", "removing"):
        kept = f", kept for its {' and '.join(site['kept'])}" if site.get("kept") else ""
        emit(visible(f"  worktree: branch {site['branch']}{kept}   (penstock worktree show {run['run_id']})"))
    elif site["stage"] == "removed":
        emit("  worktree: removed, it held nothing that is not in its base")


def _print_failure(node: dict[str, Any]) -> None:
    """What went wrong in a node; of a function also where."""
    error = node["error"]
    emit(visible(f"  {node['node_id']}: {error['code']}: {error['message']}"))
    traceback = error.get("detail", {}).get("traceback")
    if traceback:
        emit(textwrap.indent(visible_lines(str(traceback)).rstrip("\n"), "  "))


def print_reasons(reasons: Iterable[dict[str, Any]]) -> None:
    """Why a run is where it is, each reason with its code and the commands that move the run on."""
    for reason in reasons:
        emit(f"  {visible(reason['text'])} ({visible(reason['code'])})")
        for step in reason.get("next", ()):
            emit(f"  -> {visible(step)}")


def next_steps(run: dict[str, Any], *, embedded: bool) -> list[str]:
    """Commands that would move the run on, most likely first."""
    run_id = run["run_id"]
    known = [step for reason in run.get("reasons", ()) for step in reason.get("next", ())]
    if known:
        return known
    if run.get("open_gates"):
        return [f"penstock approve {run_id} {gate}   (or reject, rework, cancel-gate)" for gate in run["open_gates"]]
    if embedded:
        return [f"penstock resume {run_id}   (carries a daemon of its own again), or start penstockd"]
    if run["status"] == "paused":
        return [f"penstock resume {run_id}"]
    if run.get("interrupted"):
        return [f"the daemon goes on with it; penstock show {run_id}, penstock events {run_id} --follow"]
    return []
