"""`penstock metrics`: the daemon's numbers."""

from __future__ import annotations

import click

from actors.cli import exits, options
from actors.cli.link import link_of
from actors.cli.text import emit, print_json

__all__ = ["metrics"]


@click.command()
@options.as_json
@click.pass_context
def metrics(context: click.Context, *, as_json: bool) -> int:
    """Print the daemon's numbers as Prometheus reads them.

    \b
    Examples:
      penstock metrics > /var/lib/node_exporter/penstock.prom
    """
    with link_of(context).client() as client:
        if as_json:
            print_json(client.call("system.metrics")["metrics"])
        else:
            emit(client.call("system.metrics", {"format": "prometheus"})["text"].rstrip("\n"))
    return exits.OK
