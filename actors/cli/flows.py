"""`penstock workflow`: store, list, show, pause, remove and restore definitions."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from actors.cli import exits, options
from actors.cli.carry import change
from actors.cli.link import link_of
from actors.cli.listing import given, listing
from actors.cli.text import print_json

__all__ = ["workflow"]

_WORKFLOWS = (
    ("workflow_id", "WORKFLOW"), ("version", "VERSION"), ("status", "STATUS"), ("next_fire_at_ms", "FIRES NEXT"), ("updated_ms", "UPDATED"),
    ("title", "TITLE"),
)  # fmt: skip
_VERSIONS = (("version", "VERSION"), ("digest", "DIGEST"), ("stored_at_ms", "STORED"))
_workflow_id = click.argument("workflow_id", metavar="WORKFLOW")
_why = click.option("--reason", metavar="TEXT", help="Why; kept with the change.")


@click.group()
def workflow() -> None:
    """Store, list, show, pause, remove and restore workflows."""


@workflow.command()
@click.argument("file", metavar="FILE")
@options.request_id
@options.as_json
@click.pass_context
def put(context: click.Context, file: str, request_id: str | None, *, as_json: bool) -> int:
    """Store a workflow file; a change makes a new version."""
    from actors.cli.project import store_below
    from actors.cli.source import definition

    link, given = link_of(context), definition(Path(file))
    with link.client() as client:
        store_below(client.call, given)
    return change(link, "workflow.put", {**given, "request_id": request_id}, as_json=as_json)


@workflow.command()
@click.argument("folder", metavar="[FOLDER]", default=".")
@click.option("--put", is_flag=True, help="Store them all, each that has changed as a new version.")
@options.as_json
@click.pass_context
def discover(context: click.Context, folder: str, *, put: bool, as_json: bool) -> int:
    """List the workflow files of a project: those in its .penstock/workflows.

    In a linked worktree also those of the repository; the worktree's come first. Exit code 2 when a file was left out.
    """
    from actors.cli.project import discovered

    return discovered(link_of(context), folder, put=put, as_json=as_json)


@workflow.command("ls")
@options.with_limit(100)
@options.as_json
@click.pass_context
def list_(context: click.Context, limit: int, *, as_json: bool) -> int:
    """List stored workflows, each with its newest version."""
    return listing(context, "workflow.list", {"limit": limit}, _WORKFLOWS, empty="No workflows are stored.", as_json=as_json)


@workflow.command()
@_workflow_id
@click.option("--version", type=click.IntRange(min=1), help="This version instead of the newest.")
@click.pass_context
def show(context: click.Context, workflow_id: str, version: int | None) -> int:
    """Print a stored definition as JSON."""
    with link_of(context).reader() as reader:
        print_json(reader.call("workflow.get", given({"workflow_id": workflow_id, "version": version})))
    return exits.OK


@workflow.command()
@_workflow_id
@options.as_json
@click.pass_context
def versions(context: click.Context, workflow_id: str, *, as_json: bool) -> int:
    """List the versions of a workflow."""
    return listing(context, "workflow.versions", {"workflow_id": workflow_id}, _VERSIONS, empty="No versions.", as_json=as_json)


@workflow.command()
@_workflow_id
@click.option("--cancel-runs", is_flag=True, help="Cancel its active runs first; without this they forbid the removal.")
@options.request_id
@options.as_json
@click.pass_context
def rm(context: click.Context, workflow_id: str, request_id: str | None, *, cancel_runs: bool, as_json: bool) -> int:
    """Remove a workflow; its finished runs stay readable."""
    params = {"workflow_id": workflow_id, "cancel_runs": cancel_runs, "request_id": request_id}
    return change(link_of(context), "workflow.delete", params, as_json=as_json)


@workflow.command()
@_workflow_id
@options.request_id
@options.as_json
@click.pass_context
def restore(context: click.Context, workflow_id: str, request_id: str | None, *, as_json: bool) -> int:
    """Bring a removed workflow back.

    For 7 days after its removal. It is as it was; its schedule begins anew.
    """
    return change(link_of(context), "workflow.restore", {"workflow_id": workflow_id, "request_id": request_id}, as_json=as_json)


@workflow.command()
@_workflow_id
@_why
@options.request_id
@options.as_json
@click.pass_context
def pause(context: click.Context, /, workflow_id: str, **given: Any) -> int:
    """Pause a workflow.

    Nothing of it starts any more, by hand, schedule or watch, and all its runs are held.
    """
    return change(link_of(context), "workflow.pause", _steer(workflow_id, given), as_json=given["as_json"])


@workflow.command()
@_workflow_id
@_why
@options.request_id
@options.as_json
@click.pass_context
def activate(context: click.Context, /, workflow_id: str, **given: Any) -> int:
    """Activate a paused workflow.

    The runs that were held with it go on, and its schedule begins anew.
    """
    return change(link_of(context), "workflow.activate", _steer(workflow_id, given), as_json=given["as_json"])


def _steer(workflow_id: str, given: dict[str, Any]) -> dict[str, Any]:
    return {"workflow_id": workflow_id, "reason": given["reason"], "request_id": given["request_id"]}
