"""`penstock ledger`: what calls of models have cost, of one run or of all."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import click

from actors.cli import exits, options
from actors.cli.link import link_of
from actors.cli.listing import given
from actors.cli.text import count, elapsed, emit, print_json, table, visible
from actors.workflow.durations import DurationError, parse_duration

__all__ = ["ledger"]

_COLUMNS = (
    ("at_ms", "TIME"), ("node_id", "NODE"), ("turn", "CALL"), ("persona", "PERSONA"), ("backend", "BACKEND"), ("model", "MODEL"),
    ("input_tokens", "IN"), ("output_tokens", "OUT"), ("usd", "USD"), ("latency", "TOOK"), ("status", "STATUS"),
)  # fmt: skip
_SUMS = (
    ("calls", "CALLS"),
    ("failed", "FAILED"),
    ("input_tokens", "IN"),
    ("output_tokens", "OUT"),
    ("usd", "USD"),
    ("unpriced", "UNPRICED"),
)


def _since(_context: click.Context, _parameter: click.Parameter, text: str | None) -> int | None:
    """Epoch milliseconds of a day (UTC), or of a time ago."""
    if text is None:
        return None
    from supervision.clock import SystemClock

    try:
        return SystemClock().now_ms() - parse_duration(text)
    except DurationError:
        pass
    try:
        return int(datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC).timestamp() * 1000)
    except ValueError:
        raise click.BadParameter(f"{text!r} is neither a day (2026-01-31, UTC) nor a duration (12h, 7d)") from None


@click.command()
@click.argument("run_id", metavar="[RUN]", required=False)
@click.option("--node", "node_id", metavar="NODE", help="Only calls of this node of the run.")
@click.option("--totals", is_flag=True, help="Sums of all runs instead of the calls of one.")
@click.option("--by", type=click.Choice(["model", "workflow", "persona", "day"]), default="model", help="For each what; default: model.")
@click.option("--since", "since_ms", callback=_since, metavar="DAY|DURATION", help="Only calls since then: 2026-01-31 (UTC), or 7d.")
@click.option("--workflow", "workflow_id", metavar="W", help="Only runs of this workflow.")
@options.with_limit(500)
@options.as_json
@click.pass_context
def ledger(context: click.Context, /, run_id: str | None, *, totals: bool, as_json: bool, **asked: Any) -> int:
    """List the calls of models that a run has made, or sum up those of all runs.

    \b
    Examples:
      penstock ledger RUN
      penstock ledger --totals --by workflow --since 7d
    """
    if totals == (run_id is not None):
        raise click.UsageError("name a run, or ask for --totals of all")
    words = ("by", "since_ms", "workflow_id") if totals else ("node_id", "limit")
    params = {"run_id": run_id, **{word: asked[word] for word in words}}
    with link_of(context).reader() as reader:
        answer = reader.call("ledger.totals" if totals else "ledger.run", given(params))
    if as_json:
        print_json(answer)
    elif totals:
        _print_totals(answer)
    else:
        table(map(_shown, answer["calls"]), _COLUMNS, empty="No calls of models.")
        if answer["calls"]:
            emit(visible(_sum(answer["totals"])))
    return exits.OK


def _print_totals(answer: dict[str, Any]) -> None:
    by = answer["by"]
    rows = [row | {"usd": f"{row['cost_usd']:.6f}"} for row in answer["groups"]]
    table(rows, ((by, by.upper()), *_SUMS), empty="No calls of models.")
    if rows:
        emit(visible(_sum(answer["totals"])))
    if answer["truncated"]:
        emit("Older conversations were left out; ask with --since.")


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    """With cost, time and ending as a person reads them."""
    return row | {
        "usd": f"{row['cost_usd']:.6f}" if row["priced"] else "no price", "status": row.get("error_code") or row["status"],
        "latency": elapsed(row["latency_ms"]) if "latency_ms" in row else None,
    }  # fmt: skip


def _sum(totals: dict[str, Any]) -> str:
    text = (
        f"{count(totals['calls'], 'call')}, {totals['input_tokens']} tokens in, {totals['output_tokens']} out, {totals['cost_usd']:.6f} USD"
    )
    return text + (f"; {totals['unpriced']} of them have no price" if totals["unpriced"] else "")
