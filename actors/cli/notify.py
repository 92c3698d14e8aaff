"""`penstock notify test`: whether the hook takes what it is told."""

from __future__ import annotations

import click

from actors.cli import exits, options
from actors.cli.link import link_of
from actors.cli.text import emit, print_json, visible

__all__ = ["notify"]

_PATIENCE = 600.0


@click.group()
def notify() -> None:
    """Look at the hook that is told what needs a person."""


@notify.command()
@options.as_json
@click.pass_context
def test(context: click.Context, *, as_json: bool) -> int:
    """Have the daemon send one test message.

    In every way that is set: notify.command, notify.url. Exit code 1 when one of them does not take it.
    """
    with link_of(context).client() as client:
        answer = client.call("notify.test", {}, timeout=_PATIENCE)
    if as_json:
        print_json(answer)
    else:
        for way in answer["ways"]:
            said = "took it" if way["ok"] else f"did not take it: {way['code']}: {way['message']}"
            emit(visible(f"notify.{way['way']}: {said} ({way['took_ms']} ms)"))
    return exits.OK if all(way["ok"] for way in answer["ways"]) else exits.FAILED
