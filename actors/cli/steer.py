"""The commands that steer a run: pause, resume, cancel, retry; and `send`, the door to any actor."""

from __future__ import annotations

import json
from typing import Any

import click

from actors.cli import exits, options
from actors.cli.carry import change, change_or_carry
from actors.cli.link import link_of

__all__ = ["cancel", "pause", "resume", "retry", "send"]


@click.command()
@options.run_id
@options.reason
@options.request_id
@options.as_json
@click.pass_context
def pause(context: click.Context, /, run_id: str, **given: Any) -> int:
    """Pause a run.

    Nothing new starts, and what is under way is ended in order.
    """
    return change(link_of(context), "run.pause", _params(run_id, given), as_json=given["as_json"])


@click.command()
@options.run_id
@click.option("--runtime", metavar="DURATION", help="Raise the limit on the run's active time, for example to 2h.")
@click.option("--tokens", type=click.IntRange(min=1), metavar="N", help="Raise the limit on tokens.")
@click.option("--cost", type=click.FloatRange(min=0, min_open=True), metavar="DOLLARS", help="Raise the limit on money for models.")
@click.option("--tool-calls", type=click.IntRange(min=1), metavar="N", help="Raise the limit on calls of tools.")
@click.option("--workflow-tokens", type=click.IntRange(min=1), metavar="N", help="Raise, for this run, what its workflow's runs share.")
@click.option("--workflow-cost", type=click.FloatRange(min=0, min_open=True), metavar="DOLLARS", help="The same for money.")
@click.option("--workflow-tool-calls", type=click.IntRange(min=1), metavar="N", help="The same for calls of tools.")
@options.reason
@options.request_id
@options.as_json
@click.pass_context
def resume(context: click.Context, /, run_id: str, **given: Any) -> int:
    """Resume a paused run.

    Where no daemon listens, this process carries one and stays with the run until it ends or stands still, as `run` does.

    \b
    Examples:
      penstock resume RUN
      penstock resume RUN --runtime 4h   # a budget was used up
    """
    runtime = _milliseconds(given["runtime"]) if given["runtime"] else None
    asked = {"runtime_ms": runtime, "tokens": given["tokens"], "cost_usd": given["cost"], "tool_calls": given["tool_calls"]}
    asked |= {"workflow_tokens": given["workflow_tokens"], "workflow_cost_usd": given["workflow_cost"]}
    asked |= {"workflow_tool_calls": given["workflow_tool_calls"]}
    limits = {name: amount for name, amount in asked.items() if amount is not None}
    params = {**_params(run_id, given), "limits": limits or None}
    return change_or_carry(link_of(context), "run.resume", params, as_json=given["as_json"])


def _milliseconds(text: str) -> int:
    from actors.workflow.durations import parse_duration

    try:
        return parse_duration(text)
    except ValueError:
        raise exits.Told("duration_malformed", f"--runtime {text}: written as 30s, 10m, 2h or 7d", exits.USAGE) from None


@click.command()
@options.run_id
@options.reason
@options.request_id
@options.as_json
@click.pass_context
def cancel(context: click.Context, /, run_id: str, **given: Any) -> int:
    """Cancel a run.

    Its `finally` nodes still run. Where no daemon listens, this process carries one for it.
    """
    ended = change_or_carry(link_of(context), "run.cancel", _params(run_id, given), as_json=given["as_json"])
    return exits.OK if ended == exits.CANCELLED else ended


@click.command()
@options.run_id
@click.argument("node_id", metavar="NODE")
@options.reason
@options.request_id
@options.as_json
@click.pass_context
def retry(context: click.Context, /, run_id: str, node_id: str, **given: Any) -> int:
    """Give a failed node fresh attempts.

    All that depends on it is done again, too. Where no daemon listens, this process carries one and stays with the run, as `run` does.
    """
    params = {**_params(run_id, given), "node_id": node_id}
    return change_or_carry(link_of(context), "run.retry", params, as_json=given["as_json"])


def _params(run_id: str, given: dict[str, Any]) -> dict[str, Any]:
    return {"run_id": run_id, "reason": given["reason"], "request_id": given["request_id"]}


@click.command()
@click.argument("address", metavar="ADDRESS")
@click.argument("message", metavar="MESSAGE-JSON")
@options.request_id
@options.as_json
@click.pass_context
def send(context: click.Context, address: str, message: str, request_id: str | None, *, as_json: bool) -> int:
    """Inject one typed message into an actor.

    The actor must accept it; `penstock tree` lists the addresses. MESSAGE-JSON is an object that names the message's class in `kind`,
    for example {"kind": "Tick"}. It is recorded in the audit log.

    \b
    Examples:
      penstock send scheduler '{"kind": "Tick"}'
    """
    try:
        decoded = json.loads(message)
    except ValueError as error:
        raise exits.Told("message_malformed", f"MESSAGE-JSON is not JSON: {error}", exits.USAGE) from None
    return change(link_of(context), "actor.tell", {"address": address, "message": decoded, "request_id": request_id}, as_json=as_json)
