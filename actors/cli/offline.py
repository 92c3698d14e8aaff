"""The store without a daemon: opened under its lock, looked at or copied, and let go. No run is started or resumed."""

from __future__ import annotations

import hashlib
from functools import partial
from pathlib import Path
from typing import Any

import attrs
import trio

from actors.cli.exits import FAILED, NOT_FOUND, Told
from actors.paths import Places
from storage.store import Store
from supervision.clock import SystemClock

__all__ = ["back_up", "verify"]


def verify(places: Places) -> tuple[dict[str, Any], dict[str, Any]]:
    """The answers of store.verify and audit.verify. Raises the store's OpenRefused."""
    with Store.open(places.data, clock=SystemClock(), inline=True) as store:
        report = trio.run(store.verify)
        broken = store.audit.verify()
    problems = [attrs.asdict(one) for one in report.damage]
    audit = {"ok": broken is None, "entries": report.entries, "problems": [] if broken is None else [broken]}
    return {"ok": report.ok, "events": report.events, "problems": problems}, audit


def back_up(places: Places, target: Path) -> dict[str, Any]:
    """The answer of store.backup. Raises the store's OpenRefused, and Told for what is wrong with the target."""
    try:
        with Store.open(places.data, clock=SystemClock(), inline=True) as store:
            made = trio.run(partial(store.backup, target))
    except FileExistsError:
        raise Told("backup_exists", f"{target}: exists already; name a new file", FAILED) from None
    except FileNotFoundError:
        raise Told("folder_not_found", f"{target.parent}: no such folder", NOT_FOUND) from None
    with made.path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return {"path": str(made.path), "bytes": made.size, "sha256": digest}
