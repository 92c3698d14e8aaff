"""The options of a gate, also those that an earlier node names, and what was selected of them (gates spec, section 4). Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from attrs import frozen

from actors.gate.record import OpenGate
from actors.gate.structured import NO_RESULT, UNPARSABLE, structured
from actors.refusals import Refusal
from actors.run.state import RunState
from actors.workflow.spec import Gate, Option, OptionsRef

__all__ = ["NoOptions", "Resolved", "context_text", "in_order", "options_of", "select"]

SHOWN = 80


@frozen
class Resolved:
    """The options, and what the source names beside them that is none."""

    options: tuple[Option, ...]
    dropped: tuple[str, ...] = ()


@frozen
class NoOptions:
    """Why the options are not there; `detail` holds the values that the message names."""

    code: str
    message: str
    detail: Mapping[str, Any]


def options_of(state: RunState, gate: Gate) -> Resolved | NoOptions:
    """The options as they are now."""
    return _named(state, gate.options) if isinstance(gate.options, OptionsRef) else Resolved(gate.options)


def _named(state: RunState, ref: OptionsRef) -> Resolved | NoOptions:
    found = structured(state, ref.step)
    if found.flaw is not None:
        ending, why = {
            NO_RESULT: ("no_result", "which has no result"),
            UNPARSABLE: ("unparsable", "whose output begins like JSON and is none"),
        }.get(found.flaw, ("no_structured_output", "whose output is not JSON"))
        text = f"The options are to come from {ref.step}, {why}. Let it give a JSON object with the field {ref.field}."
        return NoOptions(f"gate_options_{ending}", text, {"step": ref.step})
    field = found.value.get(ref.field) if isinstance(found.value, Mapping) else None
    match field:
        case Mapping():
            pairs = [(str(value), label) for value, label in field.items()]
        case list() | tuple():
            pairs = [(item if isinstance(item, str) else _shown(item), item) for item in field]
        case _:
            text = f"{ref.step} gives no JSON object or list under {ref.field}, so there are no options. It gives {_shown(field)}."
            return NoOptions("gate_options_not_a_map", text, {"step": ref.step, "field": ref.field})
    options = {value: Option(value, label) for value, label in reversed(pairs) if _sound(value, label)}
    if not options:
        text = f"{ref.step} names no option under {ref.field} that is text. Let it name one, or skip the gate then."
        return NoOptions("gate_options_empty", text, {"step": ref.step, "field": ref.field})
    dropped = tuple(value for value, label in pairs if not _sound(value, label))
    return Resolved(tuple(reversed(options.values())), dropped)


def _sound(value: str, label: Any) -> bool:
    return isinstance(label, str) and bool(value.strip())


def _shown(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"


def select(gate: OpenGate, word: str, given: Sequence[str]) -> tuple[str, ...] | Refusal:
    """The values that are meant, in the order of the options; labels are taken where they are unambiguous."""
    if not given:
        return ()
    options: Sequence[Mapping[str, str]] = gate.shown.get("options", ())
    if not options:
        text = f"The gate {gate.gate_name} has no options to select from."
        return Refusal("gate_selections_not_configured", text, {"selections": list(given)})
    if word != "approve":
        return Refusal("gate_selections_not_allowed", f"Options are selected with approve only, not with {word}.", {"decision": word})
    labels = [option["label"] for option in options]
    by_name = {option["label"]: option["value"] for option in options if labels.count(option["label"]) == 1}
    by_name |= {option["value"]: option["value"] for option in options}
    for name in given:
        if name not in by_name:
            allowed = [option["value"] for option in options]
            text = f"The gate {gate.gate_name} has no option {name!r}. Allowed: {', '.join(allowed)}."
            return Refusal("gate_selection_invalid", text, {"value": name, "allowed": allowed})
    return in_order(gate, [by_name[name] for name in given])


def in_order(gate: OpenGate, values: Sequence[str]) -> tuple[str, ...]:
    """Each value once, in the order of the options."""
    return tuple(option["value"] for option in gate.shown.get("options", ()) if option["value"] in values)


def context_text(gate: OpenGate, selections: Sequence[str]) -> str:
    """What later nodes are told of a selection."""
    labels = {option["value"]: option["label"] for option in gate.shown.get("options", ())}
    return "\n".join(["Selected by the reviewer:", *(f"- {labels[value]}" for value in selections)])
