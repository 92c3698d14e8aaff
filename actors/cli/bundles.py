"""`penstock export` and `penstock import`: a run as one sealed file, for another machine or for later."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from actors.cli import exits, options
from actors.cli.ids import new_request_id
from actors.cli.link import link_of
from actors.cli.text import count, emit, print_json, visible

__all__ = ["export", "import_"]

_PATIENCE = 600.0


@click.command()
@options.run_id
@click.option("-o", "--output", metavar="FILE", help="Where to; default RUN.penstock in this folder.")
@options.request_id
@options.as_json
@click.pass_context
def export(context: click.Context, run_id: str, output: str | None, request_id: str | None, *, as_json: bool) -> int:
    """Write a run into one sealed file.

    Its definition, inputs, log, public history, digests of its artifacts, ledger and report. The file holds what the run was given and
    what it said: keep it like the run itself.

    \b
    Examples:
      penstock export RUN
      penstock export RUN -o /backup/release.penstock
    """
    asked = {"run_id": run_id, "path": str(Path(output or f"{run_id}.penstock").absolute()), "request_id": request_id or new_request_id()}
    answer = _call(context, "run.export", asked)
    if as_json:
        print_json(answer)
    else:
        emit(visible(f"{answer['path']}: {count(answer['lines'], 'line')}, {count(answer['bytes'], 'byte')}"))
    return exits.OK


@click.command("import")
@click.argument("file", metavar="FILE")
@click.option("--check", is_flag=True, help="Only verify the file.")
@options.request_id
@options.as_json
@click.pass_context
def import_(context: click.Context, file: str, request_id: str | None, *, check: bool, as_json: bool) -> int:
    """Verify what `export` wrote, and bring the history of its run in.

    `penstock history RUN` then shows it here as it was there. Once more changes nothing. A file of which a byte was changed is refused,
    with the place.

    \b
    Examples:
      penstock import release.penstock
      penstock import release.penstock --check
    """
    asked = {"path": str(Path(file).absolute()), "check": check, "request_id": request_id or new_request_id()}
    answer = _call(context, "run.import", asked)
    if as_json:
        print_json(answer)
        return exits.OK
    rows = f"{count(answer['events'], 'event')}, {count(answer['snapshots'], 'snapshot')}"
    emit(visible(f"{answer['run_id']}  {answer['workflow_id']}  {answer['status']}: {rows}, {answer['log']} in its log"))
    if not check:
        emit(f"{answer['new']} of them are new here." if answer["new"] else "All of it was here already.")
    return exits.OK


def _call(context: click.Context, method: str, asked: dict[str, Any]) -> dict[str, Any]:
    """Through the daemon that listens, else through one of our own for as long as it takes."""
    with link_of(context).carrier() as carrier, carrier.client() as client:
        return client.call(method, asked, timeout=_PATIENCE)
