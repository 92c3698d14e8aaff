"""Runs that nodes of other runs have begun: each is named once by its parent, lies one level below it, and no run outlives its parent."""

from __future__ import annotations

from collections import Counter
from typing import Any

from tests.scenarios.history import History
from tests.scenarios.records import Records

__all__ = ["begun_by_runs", "inv_kin"]

LINKS = ("sub_run_started", "fan_out_item_started")
TERMINAL = ("completed", "failed", "cancelled", "blocked")


def begun_by_runs(db: Records) -> list[str]:
    """The runs that nodes of other runs say they have begun."""
    return [str(event["child_run_id"]) for run_id in db.runs for event in db.events(run_id) if event["event"] in LINKS]


def inv_kin(db: Records, history: History) -> list[str]:
    """A child says of which node of which run it is, and is named there exactly once."""
    wrong = []
    named = Counter(begun_by_runs(db))
    wrong += [f"kin: {child} is named {count} times" for child, count in named.items() if count > 1]
    wrong += [f"kin: {child} is named and is not there" for child in named if child not in db.runs and child not in db.purged]
    created = {run_id: found for run_id in db.runs if (found := next(iter(db.events(run_id)), None)) is not None}
    for run_id, child in created.items():
        above = child["parent_run_id"]
        if above is not None and above in created:
            wrong += _pair(db, run_id, child, created[above], named)
    return wrong


def _pair(db: Records, run_id: str, child: dict[str, Any], parent: dict[str, Any], named: Counter[str]) -> list[str]:
    wrong = []
    if named[run_id] != 1:
        wrong.append(f"kin: {run_id} has a parent that does not name it")
    if child["depth"] != parent["depth"] + 1 or child["root_run_id"] != (parent["root_run_id"] or child["parent_run_id"]):
        wrong.append(f"kin: {run_id} lies at {child['depth']} below {child['root_run_id']}")
    over, went_on = (db.catalog[name]["status"] in TERMINAL for name in (child["parent_run_id"], run_id))
    if over and not went_on:
        wrong.append(f"kin: {child['parent_run_id']} is over and {run_id} is not")
    return wrong
