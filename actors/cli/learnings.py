"""`penstock learning`: what runs that have ended teach, and what people say to it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from actors.cli import exits, options
from actors.cli.carry import change
from actors.cli.learning_memory import distill, memory_lines, promote
from actors.cli.learning_page import learning_page, metrics_page
from actors.cli.learning_revision import draft, put_revision, revision_lines, spawn_revision
from actors.cli.learning_trial import trial_lines
from actors.cli.link import link_of
from actors.cli.listing import given
from actors.cli.text import emit, print_json, table, visible

__all__ = ["learning"]

_COLUMNS = (
    ("learning_id", "LEARNING"), ("status", "STATUS"), ("kind", "KIND"), ("workflow_id", "WORKFLOW"), ("confidence", "CONF"),
    ("runs", "RUNS"), ("summary", "SUMMARY"),
)  # fmt: skip
_id = click.argument("learning_id", metavar="LEARNING")


@click.group()
def learning() -> None:
    """What runs that have ended teach, and what people say to it."""


@learning.command("ls")
@click.argument("workflow_id", metavar="[WORKFLOW]", required=False)
@click.option("--project", "project_id", metavar="ID", help="Only those of this project.")
@click.option("--status", metavar="STATUS", help="Only those in this status: proposed, approved, rejected, applied, superseded, regressed.")
@click.option("--kind", metavar="KIND", help="Only this kind: memory_fact, repair_hint, prompt_patch, graph_patch.")
@options.with_limit(50)
@options.as_json
@click.pass_context
def list_(context: click.Context, /, *, as_json: bool, **asked: Any) -> int:
    """List learnings, the newest change first."""
    with link_of(context).reader() as reader:
        answer = reader.call("learning.list", given(asked))
    found = answer["learnings"]
    for workflow_id in answer["unreadable"]:
        click.echo(visible(f"warning: the learnings of {workflow_id} cannot be read; see: penstock verify"), err=True)
    if as_json:
        print_json(found)
    else:
        table(found, _COLUMNS, empty="No learnings.")
    return exits.OK


@learning.command()
@_id
@options.as_json
@click.pass_context
def show(context: click.Context, /, learning_id: str, *, as_json: bool) -> int:
    """Show a learning with its evidence, and how the workflow did before it was used beside how it does now."""
    with link_of(context).reader() as reader:
        answer = reader.call("learning.get", {"learning_id": learning_id})
    if as_json:
        print_json(answer)
    else:
        beside = (
            *trial_lines(answer["verification"]), *memory_lines(answer["memories"]), *revision_lines(learning_id, answer["revision"]),
        )  # fmt: skip
        for line in (*learning_page(answer["learning"], answer["metrics"], answer["counts"]), *beside):
            emit(visible(line))
    return exits.OK


@learning.command()
@click.argument("workflow_id", metavar="WORKFLOW")
@options.as_json
@click.pass_context
def metrics(context: click.Context, /, workflow_id: str, *, as_json: bool) -> int:
    """Show how a workflow does, and for each learning in use how it did before."""
    with link_of(context).reader() as reader:
        answer = reader.call("learning.metrics", {"workflow_id": workflow_id})
    if as_json:
        print_json(answer)
    else:
        for line in metrics_page(answer):
            emit(visible(line))
    return exits.OK


@learning.command()
@_id
@click.argument("action", metavar="ACTION")
@click.option("--note", metavar="TEXT", help="Why; it is kept with the evidence.")
@click.option("--reviewer", "reviewer_id", metavar="NAME", help="In whose name; your uid otherwise.")
@click.option("--verify", is_flag=True, help="With apply: only after it has won in runs made for that, with it and without it.")
@options.request_id
@options.as_json
@click.pass_context
def review(context: click.Context, /, *, as_json: bool, **asked: Any) -> int:
    """Say what is to become of a learning: approve, reject, apply, supersede or regress.

    \b
    approve    later runs are told of it
    apply      the same, and it is marked as regressed by itself when the workflow does worse
    reject     it is not proposed again
    """
    return change(link_of(context), "learning.review", given(asked), as_json=as_json, tell=_standing)


@learning.command()
@click.argument("file", metavar="FILE", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@options.request_id
@options.as_json
@click.pass_context
def put(context: click.Context, /, file: Path, *, as_json: bool, **asked: Any) -> int:
    """Write a learning down by hand, or replace one: FILE is JSON as `show --json` prints it under "learning"."""
    import json

    try:
        learning = json.loads(file.read_bytes())
    except ValueError as error:
        raise click.UsageError(f"{file} is no JSON: {error}") from None
    if not isinstance(learning, dict):
        raise click.UsageError(f"{file} holds no object, but {type(learning).__name__}.")
    return change(link_of(context), "learning.put", {"learning": learning, **asked}, as_json=as_json, tell=_standing)


def _standing(answer: dict[str, Any]) -> None:
    found = answer["learning"]
    emit(visible(f"{found['learning_id']}: {found['status']}  {found['summary']}"))
    for line in trial_lines(answer.get("verification")):
        emit(visible(line))


for command in (promote, distill, spawn_revision, draft, put_revision):
    learning.add_command(command)
