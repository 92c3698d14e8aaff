"""`penstock ledger`: what the calls of models of a run have cost."""

from __future__ import annotations

from typing import Any

import click

from actors.cli import exits, options
from actors.cli.link import link_of
from actors.cli.listing import given
from actors.cli.text import count, elapsed, emit, print_json, table, visible

__all__ = ["ledger"]

_COLUMNS = (
    ("at_ms", "TIME"), ("node_id", "NODE"), ("turn", "CALL"), ("persona", "PERSONA"), ("backend", "BACKEND"), ("model", "MODEL"),
    ("input_tokens", "IN"), ("output_tokens", "OUT"), ("usd", "USD"), ("latency", "TOOK"), ("status", "STATUS"),
)  # fmt: skip


@click.command()
@click.argument("run_id", metavar="RUN")
@click.option("--node", "node_id", metavar="NODE", help="Only calls of this node.")
@options.with_limit(500)
@options.as_json
@click.pass_context
def ledger(context: click.Context, /, *, as_json: bool, **asked: Any) -> int:
    """List the calls of models that a run has made, and their cost."""
    with link_of(context).reader() as reader:
        answer = reader.call("ledger.list", given(asked))
    if as_json:
        print_json(answer)
        return exits.OK
    table(map(_shown, answer["calls"]), _COLUMNS, empty="No calls of models.")
    if answer["calls"]:
        emit(visible(_sum(answer["totals"])))
    return exits.OK


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
