"""`penstock archive`: look at runs that were archived before they were removed. Reads files, and needs no daemon."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from actors.cli import exits, options
from actors.cli.link import Link, link_of
from actors.cli.text import emit, print_json, table, visible, visible_lines

__all__ = ["archive"]

_LONGEST_HEAD = 1 << 20
_LINES = (
    ("run_id", "RUN"), ("workflow_id", "WORKFLOW"), ("status", "STATUS"), ("created_at_ms", "CREATED"), ("archived_at_ms", "ARCHIVED"),
    ("file", "FILE"),
)  # fmt: skip


@click.group()
def archive() -> None:
    """Look at runs that were archived and removed."""


@archive.command("ls")
@options.as_json
@click.pass_context
def list_(context: click.Context, *, as_json: bool) -> int:
    """List archived runs, oldest month first."""
    root = link_of(context).places.data / "archive"
    rows = [row for file in sorted(root.glob("*/*.json.gz")) if (row := _line(file, root)) is not None]
    if as_json:
        print_json(rows)
    else:
        table(rows, _LINES, empty="Nothing is archived.")
    return exits.OK


@archive.command()
@click.argument("file", metavar="FILE|RUN")
@click.option("--events", is_flag=True, help="Its events in words instead of its record.")
@options.as_json
@click.pass_context
def show(context: click.Context, file: str, *, events: bool, as_json: bool) -> int:
    """Show an archived run: its record, or its events.

    With --json everything that the file holds.

    \b
    Examples:
      penstock archive show RUN
      penstock archive show ~/backup/run-7f.json.gz --events
    """
    found = _read(_file(link_of(context), file))
    if as_json:
        print_json(found)
    elif events:
        _print_events(found)
    elif found.get("record") is None:
        emit(visible(f"{found['head']['run_id']}: its log could not be read: {found.get('unreadable')}"))
        _print_events(found)
    else:
        from actors.cli.run_page import print_run

        print_run(found["record"])
    return exits.OK


def _print_events(found: dict[str, Any]) -> None:
    from actors.cli.narrate import Narrator, event_line

    narrator = Narrator()
    for event in found["events"]:
        emit(visible_lines(event_line(narrator, event)))


def _file(link: Link, named: str) -> Path:
    """The file itself, or that of the run of this id."""
    if Path(named).is_file():
        return Path(named)
    found = sorted((link.places.data / "archive").glob(f"*/{_plain(named)}.json.gz"))
    if not found:
        text = f"{named}: no such file, and no archived run of this id. List them with: penstock archive ls"
        raise exits.Told("archive_not_found", text, exits.NOT_FOUND)
    return found[-1]


def _plain(named: str) -> str:
    """A run's id; nothing that would be a pattern or a path."""
    return named if named.replace("-", "").isalnum() else "-"


def _read(file: Path) -> dict[str, Any]:
    try:
        with gzip.open(file, "rb") as opened:
            found = json.loads(opened.read())
    except (OSError, EOFError, ValueError, zlib.error) as error:
        raise _damaged(file, error) from None
    if not isinstance(found, dict) or "penstock_archive" not in found or not {"head", "events"} <= set(found):
        raise _damaged(file, "it is no archive of ours")
    return found


def _damaged(file: Path, why: object) -> exits.Told:
    return exits.Told("archive_unreadable", f"{file} cannot be read: {why}", 65)


def _lines(file: Path) -> Iterator[bytes]:
    with gzip.open(file, "rb") as opened:
        yield opened.readline(_LONGEST_HEAD)


def _line(file: Path, root: Path) -> dict[str, Any] | None:
    """What the first line says; None of a file that is none of ours, which `show` explains."""
    try:
        first = next(_lines(file)).decode().rstrip().rstrip(",")
        head: dict[str, Any] = json.loads(first + "}")["head"]
    except (OSError, EOFError, ValueError, KeyError, TypeError, zlib.error):
        return None
    return {**head, "file": str(file.relative_to(root.parent))}
