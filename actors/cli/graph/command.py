"""`penstock graph`: of a file without a daemon; of a run, or a stored workflow, from the daemon or the store."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import attrs
import click

from actors.cli import exits, options
from actors.cli.check import print_problem
from actors.cli.link import Link, Reader, link_of
from actors.cli.source import start_params
from actors.cli.text import emit, print_json
from actors.control.client import CallRefused

__all__ = ["graph"]

Graph = dict[str, Any]
_FORMS = ("tree", "mermaid", "dot")


@click.command()
@click.argument("target", metavar="FILE|RUN|WORKFLOW")
@click.option("--format", "form", type=click.Choice(_FORMS), default="tree", show_default=True, help="What is drawn.")
@click.option("--deep", is_flag=True, help="Of a run: with the runs that its nodes have begun, in their places.")
@options.as_json
@click.pass_context
def graph(context: click.Context, target: str, form: str, *, deep: bool, as_json: bool) -> int:
    """Draw the graph of a workflow file, a stored workflow or a run.

    A run's graph is that of its own version, with the state of each node in it. mermaid is what Markdown pages draw, dot is for Graphviz.

    \b
    Examples:
      penstock graph flow.wf
      penstock graph RUN --deep
      penstock graph flow.yaml --format dot | dot -Tsvg > flow.svg
    """
    asked = start_params(target)
    found = _of_text(asked) if "text" in asked else _stored(link_of(context), target, deep=deep)
    if found is None:
        return exits.USAGE
    if as_json:
        print_json(found)
        return exits.OK
    for line in _drawing(form)(found):
        emit(line)
    return exits.OK


def _drawing(form: str) -> Callable[[Graph], Iterator[str]]:
    match form:
        case "mermaid":
            from actors.cli.graph.mermaid import mermaid

            return mermaid
        case "dot":
            from actors.cli.graph.dot import dot

            return dot
        case _:
            from actors.cli.graph.tree import tree

            return tree


def _of_text(asked: Graph) -> Graph | None:
    """The graph of a definition; None when it has problems, which are printed."""
    from actors.workflow.graph_json import graph_json
    from actors.workflow.parse import load_text
    from actors.workflow.problems import WorkflowInvalid

    try:
        loaded = load_text(asked["text"], notation=asked["notation"], source=asked["source"], folder=asked["folder"])
    except WorkflowInvalid as invalid:
        for problem in invalid.problems:
            print_problem(attrs.asdict(problem))
        return None
    return graph_json(loaded.workflow)


def _stored(link: Link, name: str, *, deep: bool) -> Graph | None:
    with link.reader() as reader:
        found = _run(reader, name)
        if found is not None:
            from actors.cli.graph.grafting import grafted

            return grafted(found, partial(_run, reader)) if deep else found
        try:
            stored = reader.call("workflow.get", {"workflow_id": name})
        except CallRefused as refused:
            if refused.code != "workflow_not_found":
                raise
            text = f"{name} is no file, no run and no stored workflow. penstock ls and penstock workflow ls say what there is."
            raise exits.Told("graph_target_unknown", text, exits.NOT_FOUND) from None
    import json

    from actors.workflow.canonical import decode
    from actors.workflow.graph_json import graph_json

    return graph_json(decode(json.dumps(stored["definition"]).encode()))


def _run(reader: Reader, run_id: str) -> Graph | None:
    try:
        found: Graph = reader.call("run.graph", {"run_id": run_id})["graph"]
    except CallRefused as refused:
        if refused.code != "run_not_found":
            raise
        return None
    return found
