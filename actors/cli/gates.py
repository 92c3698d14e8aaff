"""Answers to gates: approve, reject, rework, cancel-gate."""

from __future__ import annotations

from typing import Any

import click

from actors.cli import options
from actors.cli.carry import change_or_carry
from actors.cli.link import link_of

__all__ = ["approve", "cancel_gate", "reject", "rework"]

_gate = click.argument("gate", metavar="[GATE]", required=False)
_feedback = click.option("--feedback", metavar="TEXT", help="Words for the run; kept with the decision.")


@click.command()
@options.run_id
@_gate
@_feedback
@click.option("--shown", metavar="DIGEST", help="Approve only what `penstock show` named so; the use of a tool needs it.")
@click.option("--select", "selections", metavar="OPTION", multiple=True, help="A value of the gate's options; repeat for more.")
@options.reason
@options.request_id
@options.as_json
@click.pass_context
def approve(context: click.Context, /, run_id: str, gate: str | None, **given: Any) -> int:
    """Approve a gate.

    GATE may be left out when only one is open.

    \b
    Examples:
      penstock approve RUN
      penstock approve RUN publish --select now --feedback "fine"
      penstock approve RUN draft.tool --shown 2cf24dba5fb0a30e
    """
    return _decide(context, "approve", run_id, gate, given)


@click.command()
@options.run_id
@_gate
@_feedback
@options.reason
@options.request_id
@options.as_json
@click.pass_context
def reject(context: click.Context, /, run_id: str, gate: str | None, **given: Any) -> int:
    """Reject a gate: its node fails.

    Or the run goes on, where the gate says so.
    """
    return _decide(context, "reject", run_id, gate, given)


@click.command()
@options.run_id
@_gate
@_feedback
@options.reason
@options.request_id
@options.as_json
@click.pass_context
def rework(context: click.Context, /, run_id: str, gate: str | None, **given: Any) -> int:
    """Send the work before a gate back, with feedback.

    The feedback reaches its next attempt.

    \b
    Examples:
      penstock rework RUN publish --feedback "shorter, and name the authors"
    """
    return _decide(context, "rework", run_id, gate, given)


@click.command("cancel-gate")
@options.run_id
@_gate
@options.reason
@options.request_id
@options.as_json
@click.pass_context
def cancel_gate(context: click.Context, /, run_id: str, gate: str | None, **given: Any) -> int:
    """Answer a gate by cancelling its run."""
    return _decide(context, "cancel", run_id, gate, given)


def _decide(context: click.Context, decision: str, run_id: str, gate: str | None, given: dict[str, Any]) -> int:
    """Without a daemon the decision is made on one of our own, which then stays with the run."""
    params = {
        "run_id": run_id,
        "gate": gate,
        "decision": decision,
        "feedback": given.get("feedback"),
        "selections": list(given.get("selections") or ()) or None,
        "shown_digest": given.get("shown"),
        "reason": given["reason"],
        "request_id": given["request_id"],
    }
    return change_or_carry(link_of(context), "gate.decide", params, as_json=given["as_json"])
