"""Schedules, watches, handoffs and scopes in canonical JSON, in the model's names. What is left out has its default."""

from __future__ import annotations

from typing import Any

from actors.workflow.triggers import HandoffAvailable, Handoffs, Schedule, Scope, Triggers

__all__ = ["triggers_json"]


def triggers_json(triggers: Triggers) -> dict[str, Any]:
    """The fields of a workflow that say what makes its runs; None or empty where there is nothing to say."""
    return {
        "schedule": _schedule(triggers.schedule) if triggers.schedule is not None else None,
        "watch_conditions": [_watch(watch) for watch in triggers.watches],
        "handoff_config": _handoffs(triggers.handoffs),
        "scope_policy": _scope(triggers.scope),
    }


def _schedule(schedule: Schedule) -> dict[str, Any]:
    kind = "cron" if schedule.cron is not None else "interval" if schedule.interval_s is not None else "manual"
    misfire: dict[str, Any] = {"type": schedule.misfire}
    if schedule.misfire == "catch_up":
        misfire["max_runs"] = schedule.max_runs
    plain = Schedule()
    entries = {
        "cron_expression": (schedule.cron, None), "interval_seconds": (schedule.interval_s, None),
        "timezone": (schedule.timezone, plain.timezone), "misfire_policy": (misfire, {"type": plain.misfire}),
        "overlap_policy": (schedule.overlap, plain.overlap), "inputs": (dict(schedule.inputs), {}),
    }  # fmt: skip
    return {"type": kind} | {name: value for name, (value, default) in entries.items() if value != default}


def _watch(watch: HandoffAvailable) -> dict[str, Any]:
    named = {"source_workflow_id": watch.source_workflow_id, "artifact_type": watch.artifact_type}
    return {"kind": "handoff_available"} | {name: value for name, value in named.items() if value is not None}


def _handoffs(handoffs: Handoffs) -> dict[str, Any]:
    plain = Handoffs()
    folders = {
        f"{name}_dir": getattr(handoffs, name)
        for name in ("inbox", "approved", "archived")
        if getattr(handoffs, name) != getattr(plain, name)
    }
    return folders | ({} if handoffs.auto_approve else {"auto_approve": False})


def _scope(scope: Scope) -> dict[str, Any]:
    return {name: list(paths) for name, paths in (("allow", scope.allow), ("deny", scope.deny)) if paths}
