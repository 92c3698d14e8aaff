"""Commands that are one question and one table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from actors.cli import exits
from actors.cli.link import link_of
from actors.cli.text import print_json, table

__all__ = ["given", "listing"]


def listing(
    context: click.Context, method: str, asked: dict[str, Any], columns: Sequence[tuple[str, str]], *, empty: str, as_json: bool
) -> int:
    """Ask `method`, whose answer has its rows under its only name, and print them; `empty` is said when there are none."""
    with link_of(context).reader() as reader:
        [rows] = reader.call(method, given(asked)).values()
    if as_json:
        print_json(rows)
    else:
        table(rows, columns, empty=empty)
    return exits.OK


def given(params: dict[str, Any]) -> dict[str, Any]:
    """Without what was not said."""
    return {key: value for key, value in params.items() if value is not None}
