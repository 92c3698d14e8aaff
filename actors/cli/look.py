"""The commands that only look: ls, show, tree, why, events, logs, report."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import click

from actors.cli import exits, options
from actors.cli.ending import print_reasons
from actors.cli.link import Reader, link_of
from actors.cli.listing import given, listing
from actors.cli.text import count, emit, print_json, table, visible, visible_lines
from actors.control.client import Client, Stream

__all__ = ["events", "logs", "ls", "report", "show", "tree", "why"]

_STATUSES = ("queued", "running", "pausing", "paused", "waiting", "awaiting_approval", "completed", "blocked", "failed", "cancelled")
_RUNS = (
    ("run_id", "RUN"), ("workflow_id", "WORKFLOW"), ("status", "STATUS"), ("trigger_type", "TRIGGER"), ("created_at_ms", "CREATED"),
    ("title", "TITLE"),
)  # fmt: skip


@click.command()
@click.option("--status", type=click.Choice(_STATUSES), metavar="S", help=f"Only runs in this status: {', '.join(_STATUSES)}.")
@click.option("--workflow", metavar="W", help="Only runs of this workflow.")
@click.option("--parent", metavar="RUN", help="Only runs that nodes of this run have begun.")
@options.with_limit(50)
@options.as_json
@click.pass_context
def ls(context: click.Context, status: str | None, workflow: str | None, parent: str | None, limit: int, *, as_json: bool) -> int:
    """List runs, newest first."""
    asked = {"status": status, "workflow_id": workflow, "parent_run_id": parent, "limit": limit}
    return listing(context, "run.list", asked, _RUNS, empty="No runs.", as_json=as_json)


@click.command()
@options.run_id
@click.argument("gate", metavar="[GATE]", required=False)
@click.option("--summary", is_flag=True, help="Of a run that has ended: each of its attempts in a line, in the order in which they began.")
@options.as_json
@click.pass_context
def show(context: click.Context, run_id: str, gate: str | None, *, summary: bool, as_json: bool) -> int:
    """Show one run with its nodes, or one of its gates.

    Of an open gate: what it asks, what would be done, the artifacts that it is about, and how they differ from what it approved last.
    """
    with link_of(context).reader() as reader:
        if gate is not None:
            from actors.cli.exhibit import show_gate

            return show_gate(reader, run_id, gate, as_json=as_json)
        run = reader.call("run.get", {"run_id": run_id})["run"]
    if as_json:
        print_json(run)
    elif summary:
        from actors.cli.summary import print_summary

        print_summary(run)
    else:
        from actors.cli.run_page import print_run

        print_run(run)
    return exits.OK


@click.command()
@options.as_json
@click.pass_context
def tree(context: click.Context, *, as_json: bool) -> int:
    """Show the daemon's actors.

    Their addresses, and what each is doing.
    """
    with link_of(context).client() as client:
        rows = client.call("system.tree")["rows"]
    if as_json:
        print_json(rows)
        return exits.OK
    shown = [{**row, "actor": "  " * row["depth"] + (row["path"] or "root"), "mail": f"{row['mailbox']}/{row['capacity']}"} for row in rows]
    table(
        shown, (("actor", "ACTOR"), ("kind", "KIND"), ("mail", "MAIL"), ("restarts", "RESTARTS"), ("status", "STATUS")), empty="No actors."
    )
    return exits.OK


@click.command()
@options.run_id
@options.as_json
@click.pass_context
def why(context: click.Context, run_id: str, *, as_json: bool) -> int:
    """Say why a run is where it is, and what would move it on."""
    with link_of(context).reader() as reader:
        answer = reader.call("run.why", {"run_id": run_id})
    if as_json:
        print_json(answer)
        return exits.OK
    emit(visible(f"{answer['run_id']}: {answer['status']}"))
    print_reasons(answer["reasons"])
    return exits.OK


@click.command()
@options.run_id
@click.option("--follow", is_flag=True, help="Stay and print events as they come, until the run has ended.")
@click.option("--after", type=click.IntRange(min=0), default=0, metavar="SEQ", help="Only events behind this sequence number.")
@click.option("--verbose", is_flag=True, help="Each event's own name and all its fields instead of a sentence.")
@click.option("--format", "form", type=click.Choice(["text", "cloudevents"]), default="text", help="cloudevents: public events, as JSON.")
@options.as_json
@click.pass_context
def events(context: click.Context, /, run_id: str, after: int, form: str, **flags: bool) -> int:
    """Print a run's events, oldest first.

    With --json one JSON object a line. --follow needs a daemon. With --format cloudevents the public history of the run, one CloudEvent
    (1.0) a line; SEQ is then the number that an event has there.

    \b
    Examples:
      penstock events RUN
      penstock events RUN --follow --after 120
      penstock events RUN --json | jq .event
      penstock events RUN --format cloudevents --follow
    """
    if form == "cloudevents":
        from actors.cli.cloudevents import print_cloudevents

        return print_cloudevents(link_of(context), run_id, after, follow=flags["follow"])
    from actors.cli.narrate import Narrator, event_line, plain_line

    narrator = Narrator()
    link = link_of(context)
    with link.client() if flags["follow"] else link.reader() as source:
        asked = {"run_id": run_id, "after": after}
        for event in Stream(source, "run.follow", asked) if isinstance(source, Client) and flags["follow"] else _pages(source, asked):
            if flags["as_json"]:
                print_json(event)
            else:
                emit(plain_line(event) if flags["verbose"] else event_line(narrator, event))
    return exits.OK


def _pages(reader: Reader, asked: dict[str, Any]) -> Iterator[dict[str, Any]]:
    after = asked["after"]
    while True:
        page = reader.call("run.events", {**asked, "after": after})
        yield from page["events"]
        if not page["events"] or page["events"][-1]["seq"] >= page["head"]:
            return
        after = page["events"][-1]["seq"]


@click.command()
@options.run_id
@click.argument("node_id", metavar="[NODE]", required=False)
@click.option("--attempt", type=click.IntRange(min=1), help="Only this attempt.")
@options.as_json
@click.pass_context
def logs(context: click.Context, run_id: str, node_id: str | None, attempt: int | None, *, as_json: bool) -> int:
    """Print what a run's nodes wrote."""
    asked = {"run_id": run_id, "node_id": node_id, "attempt": attempt}
    with link_of(context).reader() as reader:
        found = reader.call("run.logs", given(asked))["logs"]
    if as_json:
        print_json(found)
        return exits.OK
    for log in found:
        cut = f", cut; all of it: {log['path']}" if log["truncated"] else ""
        emit(visible(f"== {log['node_id']} attempt {log['attempt']} {log['stream']} ({count(log['size'], 'byte')}{cut})"))
        if log["text"]:
            emit(visible_lines(log["text"]).rstrip("\n"))
    if not found:
        emit("Nothing was written.")
    return exits.OK


@click.command()
@options.run_id
@options.as_json
@click.pass_context
def report(context: click.Context, run_id: str, *, as_json: bool) -> int:
    """Print the report of a run."""
    with link_of(context).reader() as reader:
        answer = reader.call("run.report", {"run_id": run_id})
    if as_json:
        print_json(answer)
    else:
        emit(visible_lines(answer["markdown"]))
        if answer["path"] is not None:
            emit(f"\n({visible(answer['path'])})")
    return exits.OK
