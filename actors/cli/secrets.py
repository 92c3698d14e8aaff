"""`penstock secrets`: which secrets there are, where they lie, and whether they can be read."""

from __future__ import annotations

import click

from actors.cli import exits, options
from actors.cli.link import link_of
from actors.cli.text import print_json, table

__all__ = ["handles"]


@click.group("secrets")
def handles() -> None:
    """List the secrets that steps can be given, and whether they can be read."""


@handles.command()
@options.as_json
@click.pass_context
def ls(context: click.Context, *, as_json: bool) -> int:
    """List the secrets of the daemon's settings.

    Each is read, a command that prints one is run, and what keeps one from being read is said.
    """
    with link_of(context).client() as client:
        rows = client.call("secret.list")["secrets"]
    if as_json:
        print_json(rows)
        return exits.OK
    shown = [{**row, "resolves": "yes" if row["resolves"] else "no"} for row in rows]
    columns = (("secret", "SECRET"), ("source", "SOURCE"), ("resolves", "RESOLVES"), ("problem", "PROBLEM"))
    table(shown, columns, empty="No secrets. Add [secrets.NAME] to the settings.")
    return exits.OK
