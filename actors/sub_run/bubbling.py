"""What a run leaves to the one whose node began it: its results by key and its contexts, within bounds (flow spec 7.2). Pure.

They stand in the parent's own fact, so that nobody has to read the child's log to know what the parent knows.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import Factory, asdict, evolve, frozen

from actors.flow.results import ContextEntry, Result
from actors.run.state import RunState
from storage.codec import canonical

__all__ = ["MOST_BYTES", "Left", "left_by"]

MOST_BYTES = 160 << 10
"""What the structured outputs of one run may have together as JSON, to be handed on; else those of none are."""
MOST_ENTRIES = 200
LONGEST = 2_000
DONE = ("completed", "timed_out")


@frozen
class Left:
    """`results` by key and `contexts`, oldest first, both as JSON; `warning` says what of them was too much to be handed on."""

    results: Mapping[str, Any] = Factory(dict)
    contexts: tuple[Mapping[str, Any], ...] = ()
    warning: str = ""


def left_by(state: RunState) -> Left:
    """Of a run that completed. Only what was done counts: what failed or was skipped leaves no markers to anybody."""
    found = [(key, result) for key, result in state.results.items() if result.status in DONE]
    results, contexts = dict(found[-MOST_ENTRIES:]), state.contexts[-MOST_ENTRIES:]
    warning = "" if len(results) == len(found) and len(contexts) == len(state.contexts) else f"only the newest {MOST_ENTRIES} are handed on"
    whole = _as_json(results, contexts)
    if _fits(whole):
        return evolve(whole, warning=warning)
    bare = {key: evolve(result, context=result.context[:LONGEST], structured_output=None) for key, result in results.items()}
    short = [evolve(entry, context=entry.context[:LONGEST], structured_output=None) for entry in contexts]
    too_much = f"they have more than {MOST_BYTES} bytes as JSON, so "
    if _fits(cut := _as_json(bare, short)):
        return evolve(cut, warning=f"{too_much}no structured outputs are handed on")
    return Left(warning=f"{too_much}nothing of them is handed on")


def _fits(left: Left) -> bool:
    return len(canonical([dict(left.results), list(left.contexts)])) <= MOST_BYTES


def _as_json(results: Mapping[str, Result], contexts: list[ContextEntry]) -> Left:
    return Left({key: _slim(asdict(result)) for key, result in results.items()}, tuple(_slim(asdict(entry)) for entry in contexts))


def _slim(fields: dict[str, Any]) -> dict[str, Any]:
    """Without what says nothing."""
    return {name: list(value) if isinstance(value, tuple) else value for name, value in fields.items() if value not in (None, "", (), 0)}
