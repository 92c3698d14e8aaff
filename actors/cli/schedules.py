"""`penstock schedule`: what is scheduled, when it fires next, what became of it; and holding it."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from actors.cli import exits, options
from actors.cli.carry import change
from actors.cli.link import link_of
from actors.cli.listing import given, listing
from actors.cli.text import date_time, emit, print_json, span, table, visible

if TYPE_CHECKING:
    from actors.workflow.triggers import Schedule

__all__ = ["schedule"]

_SCHEDULES = (
    ("workflow_id", "WORKFLOW"), ("status", "STATUS"), ("times", "TIMES"), ("next_fire_at_ms", "FIRES NEXT"),
    ("last_fired_at_ms", "FIRED LAST"), ("title", "TITLE"),
)  # fmt: skip
_NEXT = (("there", "IN ITS TIME ZONE"), ("at_ms", "HERE"), ("wait", "IN"))
_workflow_id = click.argument("workflow_id", metavar="WORKFLOW")
_why = click.option("--reason", metavar="TEXT", help="Why; kept with the change.")


@click.group()
def schedule() -> None:
    """See what is scheduled, and hold it."""


@schedule.command("ls")
@options.with_limit(100)
@options.as_json
@click.pass_context
def list_(context: click.Context, limit: int, *, as_json: bool) -> int:
    """List the schedules of stored workflows.

    A schedule is off while its workflow is paused.
    """
    return listing(context, "schedule.list", {"limit": limit}, _SCHEDULES, empty="Nothing is scheduled.", as_json=as_json)


@schedule.command("next")
@click.argument("target", metavar="WORKFLOW|FILE")
@click.option("--count", type=click.IntRange(1, 100), default=5, show_default=True, help="How many times.")
@click.option("--after", metavar="TIME", help="Behind this time instead of now: 2026-12-01T09:00:00Z, or milliseconds since 1970.")
@options.as_json
@click.pass_context
def next_(context: click.Context, target: str, count: int, after: str | None, *, as_json: bool) -> int:
    """Print the next times of a schedule.

    Of a stored workflow, or of a workflow file that need not be stored.

    \b
    Examples:
      penstock schedule next weekly-report
      penstock schedule next weekly-report.yaml --count 20 --after 2026-10-24T00:00:00Z
    """
    after_ms = None if after is None else _instant(after)
    if _is_file(target):
        answer = _of_file(Path(target), count, after_ms)
    else:
        with link_of(context).reader() as reader:
            answer = reader.call("schedule.next", given({"workflow_id": target, "count": count, "after_ms": after_ms}))
    if as_json:
        print_json(answer)
        return exits.OK
    if answer["status"] != "active":
        emit(f"It is {visible(answer['status'])}; if it were active, it would fire:")
    now = _now()
    rows = [{"there": _there(at, answer["timezone"]), "at_ms": at, "wait": _in(at - now)} for at in answer["times"]]
    table(rows, _NEXT, empty="It does not fire any more.")
    return exits.OK


def _now() -> int:
    from supervision.clock import SystemClock

    return SystemClock().now_ms()


def _is_file(target: str) -> bool:
    return Path(target).suffix.lower() in {".wf", ".yaml", ".yml", ".json"} or "/" in target


def _of_file(path: Path, count: int, after_ms: int | None) -> dict[str, Any]:
    """The answer of schedule.next for a schedule that begins now."""
    from actors.workflow.nominal import nominal_times

    found = _schedule_in(path)
    now = _now()
    nominal = nominal_times(found, now)
    times: list[int] = []
    at: int | None = now if after_ms is None else after_ms
    while nominal is not None and at is not None and len(times) < count:
        at = nominal.after(at)
        times += [at] if at is not None else []
    return {"workflow_id": str(path), "status": "active", "timezone": found.timezone, "times": times}


def _schedule_in(path: Path) -> Schedule:
    from actors.workflow.parse import load_file
    from actors.workflow.problems import WorkflowInvalid

    if not path.is_file():
        raise exits.Told("file_not_found", f"{path}: no such file", exits.NOT_FOUND)
    try:
        found = load_file(path).workflow.triggers.schedule
    except WorkflowInvalid as invalid:
        more = f" ({len(invalid.problems) - 1} more; see: penstock check {path})" if len(invalid.problems) > 1 else ""
        raise exits.Told("invalid_workflow", f"{invalid.problems[0]}{more}", exits.USAGE) from None
    if found is None or not found.fires:
        raise exits.Told(
            "schedule_not_found", f"{path}: the workflow has no schedule. Give it one, such as: schedule: {{every: 1h}}", exits.USAGE
        )
    return found


def _instant(text: str) -> int:
    from actors.workflow.instants import INSTANT_FORMS, parse_instant

    found = parse_instant(text)
    if found is None:
        raise exits.Told("time_malformed", f"--after {text}: written as {', '.join(INSTANT_FORMS)}", exits.USAGE)
    return found


def _there(at_ms: int, timezone: str) -> str:
    from actors.workflow.nominal import ZoneUnknown, zone_named

    try:
        return datetime.fromtimestamp(at_ms / 1000, zone_named(timezone)).strftime("%a %Y-%m-%d %H:%M:%S %Z")
    except ZoneUnknown:  # the daemon's machine knows more zones than this one
        return timezone


def _in(ms: int) -> str:
    """How long until then, or since, roughly."""
    if ms < 0:
        return f"{_in(-ms)} ago"
    unit = next((unit for unit in (86_400_000, 3_600_000, 60_000) if ms >= 2 * unit), 1_000)
    return span(ms // unit * unit)


@schedule.command()
@_workflow_id
@options.with_limit(20)
@options.as_json
@click.pass_context
def log(context: click.Context, workflow_id: str, limit: int, *, as_json: bool) -> int:
    """Print what became of a schedule's times.

    The newest facts, oldest first: which times got a run, and which did not, and why.
    """
    with link_of(context).reader() as reader:
        events = reader.call("schedule.events", {"workflow_id": workflow_id, "limit": limit})["events"]
    if as_json:
        print_json(events)
        return exits.OK
    for event in events:
        emit(visible(f"{date_time(event['at_ms'])}  {_words(event)}"))
    return exits.OK


def _words(event: dict[str, Any]) -> str:
    fires = event.get("next_fire_at_ms")
    following = f"; next: {date_time(fires)}" if fires is not None else ""
    match event["event"]:
        case "schedule_fired":
            return f"fired for {date_time(event['nominal_time'])}: {event['run_id']}{following}"
        case "schedule_fire_skipped":
            times = event["nominal_times"]
            one = times["count"] == 1
            which = (
                date_time(times["first"])
                if one
                else f"{times['count']} times from {date_time(times['first'])} to {date_time(times['last'])}"
            )
            return f"skipped {which}: {_REASONS.get(event['reason'], event['reason'])}{_detail(event)}{following}"
        case "schedule_paused":
            return f"paused by {event.get('by')}"
        case "schedule_resumed":
            return f"resumed by {event.get('by')}{following}"
        case "schedule_computed":
            return "off" if not event.get("enabled") else f"computed{following}"
    return str(event["event"])


def _detail(event: dict[str, Any]) -> str:
    return f" ({event['code']}: {event['message']})" if event.get("code") else ""


_REASONS = {
    "misfire": "missed, and its misfire policy makes up for none of them", "overlap": "an earlier run was not over",
    "overlap_queue_full": "100 runs were queued already", "creation_denied": "the run could not be made",
}  # fmt: skip


@schedule.command()
@_workflow_id
@_why
@options.request_id
@options.as_json
@click.pass_context
def pause(context: click.Context, /, workflow_id: str, **asked: Any) -> int:
    """Hold a schedule.

    It does not fire until it is resumed; times that pass meanwhile are not made up for. Runs under way go on.
    """
    return change(link_of(context), "schedule.pause", _steer(workflow_id, asked), as_json=asked["as_json"])


@schedule.command()
@_workflow_id
@_why
@options.request_id
@options.as_json
@click.pass_context
def resume(context: click.Context, /, workflow_id: str, **asked: Any) -> int:
    """Let a schedule go on, from now."""
    return change(link_of(context), "schedule.resume", _steer(workflow_id, asked), as_json=asked["as_json"])


def _steer(workflow_id: str, asked: dict[str, Any]) -> dict[str, Any]:
    return {"workflow_id": workflow_id, "reason": asked["reason"], "request_id": asked["request_id"]}
