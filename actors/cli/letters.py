"""`penstock dead-letters`: what failed for good, and what is to become of it."""

from __future__ import annotations

from typing import Any

import click

from actors.cli import exits, options
from actors.cli.carry import change
from actors.cli.link import Carrier, Link, link_of
from actors.cli.listing import listing
from actors.cli.text import date_time, emit, print_json, visible

__all__ = ["dead_letters"]

_STATUSES = ("open", "retry_requested", "retrying", "ignored", "linked_to_compensation", "resolved")
_LETTERS = (
    ("letter_id", "LETTER"), ("run_id", "RUN"), ("node_id", "NODE"), ("status", "STATUS"), ("code", "PROBLEM"), ("count", "RETRIES"),
    ("opened_at_ms", "SINCE"),
)  # fmt: skip
_FACTS = (
    "status", "run_id", "workflow_id", "source_type", "node_id", "code", "failure_class", "message", "attempts", "options", "opened_at_ms",
    "count", "last_dispatched_at_ms", "due_ms", "compensation_run_id", "settled", "settled_by", "note",
)  # fmt: skip
_letter_id = click.argument("letter_id", metavar="LETTER")


@click.group("dead-letters")
def dead_letters() -> None:
    """Look at what failed for good, and settle it."""


@dead_letters.command("ls")
@click.option("--status", type=click.Choice(_STATUSES), metavar="S", help=f"Only letters in this status: {', '.join(_STATUSES)}.")
@click.option("--run", "run_id", metavar="RUN", help="Only letters of this run.")
@click.option("--workflow", "workflow_id", metavar="W", help="Only letters of this workflow.")
@options.with_limit(50)
@options.as_json
@click.pass_context
def list_(context: click.Context, /, *, as_json: bool, **asked: Any) -> int:
    """List dead letters, newest first."""
    return listing(context, "dead_letter.list", asked, _LETTERS, empty="No dead letters.", as_json=as_json)


@dead_letters.command()
@_letter_id
@options.as_json
@click.pass_context
def show(context: click.Context, letter_id: str, *, as_json: bool) -> int:
    """Show one dead letter with its history."""
    with link_of(context).reader() as reader:
        answer = reader.call("dead_letter.get", {"letter_id": letter_id})
    if as_json:
        print_json(answer)
        return exits.OK
    letter = answer["letter"]
    emit(visible(letter["letter_id"]))
    for key in _FACTS:
        value = letter.get(key)
        if value not in (None, 0):
            text = date_time(value) if key.endswith("_ms") else ", ".join(value) if isinstance(value, list) else value
            emit(visible(f"  {key.removesuffix('_ms').replace('_', ' ')}: {text}"))
    for event in answer["events"]:
        emit(visible(f"  {date_time(event['at_ms'])}  {_told(event)}"))
    return exits.OK


def _told(event: dict[str, Any]) -> str:
    """One event of a letter in words."""
    what = str(event["event"]).removeprefix("dead_letter_").replace("_", " ")
    more = {
        "dead_letter_dispatched": f", time {event.get('count')}: its run begins again",
        "dead_letter_linked_to_compensation": f": {event.get('run_id')} makes it good",
    }.get(str(event["event"]), f", {event['reason']}" if event.get("reason") else "")
    return what + more + (f", by {event['by']}" if event.get("by") else "") + (f": {event['note']}" if event.get("note") else "")


def _steering(name: str, text: str) -> None:
    """A command that settles a letter by a word of the operator's."""

    @dead_letters.command(name, help=text)
    @_letter_id
    @options.reason
    @options.request_id
    @options.as_json
    @click.pass_context
    def command(context: click.Context, /, *, as_json: bool, **given: Any) -> int:
        return change(link_of(context), f"dead_letter.{name}", given, as_json=as_json)


_steering("ignore", "Ignore a dead letter: nothing is to be done about it.")
_steering("resolve", "Say that a dead letter is dealt with, or given up.")


@dead_letters.command()
@_letter_id
@click.argument("run_id", metavar="RUN")
@options.reason
@options.request_id
@options.as_json
@click.pass_context
def compensate(context: click.Context, /, *, as_json: bool, **given: Any) -> int:
    """Link a dead letter to the run that makes good what went wrong.

    Resolve the letter when that run has done its work.
    """
    return change(link_of(context), "dead_letter.compensate", given, as_json=as_json)


@dead_letters.command()
@_letter_id
@options.reason
@options.request_id
@options.as_json
@click.pass_context
def retry(context: click.Context, /, *, as_json: bool, **given: Any) -> int:
    """Have the work behind a dead letter tried again.

    Its run begins again with the failed node, at most five times, each time later. Where no daemon listens, this process carries one and
    stays with the run, as `run` does.
    """
    link = link_of(context)
    if (client := link.try_client()) is not None:
        client.close()
        return change(link, "dead_letter.retry", given, as_json=as_json)
    return _carried(link, given, as_json=as_json)


def _carried(link: Link, given: dict[str, Any], *, as_json: bool) -> int:
    from actors.cli.attend import Begun, Manner, attend
    from actors.cli.ids import new_request_id

    def begin(carrier: Carrier) -> Begun:
        with carrier.client() as own:
            letter = own.call("dead_letter.get", {"letter_id": given["letter_id"]})["letter"]
            seen = own.call("run.events", {"run_id": letter["run_id"], "limit": 1})["head"]
            params = {key: value for key, value in given.items() if value is not None}
            own.call("dead_letter.retry", {"request_id": new_request_id(), **params})
        return Begun(str(letter["run_id"]), seen)

    return attend(link, begin, Manner.of_terminal(as_json=as_json))
