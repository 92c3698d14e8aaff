"""`penstock worktree`: the folders that runs got from git, what they hold, and taking them away."""

from __future__ import annotations

from typing import Any

import click

from actors.cli import exits, options
from actors.cli.ids import new_request_id
from actors.cli.link import link_of
from actors.cli.text import count, emit, print_json, table, visible
from actors.control.client import CallRefused

__all__ = ["worktree"]

_COLUMNS = (("run_id", "RUN"), ("status", "STATUS"), ("branch", "BRANCH"), ("kept", "KEPT FOR"), ("path", "PATH"))
_PATIENCE_S = 600.0


@click.group()
def worktree() -> None:
    """See the worktrees of runs, and remove those that are left."""


@worktree.command("ls")
@options.with_limit(100)
@options.as_json
@click.pass_context
def list_(context: click.Context, limit: int, *, as_json: bool) -> int:
    """List the worktrees that there are, and what keeps them."""
    with link_of(context).reader() as reader:
        rows = reader.call("worktree.list", {"limit": limit})["worktrees"]
    if as_json:
        print_json(rows)
    else:
        table([{**row, "kept": ", ".join(row.get("kept", ()))} for row in rows], _COLUMNS, empty="No worktrees.")
    return exits.OK


@worktree.command()
@options.run_id
@options.as_json
@click.pass_context
def show(context: click.Context, run_id: str, *, as_json: bool) -> int:
    """Show what the worktree of a run holds now. Without a daemon, one is carried for that moment."""
    with link_of(context).carrier() as carrier, carrier.client() as client:
        found = client.call("worktree.get", {"run_id": run_id}, timeout=_PATIENCE_S)["worktree"]
    if as_json:
        print_json(found)
        return exits.OK
    emit(visible(f"{found['path']}  {found['stage']}, run {found['status']}"))
    emit(visible(f"  branch {found['branch']}, begun at {found['commit'][:12]}; base {found['base']} of {found['repository']}"))
    emit(f"  {count(found['commits_ahead'], 'commit')} not in the base, {count(found['changed'], 'path')} not committed")
    for path in found["changes"]:
        emit(visible(f"    {path}"))
    if found.get("trouble"):
        emit(visible(f"  git cannot say: {found['trouble']}"))
    if found.get("kept"):
        emit(visible(f"  kept for: {', '.join(found['kept'])}"))
    return exits.OK


@worktree.command()
@click.argument("run_ids", metavar="RUN...", nargs=-1, required=True)
@click.option("--force", is_flag=True, help="Though it holds work: what is not committed is lost, unmerged commits stay on their branch.")
@options.as_json
@click.pass_context
def rm(context: click.Context, run_ids: tuple[str, ...], *, force: bool, as_json: bool) -> int:
    """Remove the worktrees of runs that have ended. Without a daemon, one is carried for that moment.

    One that holds something that is nowhere else stays, unless you insist. A branch goes with it when its commits are all merged.

    \b
    Examples:
      penstock worktree rm RUN
      penstock worktree rm --force RUN
    """
    done: list[dict[str, Any]] = []
    codes: list[int] = []
    with link_of(context).carrier() as carrier, carrier.client() as client:
        for run_id in run_ids:
            try:
                params = {"run_id": run_id, "force": force, "request_id": new_request_id()}
                done.append(client.call("worktree.remove", params, timeout=_PATIENCE_S))
            except CallRefused as refused:
                codes.append(exits.report(refused))
            else:
                left = f"; the branch {done[-1]['branch']} stays, it is not merged" if done[-1]["branch_left"] else ""
                if not as_json:
                    emit(visible(f"{run_id}: removed {done[-1]['path']}{left}"))
    if as_json:
        print_json(done)
    return codes[0] if codes else exits.OK
