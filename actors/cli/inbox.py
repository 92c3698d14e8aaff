"""`penstock gates`: the inbox. What waits for a person, since when, until when, what would be done, and the commands that answer it."""

from __future__ import annotations

from typing import Any

import click

from actors.cli import exits, options
from actors.cli.ask import about_gate
from actors.cli.link import link_of
from actors.cli.listing import given
from actors.cli.text import elapsed, emit, print_json, visible
from actors.cli.tool_call import approval_of

__all__ = ["answers", "deadline", "gates"]

_EXPIRY = {
    "cancel": "the run is cancelled", "fail": "the gate fails", "continue": "the run goes on without an answer",
    "resume": "it counts as approved", "escalate": "somebody else is asked", "remind": "people are reminded",
}  # fmt: skip
_COMMANDS = {"cancel": "cancel-gate"}


@click.command()
@click.argument("run_id", metavar="[RUN]", required=False)
@options.as_json
@click.pass_context
def gates(context: click.Context, run_id: str | None, *, as_json: bool) -> int:
    """Show what waits for a person.

    Open gates, oldest first, with what each would let happen; and runs that are held until somebody acts, for example because a budget is
    used up.
    """
    with link_of(context).reader() as reader:
        answer = reader.call("gate.list", given({"run_id": run_id}))
    if as_json:
        print_json(answer)
        return exits.OK
    now = answer["now_ms"]
    for gate in answer["gates"]:
        _gate(gate, now)
    for held in answer["held"]:
        _held(held, now)
    if not answer["gates"] and not answer["held"]:
        emit("Nothing waits for a person.")
    return exits.OK


def _gate(gate: dict[str, Any], now: float) -> None:
    emit(visible(f"{gate['gate_name']}  of {gate['run_id']}  ({gate['title']}, {gate['run_status']})"))
    about_gate(gate)
    emit(visible(f"  {deadline(gate, now)}"))
    emit(visible(f"  -> penstock show {gate['run_id']} {gate['gate_name']}"))
    emit(visible(f"  -> {answers(gate)}"))
    emit()


def deadline(gate: dict[str, Any], now: float) -> str:
    """Since when it is open, until when, and what happens then."""
    text = f"open for {elapsed(now - gate['opened_at_ms'])}"
    if gate.get("escalated_to"):
        return f"{text}; nobody answered in time, and {gate['escalated_to']} is asked"
    if gate.get("expires_at_ms") is None:
        return f"{text}; it never expires"
    left = gate["expires_at_ms"] - now
    then = _EXPIRY.get(gate["on_expiry"], gate["on_expiry"])
    return f"{text}; it expires in {elapsed(left)}, then {then}" if left > 0 else f"{text}; its time is over: {then}"


def answers(gate: dict[str, Any]) -> str:
    """The command that answers it, and the words that may stand in its place."""
    first, *others = [_COMMANDS.get(word, word) for word in gate["decisions"]] or ["approve"]
    told = approval_of(gate) if first == "approve" else ""
    return f"penstock {first} {gate['run_id']} {gate['gate_name']}{told}" + (f"   (or {', '.join(others)})" if others else "")


def _held(held: dict[str, Any], now: float) -> None:
    emit(visible(f"{held['run_id']}  ({held['title']}) is held, for {elapsed(now - held['updated_at_ms'])}"))
    emit(visible(f"  {held['text']} ({held['code']})"))
    for step in held["next"]:
        emit(visible(f"  -> {step}"))
    emit()
