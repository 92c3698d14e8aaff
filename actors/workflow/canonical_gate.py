"""The canonical JSON of a gate, in the names of the model; defaults are left out (gates spec, 2.4)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from actors.workflow.spec import Gate, OptionsRef

__all__ = ["gate_json", "slim"]


def slim(entries: Mapping[str, Any], **defaults: Any) -> dict[str, Any]:
    """Without what is None, empty, or equal to its default."""
    return {
        key: value
        for key, value in entries.items()
        if value is not None and value not in ({}, []) and not (key in defaults and value == defaults[key])
    }


def gate_json(gate: Gate) -> dict[str, Any]:
    """What stands under `gate`."""
    expiry = {
        "expires_after_ms": gate.expires_after_ms, "timeout": gate.timeout_text, "on_expiry": gate.on_expiry,
        "escalate_to": gate.escalate_to, "remind_every_ms": gate.remind_every_ms,
    }  # fmt: skip
    entries = {
        "type": gate.type, "name": gate.name, "instructions": gate.prompt, "decisions": list(gate.decisions), "on_reject": gate.on_reject,
        "rework_targets": list(gate.rework_targets), "options": _options(gate), "expiry_policy": slim(expiry),
        "min_approvals": gate.min_approvals, "mode": gate.mode, "as_identity": gate.as_identity, "approvers": list(gate.approvers),
        "separate_from_author": gate.separate_from_author, "source": gate.source, "threshold": gate.threshold, "check": gate.check,
        "schema": gate.schema, "on_fail": gate.on_fail,
    }  # fmt: skip
    return slim(
        entries, decisions=list(Gate(gate.type).decisions), on_reject="fail", min_approvals=1, mode="min_approvals", on_fail="fail"
    )  # fmt: skip


def _options(gate: Gate) -> dict[str, Any] | None:
    if isinstance(gate.options, OptionsRef):
        return {"ref": str(gate.options)}
    return {"values": [{"value": option.value, "label": option.label} for option in gate.options]} if gate.options else None
