"""`penstock tools`: what the agents of a run have used, and what came of it."""

from __future__ import annotations

from typing import Any

import click

from actors.cli import exits, options
from actors.cli.link import link_of
from actors.cli.listing import given
from actors.cli.text import elapsed, print_json, table

__all__ = ["tools"]

_COLUMNS = (
    ("began_ms", "TIME"), ("node_id", "NODE"), ("attempt", "ATTEMPT"), ("tool", "TOOL"), ("state", "STATE"), ("took", "TOOK"),
    ("arguments", "ARGUMENTS"),
)  # fmt: skip


@click.command()
@click.argument("run_id", metavar="RUN")
@click.option("--node", "node_id", metavar="NODE", help="Only uses by this node.")
@options.with_limit(500)
@options.as_json
@click.pass_context
def tools(context: click.Context, /, *, as_json: bool, **asked: Any) -> int:
    """List the tools that the agents of a run have used, and what came of it.

    A state of `uncertain` means that nobody knows what it did: it was cut off, and not repeated unasked. `open`: it has no end yet.
    """
    with link_of(context).reader() as reader:
        answer = reader.call("tool.list", given(asked))
    if as_json:
        print_json(answer)
        return exits.OK
    table(map(_shown, answer["uses"]), _COLUMNS, empty="No uses of tools.")
    return exits.OK


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    """With its time as a person reads it."""
    return row | {"took": elapsed(row["latency_ms"]) if "latency_ms" in row else None}
