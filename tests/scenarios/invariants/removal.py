"""Runs that were removed: what was acknowledged as removed is, and nothing of it is left in the memory."""

from __future__ import annotations

from tests.scenarios.history import History
from tests.scenarios.records import Records

__all__ = ["inv_removal"]


def inv_removal(db: Records, history: History) -> list[str]:
    """Nobody finds a run that was removed; one whose removal is over has neither log, nor line, nor claim, nor letters."""
    asked = [op.params["run_id"] for op in history.ok("run.purge")]
    wrong = [f"removal: {run_id} was said to be removed, and is there" for run_id in asked if run_id not in db.purged]
    for run_id in (name for name in db.purged if name.startswith("run-")):
        line = db.catalog.get(run_id)
        if line is not None and line["kind"] != "purged_run":
            wrong.append(f"removal: {run_id} is half removed, and is listed as {line['kind']}")
        letters = [name for name, row in db.catalog.items() if row["parent"] == run_id]
        if line is None and (db.logs.get(run_id) or run_id in db.claims or letters):
            wrong.append(f"removal: something is left of {run_id}: {letters or 'events, or a claim'}")
    return wrong
