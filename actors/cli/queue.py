"""The scheduler's queue: `penstock queue` shows it, `penstock throttle` holds up what needs an outside service."""

from __future__ import annotations

from typing import Any

import click

from actors.cli import exits, options
from actors.cli.ids import new_request_id
from actors.cli.link import link_of
from actors.cli.text import count, date_time, elapsed, emit, print_json, table, visible

__all__ = ["queue", "throttle"]

_ACTIVE = (("run_id", "RUN"), ("workflow_id", "WORKFLOW"), ("priority", "PRIORITY"), ("holds", "HOLDS"), ("workspace", "WORKSPACE"))
_WAITING = (
    ("run_id", "RUN"), ("workflow_id", "WORKFLOW"), ("priority", "PRIORITY"), ("queued_at_ms", "QUEUED SINCE"), ("why", "WAITS FOR"),
)  # fmt: skip


@click.command()
@options.with_limit(50)
@options.as_json
@click.pass_context
def queue(context: click.Context, limit: int, *, as_json: bool) -> int:
    """Show which runs have a slot, which wait, and why.

    Of those that wait, the highest priority is first, then the longest waiting. `penstock why RUN` says more about one of them.
    """
    with link_of(context).client() as client:
        found = client.call("scheduler.queue", {"limit": limit})
    if as_json:
        print_json(found)
        return exits.OK
    slots = sum(run["holds"] == "slot" for run in found["active"])
    reasons = ", ".join(f"{reason} {number}" for reason, number in sorted(found["queued"].items()))
    waiting = sum(found["queued"].values())
    emit(visible(f"{slots} of {count(found['max_concurrent_runs'], 'slot')} taken, {waiting} queued{f' ({reasons})' if reasons else ''}"))
    if found["active"]:
        emit()
        table(found["active"], _ACTIVE, empty="")
    if found["waiting"]:
        emit()
        table([{**run, "why": _why(run)} for run in found["waiting"]], _WAITING, empty="")
        if waiting > len(found["waiting"]):
            emit(f"and {waiting - len(found['waiting'])} more; --limit shows more of them")
    _print_rest(found)
    return exits.OK


def _why(run: dict[str, Any]) -> str:
    match run.get("queue_reason"):
        case "capacity":
            return "a slot"
        case "workspace_lock":
            return f"{run['resource_key']}, where {run['held_by']} works"
        case "rate_limit":
            return f"{run['rate_limited_provider']}, throttled until {date_time(run['until_ms'])}"
        case "overlap":
            return f"{run['held_by']}, an older scheduled run"
        case "retry_backoff":
            return f"the time of its retry, {date_time(run['retry_after_ms'])}"
    return "nothing, it starts"


def _print_rest(found: dict[str, Any]) -> None:
    for one in found["throttles"]:
        tenant = f" for {one['tenant']}" if "tenant" in one else ""
        emit(visible(f"throttled: {one['provider']}{tenant} until {date_time(one['until_ms'])}"))
    waits, totals = found["waits"], found["totals"]
    if waits["count"]:
        emit(
            f"{count(totals['admitted'], 'slot')} given since its start, {totals['completed']} given back; "
            f"waits: {elapsed(waits['average_ms'])} on average, {elapsed(waits['p95_ms'])} at most for 95 of 100"
        )


@click.command()
@click.argument("provider", metavar="PROVIDER")
@click.argument("length", metavar="DURATION|off")
@click.option("--tenant", metavar="TENANT", help="Only runs of this tenant; default: those of none.")
@options.request_id
@options.as_json
@click.pass_context
def throttle(context: click.Context, /, provider: str, length: str, **given: Any) -> int:
    """Hold up runs that need an outside service.

    Runs whose workflow names PROVIDER under `providers` stay queued until the time is over. Those that run go on. A throttle is forgotten
    when the daemon ends.

    \b
    Examples:
      penstock throttle openai 90s
      penstock throttle openai off
    """
    params = {"provider": provider, "for_ms": 0 if length == "off" else _milliseconds(length), "tenant": given["tenant"]}
    request = {"request_id": given["request_id"] or new_request_id()}
    with link_of(context).client() as client:
        answer = client.call("scheduler.throttle", {key: value for key, value in (params | request).items() if value is not None})
    if given["as_json"]:
        print_json(answer)
    elif answer["throttled"]:
        emit(visible(f"{answer['provider']}: throttled until {date_time(answer['until_ms'])}"))
    else:
        emit(visible(f"{answer['provider']}: not throttled"))
    return exits.OK


def _milliseconds(text: str) -> int:
    from actors.workflow.durations import parse_duration

    try:
        return parse_duration(text)
    except ValueError:
        raise exits.Told("duration_malformed", f"{text}: written as 30s, 10m or 2h, or off", exits.USAGE) from None
