"""What is said to a run about its waits: a signal by name, the resolution of one condition. Pure."""

from __future__ import annotations

from typing import Any

from actors.refusals import Refusal
from actors.run.state import RunState
from actors.run.turn import Turn
from actors.wait.ending import resolve
from actors.wait.events import SignalReceived
from actors.wait.messages import Resolve, Signal
from actors.wait.payloads import misfit, too_large
from actors.wait.row import WaitRow
from actors.wait.view import wait_json

__all__ = ["resolve_wait", "signal"]

MOST_KEPT = 256
LONGEST = 512
"""Bytes of a name or of a key."""


def signal(turn: Turn, said: Signal) -> dict[str, Any] | Refusal:
    """End the oldest open condition of that name, or keep the signal for the next one that opens."""
    state = turn.state
    refused = _refused(said.name, said.key, said.payload)
    if refused is not None:
        return refused
    if said.key in state.heard:
        return _heard(state, said.key)
    if state.terminal:
        text = f"The run {state.run_id} is {state.status}: nothing in it waits for {said.name!r} any more."
        return Refusal("run_already_terminal", text, {"status": state.status})
    rows = [row for row in state.waits.values() if row.open and row.kind == "external_condition" and row.key == said.name]
    if rows:
        return _resolve(turn, rows[0], said.key, said.payload, str(said.by))
    if len(state.signals) >= MOST_KEPT:
        text = f"The run {state.run_id} already keeps {MOST_KEPT} signals that nobody has waited for. See its waits with: penstock show"
        return Refusal("signal_limit", text, {"limit": MOST_KEPT})
    turn.emit(SignalReceived(name=said.name, key=said.key, by=str(said.by), payload=said.payload))
    return {"wait": None, "kept": True}


def resolve_wait(turn: Turn, said: Resolve) -> dict[str, Any] | Refusal:
    """End one condition. The same key again gets the same wait; another one, when it is over, gets none."""
    refused = _refused(said.wait, said.key, said.payload)
    if refused is not None:
        return refused
    row = next((row for row in turn.state.waits.values() if said.wait in (row.wait_id, row.node_id)), None)
    if row is None:
        names = [row.node_id for row in turn.state.waits.values()]
        text = f"The run {turn.state.run_id} has no wait {said.wait!r}. Its waits: {', '.join(names) or 'none yet'}."
        return Refusal("wait_not_found", text, {"wait": said.wait, "waits": names})
    if row.kind != "external_condition":
        text = f"{row.node_id} waits for a {row.kind}; only a wait for a signal or a condition is resolved."
        return Refusal("wait_not_resolvable", text, {"wait_id": row.wait_id, "wait_kind": row.kind})
    if row.open:
        return _resolve(turn, row, said.key, said.payload, str(said.by))
    same = row.completion_key == f"external:{row.wait_id}:{said.key}"
    return {"wait": wait_json(row) if same else None, "kept": False}


def _resolve(turn: Turn, row: WaitRow, key: str, payload: Any, by: str) -> dict[str, Any] | Refusal:
    wrong = misfit(turn.state, row, payload)
    if wrong is not None:
        return wrong
    resolve(turn, row, key, payload, by)
    return {"wait": wait_json(turn.state.waits[row.node_id]), "kept": False}


def _heard(state: RunState, key: str) -> dict[str, Any]:
    """The answer to a signal that came before."""
    row = next((row for row in state.waits.values() if row.wait_id == state.heard[key]), None)
    return {"wait": None if row is None else wait_json(row), "kept": any(signal.key == key for signal in state.signals)}


def _refused(name: str, key: str, payload: Any) -> Refusal | None:
    for what, text in (("name", name), ("key", key)):
        if not text.strip() or len(text.encode()) > LONGEST:
            return Refusal(
                "signal_name_invalid", f"A signal's {what} has 1 to {LONGEST} bytes; this one has {len(text.encode())}.", {what: text[:80]}
            )
    return too_large(payload)
