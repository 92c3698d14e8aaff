"""`penstock purge`: remove runs that have ended, with everything that belongs to them."""

from __future__ import annotations

import sys
from typing import Any

import click

from actors.cli import exits, options
from actors.cli.ids import new_request_id
from actors.cli.link import link_of
from actors.cli.text import count, emit, print_json, visible
from actors.control.client import CallRefused

__all__ = ["purge"]

_PATIENCE_S = 600.0


@click.command()
@click.argument("run_ids", metavar="RUN...", nargs=-1, required=True)
@click.option("--imported", is_flag=True, help="Remove histories that were imported, of runs that are not here.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@options.reason
@options.as_json
@click.pass_context
def purge(context: click.Context, /, run_ids: tuple[str, ...], *, imported: bool, yes: bool, reason: str | None, as_json: bool) -> int:
    """Remove runs that have ended, for good.

    Log, folder, report and dead letters of each go at once, contents of artifacts that nobody else names an hour later. With the setting
    retention.archive each is archived first. With --imported what `penstock import` has brought in goes, all of it at once; importing the
    file again brings it back.

    \b
    Examples:
      penstock purge RUN
      penstock purge --imported RUN
      penstock purge --yes $(penstock ls --status cancelled --json | jq -r '.[].run_id')
    """
    if not yes:
        _confirm(run_ids, imported=imported)
    done: list[dict[str, Any]] = []
    codes: list[int] = []
    with link_of(context).client() as client:
        for run_id in run_ids:
            params = {"run_id": run_id, "request_id": new_request_id(), **({"reason": reason} if reason is not None else {})}
            try:
                done.append(client.call("projection.remove" if imported else "run.purge", params, timeout=_PATIENCE_S))
            except CallRefused as refused:
                codes.append(exits.report(refused))
            else:
                _say(done[-1], as_json=as_json)
    if as_json:
        print_json(done)
    return codes[0] if codes else exits.OK


def _confirm(run_ids: tuple[str, ...], *, imported: bool) -> None:
    """Ask on a terminal; elsewhere nobody can say yes but by the option."""
    if not sys.stdin.isatty():
        raise exits.Told("confirmation_required", "Nobody is here to ask whether that is meant; add --yes.", exits.USAGE)
    for run_id in run_ids:
        emit(f"  {visible(run_id)}")
    what = f"the history of {count(len(run_ids), 'imported run')}" if imported else count(len(run_ids), "run")
    click.confirm(f"Remove {what} for good?", abort=True)


def _say(answer: dict[str, Any], *, as_json: bool) -> None:
    if not as_json:
        kept = f"; archived in {answer['archive']}" if answer.get("archive") else ""
        told = f", {count(answer['events'], 'event')} and {count(answer['snapshots'], 'snapshot')}" if "events" in answer else ""
        emit(visible(f"{answer['run_id']}: removed{told}{kept}"))
