"""Options and arguments that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

__all__ = ["as_json", "reason", "request_id", "run_id", "with_limit"]

F = TypeVar("F", bound=Callable[..., Any])

run_id = click.argument("run_id", metavar="RUN")
as_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON value instead of text for people.")
reason = click.option("--reason", metavar="TEXT", help="Why; kept in the run's log.")
request_id = click.option("--request-id", metavar="ID", help="Name of this change: the same name again gives the first answer again.")


def with_limit(default: int) -> Callable[[F], F]:
    """The --limit option with its default."""
    return click.option("--limit", type=click.IntRange(1, 1000), default=default, show_default=True, help="At most this many.")
