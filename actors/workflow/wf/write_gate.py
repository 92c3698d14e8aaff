"""Writes a gate of the model's JSON tree as the options of its statement; the mirror of `gate` (gates spec 2.4)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from actors.workflow.durations import shown_duration
from actors.workflow.problems import Path
from actors.workflow.wf.ast import Entry, Scalar
from actors.workflow.wf.gate import DEFAULT_EXPIRY_MS, GATE_WORDS
from actors.workflow.wf.spelling import entries_of, reference

__all__ = ["gate_entries"]


def gate_entries(gate: Mapping[str, Any], path: Path, keys: Mapping[str, str]) -> tuple[Entry, ...]:
    """The options. `keys` maps the id of each node to its result key, by which they are named here."""
    name = gate.get("name")
    if gate["type"] == "quality_gate":
        return entries_of(
            {
                "name": None if name == "quality_gate" else name, "source": gate.get("source"), "threshold": gate.get("threshold"),
                "check": gate.get("check"), "on_fail": _word(gate.get("on_fail")), "as": gate.get("as_identity"),
                "prompt": gate.get("instructions"),
            },
            path,
        )  # fmt: skip
    found = {word: gate.get(model) for word, model in GATE_WORDS.items()} | {
        "name": None if name == gate["type"] else name, "rework": [keys.get(one, one) for one in gate.get("rework_targets", ())],
        "options": _options(gate.get("options")), "on_reject": _word(gate.get("on_reject")), "mode": _word(gate.get("mode")),
    }  # fmt: skip
    return entries_of(found | _expiry(gate.get("expiry_policy", {})), path)


def _options(options: Mapping[str, Any] | None) -> Any:
    if not options:
        return None
    if "ref" in options:
        return reference(options["ref"])
    pairs = [(one["value"], one["label"]) for one in options["values"]]
    return [value for value, _ in pairs] if all(value == label for value, label in pairs) else dict(pairs)


def _expiry(expiry: Mapping[str, Any]) -> dict[str, Any]:
    length, remind = expiry.get("expires_after_ms"), expiry.get("remind_every_ms")
    return {
        "timeout": expiry.get("timeout") if length in (None, DEFAULT_EXPIRY_MS) else shown_duration(length),
        "on_timeout": None if expiry.get("on_expiry") == "fail" else _word(expiry.get("on_expiry")),
        "escalate_to": expiry.get("escalate_to"),
        "remind_every": None if not remind else shown_duration(remind),
    }


def _word(text: str | None) -> Scalar | None:
    return Scalar(text) if text else None
