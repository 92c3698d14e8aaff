"""Runs that nobody asked for: one for each time of a schedule, never early, and one for each handoff; each says what made it."""

from __future__ import annotations

from collections import Counter
from typing import Any

import orjson

from tests.scenarios.history import History
from tests.scenarios.records import Records

__all__ = ["inv_g13_handoffs", "inv_g13_schedules", "unattended"]


def _facts(db: Records, prefix: str, kind: str) -> list[tuple[str, int, dict[str, Any]]]:
    """The facts of that kind in the logs whose names begin so: (log, time, fields)."""
    return [
        (name, at_ms, orjson.loads(data))
        for name, log in db.logs.items()
        if name.startswith(prefix)
        for (_, found, data), at_ms in zip(log, db.times[name], strict=True)
        if found == kind
    ]


def unattended(db: Records) -> list[str]:
    """The runs that schedules, watches, campaigns and trials of learnings say they have made."""
    facts = [*_facts(db, "schedule/", "schedule_fired"), *_facts(db, "handoff/", "handoff_consumed")]
    facts += [
        *_facts(db, "campaign/", "baseline_replay_queued"),
        *_facts(db, "campaign/", "experiment_queued"),
        *_facts(db, "campaign/", "proposal_queued"),
    ]
    pairs = _facts(db, "campaign/", "evaluation_pair_queued")
    paired = {str(fields[name]) for _, _, fields in pairs for name in ("run_id", "replay_run_id")}
    tried = _facts(db, "learning/", "workflow_learning.candidate.verification_pair_begun")
    named = [str(fields[name]) for _, _, fields in tried for name in ("with_run_id", "without_run_id")]
    named += [str(fields["run_id"]) for _, _, fields in facts]
    return [*named, *sorted(paired - set(named))]  # the evaluation of a first pair is named twice, by what it belongs to


def inv_g13_schedules(db: Records, history: History) -> list[str]:
    """One run for each (workflow, nominal time), made in the commit that says so, never before that time; next fires only grow."""
    wrong = []
    fired = _facts(db, "schedule/", "schedule_fired")
    times = Counter((name, fields["nominal_time"]) for name, _, fields in fired)
    wrong += [f"G13: {name} fired {count} times for {time}" for (name, time), count in times.items() if count > 1]
    said = {fields["run_id"]: (name.removeprefix("schedule/"), fields["nominal_time"]) for name, _, fields in fired}
    for name, at_ms, fields in fired:
        if at_ms < fields["nominal_time"]:
            wrong.append(f"G13: {name} fired at {at_ms} for {fields['nominal_time']}, which was yet to come")
    for run_id in db.runs:
        created = next(iter(db.events(run_id)), None)
        if created is None:
            continue
        stands = (created["workflow_id"], created["scheduled_for_ms"]) if created["trigger_type"] == "scheduled" else None
        if said.get(run_id) != stands:
            wrong.append(f"G13: {run_id} says it was scheduled as {stands}, the schedule {said.get(run_id)}")
    wrong += [f"G13: {fields['run_id']} of {name} does not exist" for name, _, fields in fired if fields["run_id"] not in db.times]
    return wrong


def inv_g13_handoffs(db: Records, history: History) -> list[str]:
    """One run for each handoff, which says which one it has used up."""
    wrong = []
    consumed = {fields["run_id"]: (name, fields["handoff_id"]) for name, _, fields in _facts(db, "handoff/", "handoff_consumed")}
    for name, log in db.logs.items():
        if name.startswith("handoff/") and sum(kind == "handoff_consumed" for _, kind, _ in log) != 1:
            wrong.append(f"G13: {name} was not used up exactly once")
    for run_id in db.runs:
        created = next(iter(db.events(run_id)), None)
        if created is not None and created["consumed_handoff_id"] != consumed.get(run_id, (None, None))[1]:
            wrong.append(f"G13: {run_id} says it has used up {created['consumed_handoff_id']}, the handoff says {consumed.get(run_id)}")
    return wrong
