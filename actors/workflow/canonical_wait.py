"""A wait in canonical JSON, in the model's names."""

from __future__ import annotations

from typing import Any

from actors.workflow.spec import Condition, Timer, Wait, Webhook

__all__ = ["wait_json"]


def wait_json(wait: Wait) -> dict[str, Any]:
    """The value of a node's `wait`; what is left out has its default."""
    limit = {
        "expires_after_ms": wait.expires_after_ms, "timeout": wait.timeout_text, "on_timeout": wait.on_timeout,
        "escalate_to": wait.escalate_to, "remind_every_ms": wait.remind_every_ms,
    }  # fmt: skip
    timeout = {name: value for name, value in limit.items() if value is not None} if wait.is_limited else None
    entries = _source(wait.on) | {"timeout": timeout}
    return {name: value for name, value in entries.items() if value is not None}


def _source(on: Timer | Condition | Webhook) -> dict[str, Any]:
    match on:
        case Timer():
            return {"kind": "timer", "delay_ms": on.delay_ms, "timer": on.delay_text, "wake_at": on.wake_at}
        case Condition():
            return {"kind": "external_condition", "condition_key": on.key, "payload_schema": on.schema}
    match = {"field": on.field, "value": on.value} if on.field is not None else None
    return {
        "kind": "webhook", "trigger_id": on.trigger_id, "correlation": match, "provider": on.provider,
        "provider_event_kind": on.event_kind,
    }  # fmt: skip
