"""`penstock handoffs`: what lies there for workflows that watch, and letting it in."""

from __future__ import annotations

from typing import Any

import click

from actors.cli import options
from actors.cli.carry import change
from actors.cli.link import link_of
from actors.cli.listing import listing

__all__ = ["handoffs"]

_HANDOFFS = (
    ("workflow_id", "FOR"), ("file", "FILE"), ("state", "STATE"), ("source_workflow_id", "FROM"), ("artifact_type", "TYPE"),
    ("handoff_id", "HANDOFF"), ("created_at_ms", "CREATED"), ("problem", "PROBLEM"),
)  # fmt: skip


@click.group()
def handoffs() -> None:
    """See what one workflow hands to another, and let it in."""


@handoffs.command("ls")
@click.argument("workflow_id", metavar="[WORKFLOW]", required=False)
@options.with_limit(100)
@options.as_json
@click.pass_context
def list_(context: click.Context, workflow_id: str | None, limit: int, *, as_json: bool) -> int:
    """List the handoffs that lie in the inbox or are approved.

    Of a workflow that watches for them, or of all.
    """
    return listing(
        context, "handoff.list", {"workflow_id": workflow_id, "limit": limit}, _HANDOFFS, empty="No handoffs.", as_json=as_json
    )  # fmt: skip


@handoffs.command()
@click.argument("workflow_id", metavar="WORKFLOW")
@click.argument("file", metavar="[FILE]", required=False)
@options.request_id
@options.as_json
@click.pass_context
def approve(context: click.Context, /, workflow_id: str, file: str | None, **asked: Any) -> int:
    """Let a handoff of the inbox in, or all of them.

    Only needed where the workflow says auto_approve: false. FILE is its name in the inbox.
    """
    params = {"workflow_id": workflow_id, "file": file, "request_id": asked["request_id"]}
    return change(link_of(context), "handoff.approve", params, as_json=asked["as_json"])
