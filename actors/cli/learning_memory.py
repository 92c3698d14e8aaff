"""`penstock learning promote` and `distill`: what is remembered of runs and conversations."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click

from actors.cli import options
from actors.cli.carry import change
from actors.cli.link import link_of
from actors.cli.listing import given
from actors.cli.text import count, emit, visible

__all__ = ["distill", "memory_lines", "promote"]


@click.command()
@click.argument("learning_id", metavar="LEARNING")
@click.option("--reason", metavar="TEXT", help="Why; learning_approved:LEARNING otherwise.")
@click.option("--reviewer", "reviewer_id", metavar="NAME", help="In whose name; your uid otherwise.")
@click.option("--approval", "approval_id", metavar="ID", help="The approval that this goes back to, as you call it.")
@click.option("--run", "run_id", metavar="RUN", help="The run that the memory is of; the one that brought the learning otherwise.")
@options.request_id
@options.as_json
@click.pass_context
def promote(context: click.Context, /, *, as_json: bool, **asked: Any) -> int:
    """Have an approved memory_fact remembered for its whole project; a second time changes nothing."""
    return change(link_of(context), "learning.promote", given(asked), as_json=as_json, tell=_promoted)


@click.command()
@click.argument("session_id", metavar="SESSION")
@click.option(
    "--facts", "file", metavar="FILE", type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A JSON list of {content, category?, importance?, fact_id?}; the conversation itself is read otherwise.",
)  # fmt: skip
@click.option("--workflow", "workflow_id", metavar="ID", help="The workflow whose later runs are to be told; none otherwise.")
@click.option("--project", "project_id", metavar="ID", help="The project that the facts belong to.")
@click.option("--run", "run_id", metavar="RUN", help="The run that the conversation belongs to.")
@click.option("--threshold", metavar="N", type=float, help="How important a fact must be, 0 to 1; 0.5 otherwise.")
@options.request_id
@options.as_json
@click.pass_context
def distill(context: click.Context, /, file: Path | None, *, as_json: bool, **asked: Any) -> int:
    """Propose what a conversation says as learnings.

    SESSION is run:RUN:node:NODE, of which lines as "Decision: ..." are taken (also Preference, Lesson, Fact, Outcome, Note), or any name
    of your own with --facts.
    """
    facts = {} if file is None else {"facts": _facts(file)}
    return change(link_of(context), "learning.distill", {**given(asked), **facts}, as_json=as_json, tell=_distilled)


def memory_lines(memories: list[Mapping[str, Any]]) -> Iterator[str]:
    """What is remembered of a learning, for its page."""
    if memories:
        yield from ("", "Remembered:")
    for one in memories:
        binding = f", {one['scope']['source_binding']}" if one["scope"] else ""
        reviewed = f", reviewed by {one['reviewer_id']}: {one['reason']}" if one["reviewer_id"] else ""
        yield f"  {one['memory_id']}  {one['tier']} {one['project_id'] if one['tier'] == 'project' else one['run_id']}{binding}{reviewed}"
        yield f"    {one['content']}"


def _facts(file: Path) -> list[Any]:
    import json

    try:
        found = json.loads(file.read_bytes())
    except ValueError as error:
        raise click.UsageError(f"{file} is no JSON: {error}") from None
    if not isinstance(found, list):
        raise click.UsageError(f"{file} holds no list, but {type(found).__name__}.")
    return found


def _promoted(answer: dict[str, Any]) -> None:
    emit(visible(f"{answer['learning']['learning_id']}: remembered for the project {answer['learning']['project_id']}"))
    for line in memory_lines(answer["promotion"]["memories"]):
        emit(visible(line))


def _distilled(answer: dict[str, Any]) -> None:
    emit(f"{answer['distillation_id']}: {count(answer['stored'], 'new fact')}, {answer['deduped']} known before")
    for one in answer["facts"]:
        emit(visible(f"  {one['learning_id']}  {one['memory_id']}{'  known before' if one['deduped'] else ''}"))
