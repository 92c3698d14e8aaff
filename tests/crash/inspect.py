"""What a data folder holds, read with no daemon on it: the final state, the whole log, the receipts, and whether all of it is sound."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import trio

from actors.assembly import Assembly
from actors.config import Config
from actors.run.logbook import fold_log
from actors.run.view import run_json
from tests.crash.play import places_in

__all__ = ["inspect"]


def inspect(folder: Path, run_id: str | None) -> dict[str, Any]:
    """`run_id` None: the only run there is, if there is one."""
    found: dict[str, Any] = {"runs": 0, "run": None, "events": [], "receipts": {}}
    with Assembly.open(places_in(folder), Config(), lambda reason: None, listen=False) as assembly:
        store = assembly.store
        lines = store.catalog.list("run")
        found["runs"] = len(lines)
        if run_id is None and lines:
            run_id = lines[0].stream
        if run_id is not None:
            found["run"] = run_json(fold_log(assembly.services, run_id))
            found["line"] = lines[0].status
            found["events"] = [(e.seq, e.kind, json.loads(e.data)) for e in store.journal.read(run_id)]
        for name in ("start", "signal", "cancel", "decide"):
            receipt = store.receipts.get(name)
            if receipt is not None:
                found["receipts"][name] = json.loads(receipt.reply)
        found["held"] = [claim.stream for claim in store.claims.held()]
        found["sound"] = trio.run(store.verify).ok
    return found
