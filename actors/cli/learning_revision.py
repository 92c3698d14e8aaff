"""`penstock learning spawn-revision`, `draft` and `put-revision`: from a learning to the next version of its workflow."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import click

from actors.cli import exits, options
from actors.cli.carry import change
from actors.cli.exits import NOT_FOUND, Told
from actors.cli.link import link_of
from actors.cli.listing import given
from actors.cli.text import emit, print_json, visible

__all__ = ["draft", "put_revision", "revision_lines", "spawn_revision"]

_id = click.argument("learning_id", metavar="LEARNING")


@click.command("spawn-revision")
@_id
@click.option("--title", metavar="TEXT", help="The draft's title; the beginning of the learning's summary otherwise.")
@click.option("--reviewer", "reviewer_id", metavar="NAME", help="In whose name.")
@options.request_id
@options.as_json
@click.pass_context
def spawn_revision(context: click.Context, /, *, as_json: bool, **asked: Any) -> int:
    """Draft the workflow's next version from an approved prompt_patch or graph_patch. Nothing changes for runs."""
    return change(link_of(context), "learning.spawn_revision", given(asked), as_json=as_json, tell=_spawned)


@click.command()
@_id
@click.pass_context
def draft(context: click.Context, learning_id: str) -> int:
    """Print the newest draft as a workflow file (JSON), to be changed and stored with `penstock workflow put`."""
    with link_of(context).reader() as reader:
        revision = reader.call("learning.get", {"learning_id": learning_id})["revision"]
    if revision is None:
        raise Told(
            "revision_not_found", f"{learning_id} has no draft. Make one with: penstock learning spawn-revision {learning_id}", NOT_FOUND
        )
    definition = revision["draft"]["definition"]
    print_json({name: value for name, value in definition.items() if name != "folder"})  # which is that of the file
    return exits.OK


@click.command("put-revision")
@_id
@options.request_id
@options.as_json
@click.pass_context
def put_revision(context: click.Context, /, *, as_json: bool, **asked: Any) -> int:
    """Store the newest draft, as it is, as the workflow's next version."""
    return change(link_of(context), "learning.put_revision", given(asked), as_json=as_json, tell=_put)


def revision_lines(learning_id: str, revision: Mapping[str, Any] | None) -> Iterator[str]:
    """A draft for the page of its learning: what it is for, what it changes, and what can be done with it."""
    if revision is None:
        return
    plan = revision["draft"]
    yield from ("", f"Draft {revision['session_id']}: {revision['title']}", f"  {revision['goal']}")
    yield f"  begins from version {plan['base_version']}, by {plan['creator']}"
    for one in plan["changes"]:
        yield f"  {one['path']}:"
        yield from (f"    - {line}" for line in one["before"].split("\n"))
        yield from (f"    + {line}" for line in one["after"].split("\n"))
    if not plan["changes"]:
        yield "  changes no node by itself; what is to change is a person's to say"
    if revision["put_version"] is not None:
        yield f"  stored as version {revision['put_version']}"
        return
    yield f"Store it: penstock learning put-revision {learning_id}"
    yield f"Change it first: penstock learning draft {learning_id} > FILE.json, then penstock workflow put FILE.json"


def _spawned(answer: dict[str, Any]) -> None:
    session = answer["session"]
    for line in (*session["notes"].split("\n"), *revision_lines(answer["learning"]["learning_id"], session)):
        emit(visible(line))


def _put(answer: dict[str, Any]) -> None:
    emit("{workflow_id} is version {version} now ({digest:.12})".format(**answer["workflow"]))
