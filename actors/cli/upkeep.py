"""`penstock backup` and `penstock verify`: through the daemon where one listens, else on the store itself, under its lock."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from actors.cli import exits, options
from actors.cli.ids import new_request_id
from actors.cli.link import Link, link_of
from actors.cli.text import emit, print_json, visible
from actors.paths import Places

__all__ = ["backup", "verify"]

_DAMAGED = 65
_PATIENCE = 600.0


@click.command()
@click.argument("file", metavar="FILE")
@options.request_id
@options.as_json
@click.pass_context
def backup(context: click.Context, file: str, request_id: str | None, *, as_json: bool) -> int:
    """Write a consistent copy of the database.

    With a daemon, while it works, or without one. Contents of artifacts go to the folder FILE.blobs. Neither may exist yet.

    \b
    Examples:
      penstock backup /backup/penstock-$(date +%F).db
    """
    target = Path(file).absolute()
    link = link_of(context)
    client = link.try_client()
    if client is not None:
        with client:
            params = {"path": str(target), "request_id": request_id or new_request_id()}
            answer = client.call("store.backup", params, timeout=_PATIENCE)
    else:
        from actors.cli.offline import back_up

        answer = back_up(_existing(link), target)
    if as_json:
        print_json(answer)
    else:
        emit("  ".join(f"{key}: {visible(value)}" for key, value in answer.items()))
    return exits.OK


@click.command()
@options.as_json
@click.pass_context
def verify(context: click.Context, *, as_json: bool) -> int:
    """Verify the log and the audit trail.

    Every event is looked at. Exit code 65 when something is damaged.
    """
    link = link_of(context)
    client = link.try_client()
    if client is not None:
        with client:
            store = client.call("store.verify", timeout=_PATIENCE)
            audit = client.call("audit.verify", timeout=_PATIENCE)
    else:
        from actors.cli.offline import verify as verify_offline

        store, audit = verify_offline(_existing(link))
    if as_json:
        print_json({"store": store, "audit": audit})
    else:
        _print("log", f"{store['events']} events", store)
        _print("audit", f"{audit['entries']} entries", audit)
    return exits.OK if store["ok"] and audit["ok"] else _DAMAGED


def _print(what: str, count: str, result: dict[str, Any]) -> None:
    emit(f"{what}: {'ok' if result['ok'] else 'DAMAGED'}, {count}")
    for problem in result["problems"]:
        emit(f"  {visible(_words(problem))}")


def _words(problem: Any) -> str:
    return f"{problem['stream'] or 'the database'} at {problem['seq']}: {problem['what']}" if isinstance(problem, dict) else str(problem)


def _existing(link: Link) -> Places:
    """The places, where there is a store at all: looking must not make one."""
    if not (link.places.data / "penstock.db").exists():
        raise exits.Told("store_not_found", f"{link.places.data}: there is no database yet", exits.NOT_FOUND)
    return link.places
