"""`penstock history`: the public history of a run, as events or as snapshots; and writing it anew."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from actors.cli import exits, options
from actors.cli.link import Reader, link_of
from actors.cli.listing import given
from actors.cli.text import date_time, emit, print_json, table, visible

__all__ = ["history"]

_EVENTS = (("seq", "SEQ"), ("at", "TIME"), ("name", "EVENT"), ("phase_id", "NODE"), ("wait_kind", "WAITS FOR"), ("status", "STATUS"))
_SNAPSHOTS = (
    ("seq", "SEQ"), ("at", "TIME"), ("status", "STATUS"), ("phase", "PHASE"), ("phase_id", "NODE"), ("done", "DONE"), ("left", "PENDING"),
    ("digest", "DIGEST"),
)  # fmt: skip
_PHASES = (("at", "TIME"), ("from", "FROM"), ("to", "TO"), ("phase_id", "NODE"), ("why", "WHY"))
_PATIENCE = 600.0


@click.command()
@options.run_id
@click.option("--snapshots", is_flag=True, help="How the run stood after each event, instead of the events.")
@click.option("--phases", is_flag=True, help="Through which phases it came, and what may follow.")
@click.option("--after", "after_seq", type=click.IntRange(min=0), metavar="SEQ", help="Only events behind this number.")
@click.option("--before", "before_seq", type=click.IntRange(min=0), metavar="SEQ", help="Only events before this number.")
@click.option("--limit", type=click.IntRange(1, 1000), default=250, show_default=True, help="At most so many.")
@click.option("--tail", type=click.IntRange(1, 1000), metavar="N", help="The last N of them; goes before --limit.")
@click.option("--to", metavar="DIR", type=click.Path(file_okay=False), help="With --snapshots: write each into a file below this folder.")
@click.option("--rebuild", is_flag=True, help="First write what is missing or cannot be read. Needs a daemon.")
@click.option("--include-pruned", is_flag=True, help="With --rebuild: also snapshots that were removed for their age.")
@options.as_json
@click.pass_context
def history(
    context: click.Context, /, run_id: str, *, snapshots: bool, phases: bool, rebuild: bool, include_pruned: bool, as_json: bool,
    to: str | None, **window: int | None,
) -> int:  # fmt: skip
    """Show the public history of a run.

    Every event has a number and an id that stay for ever; a snapshot says how the run stood right after it, in ids and counts.

    \b
    Examples:
      penstock history RUN
      penstock history RUN --tail 20 --json
      penstock history RUN --snapshots
      penstock history RUN --snapshots --to snapshots/
      penstock history RUN --phases
    """
    link = link_of(context)
    if include_pruned and not rebuild:
        raise click.UsageError("--include-pruned goes with --rebuild")
    if to is not None and not snapshots:
        raise click.UsageError("--to goes with --snapshots")
    if rebuild:
        with link.client() as client:
            asked = {"run_id": run_id, "include_pruned": include_pruned}
            made = client.call("projection.rebuild", asked, timeout=_PATIENCE)
        found = ", ".join(made["findings"]) or "nothing was wrong"
        click.echo(visible(f"{made['materialised']} written; {found}"), err=True)
    with link.reader() as reader:
        answer = reader.call("projection.phases", {"run_id": run_id}) if phases else _asked(reader, run_id, window, snapshots=snapshots)
    if to is not None:
        _write(to, run_id, answer["snapshots"])
    elif as_json:
        print_json(answer)
        return exits.OK
    elif phases:
        table([_transition(one) for one in answer["transitions"]], _PHASES, empty="No phases.")
        emit(visible(f"{answer['phase']}; may follow: {', '.join(answer['allowed_next_phases']) or 'nothing'}"))
    elif snapshots:
        table([_snapshot(one) for one in answer["snapshots"]], _SNAPSHOTS, empty="No snapshots.")
    else:
        table([_event(one) for one in answer["events"]], _EVENTS, empty="No events.")
    if not answer["caught_up"]:
        emit(visible(f"The log reaches further than is told yet ({answer['projected_records']} records are); a daemon tells the rest."))
    return exits.OK


def _write(to: str, run_id: str, snapshots: list[dict[str, Any]]) -> None:
    from actors.cli.snapshot_files import write_snapshots

    try:
        folder = write_snapshots(Path(to), run_id, snapshots)
    except OSError as error:
        raise exits.Told("folder_not_writable", f"{to} cannot be written: {error.strerror}. Name another folder.", exits.FAILED) from None
    emit(visible(f"{len(snapshots)} snapshots are in {folder}"))


def _asked(reader: Reader, run_id: str, window: dict[str, int | None], *, snapshots: bool) -> dict[str, Any]:
    if snapshots:
        limit = window["tail"] if window["tail"] is not None else window["limit"]
        return reader.call("projection.snapshots", {"run_id": run_id, "limit": limit})
    return reader.call("projection.events", given({"run_id": run_id, **window}))


def _event(event: dict[str, Any]) -> dict[str, Any]:
    payload = event["payload"] if isinstance(event["payload"], dict) else {}
    name = event["event_type"].removeprefix("stateful_runtime.automation_v2.")
    return {**event, "at": date_time(event["occurred_at_ms"]), "name": name, "status": payload.get("status")}


def _transition(one: dict[str, Any]) -> dict[str, Any]:
    payload = one["payload"]
    return {
        **one,
        "at": date_time(one["occurred_at_ms"]),
        "from": payload["from_phase"] or "seen",
        "to": payload["to_phase"],
        "why": payload["reason"],
    }


def _snapshot(one: dict[str, Any]) -> dict[str, Any]:
    told = {**one, "at": date_time(one["created_at_ms"]), "digest": str(one.get("payload_digest") or "")[7:19] or None}
    checkpoint = one.get("checkpoint")
    if checkpoint is None:
        return told
    return told | {"done": len(checkpoint["completed_nodes"]), "left": len(checkpoint["pending_nodes"])}
