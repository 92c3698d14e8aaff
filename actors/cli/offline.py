"""The store without a daemon: opened under its lock, looked at or copied, and let go. No run is started or resumed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import trio
from attrs import asdict, frozen

from actors.assembly import Assembly
from actors.cli.exits import FAILED, NOT_FOUND, Told
from actors.config import load
from actors.control.client import CallRefused
from actors.control.decode import decode, refusal_of
from actors.control.methods import METHODS
from actors.paths import Places
from actors.refusals import Principal, Refusal
from storage import Store
from supervision.clock import SystemClock

__all__ = ["Archive", "back_up", "reading", "verify"]

_ENDED = {"completed", "blocked", "failed", "cancelled"}


@frozen
class Archive:
    """Answers the methods that only read as a daemon would, in the same words; it knows nothing of what would happen next."""

    assembly: Assembly

    def call(self, method: str, params: dict[str, Any] | None = None, *, timeout: float | None = None) -> dict[str, Any]:
        """The answer of one reading method. Raises CallRefused."""
        row = METHODS[method]
        asked = decode(row.params, params or {})
        by = Principal(os.getuid(), human=True)
        answer = refusal_of(asked) if isinstance(asked, tuple) else trio.run(getattr(self.assembly.runtime, row.attribute), asked, by)
        if isinstance(answer, Refusal):
            raise CallRefused(0, answer.message, {"code": answer.code, **answer.data})
        return _without_daemon(answer) if method == "run.why" else dict(answer)


def _without_daemon(why: dict[str, Any]) -> dict[str, Any]:
    """The reasons of a run that nobody advances."""
    if why["status"] in _ENDED:
        return why
    if why["status"] in {"paused", "awaiting_approval"} or all(reason["code"] == "waiting_for_signal" for reason in why["reasons"]):
        return why
    known = [reason for reason in why["reasons"] if reason["code"] not in {"starting", "advancing", "node_running"}]
    steps = [f"penstock resume {why['run_id']}   (carries a daemon for it)", "penstockd   (a daemon for all runs)"]
    none = {"code": "no_daemon", "text": "No daemon runs: it stands still, and goes on as soon as one does.", "data": {}, "next": steps}
    return {**why, "reasons": [*known, none]}


@contextmanager
def reading(places: Places) -> Iterator[Archive]:
    """What is stored at `places`, under the store's lock until the block ends. Raises the store's OpenRefused."""
    with Assembly.open(places, load(os.environ, places.config_file), lambda _: None, listen=False) as assembly:
        yield Archive(assembly)


def verify(places: Places) -> tuple[dict[str, Any], dict[str, Any]]:
    """The answers of store.verify and audit.verify. Raises the store's OpenRefused."""
    with Store.open(places.data, clock=SystemClock(), inline=True) as store:
        report = trio.run(store.verify)
        broken = store.audit.verify()
    problems = [asdict(one) for one in report.damage]
    audit = {"ok": broken is None, "entries": report.entries, "problems": [] if broken is None else [broken]}
    return {"ok": report.ok, "events": report.events, "problems": problems}, audit


def back_up(places: Places, target: Path) -> dict[str, Any]:
    """The answer of store.backup. Raises the store's OpenRefused, and Told for what is wrong with the target."""
    try:
        with Store.open(places.data, clock=SystemClock(), inline=True) as store:
            made = trio.run(partial(store.backup, target))
    except FileExistsError:
        raise Told("backup_exists", f"{target} exists already, and a backup never overwrites. Name a new place.", FAILED) from None
    except FileNotFoundError:
        raise Told("folder_not_found", f"There is no folder {target.parent}. Make it, or name another place.", NOT_FOUND) from None
    return {"path": str(made.path), "position": made.position, "size": made.size, "blobs": made.blobs}
