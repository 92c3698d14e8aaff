"""What would hold a run up, told before it begins: gates and waits, in the words of a plan. Pure."""

from __future__ import annotations

from typing import Any, assert_never

from attrs import asdict

from actors.run.foretold import Problems, given_only, problem
from actors.workflow.instants import INSTANT_FORMS, parse_instant
from actors.workflow.partly import Partly
from actors.workflow.spec import Condition, Gate, Timer, Wait, Webhook
from actors.workflow.spec_wait import LONGEST_WAIT_MS

__all__ = ["gate_told", "quality_told", "wait_told"]


def gate_told(node_id: str, gate: Gate, partly: Partly) -> dict[str, Any]:
    """A gate that would ask, taken as approved."""
    options = [asdict(option) for option in gate.options] if isinstance(gate.options, tuple) else {"ref": str(gate.options)}
    told = {
        "gate_name": gate.name or node_id, "type": gate.type,
        "prompt": None if gate.prompt is None else partly.at("prompt").text(gate.prompt),
        "options": options or None, "decisions": list(gate.decisions),
        "expires_after_ms": _length(partly, "timeout", gate.expires_after_ms, gate.timeout_text, low_ms=0),
        "on_expiry": gate.on_expiry, "rework_targets": list(gate.rework_targets) or None,
        "min_approvals": gate.min_approvals if gate.min_approvals > 1 else None, "approvers": list(gate.approvers) or None,
        "assumed": "approved",
    }  # fmt: skip
    return given_only(told)


def quality_told(node_id: str, gate: Gate) -> dict[str, Any]:
    """A quality gate is computed, and it is taken that what it wants holds: there is nothing yet that it could look at."""
    told = {"gate_name": gate.name or node_id, "type": gate.type, "source": gate.source, "threshold": gate.threshold, "check": gate.check}
    return given_only(told | {"schema": gate.schema, "on_fail": gate.on_fail, "assumed": "pass"})


def wait_told(node_id: str, wait: Wait, partly: Partly, problems: Problems) -> dict[str, Any]:
    """What is waited for, and for how long; a time that is none goes to the problems."""
    expires = _length(partly, "timeout", wait.expires_after_ms, wait.timeout_text, high_ms=LONGEST_WAIT_MS)
    told: dict[str, Any] = {"expires_after_ms": expires, "on_timeout": wait.on_timeout if wait.is_limited else None}
    match wait.on:
        case Timer(wake_at=wake_at):
            before = len(partly.unresolved) + len(partly.wrong)
            until = None if wake_at is None else partly.at("wait").text(wake_at)
            if until is not None and before == len(partly.unresolved) + len(partly.wrong) and parse_instant(until) is None:
                text = f"{until[:80]!r} is no time. Allowed: {', '.join(INSTANT_FORMS)}."
                problems.append(problem("timer_wake_at_invalid", f"nodes.{node_id}.wait", until, text))
            delay = _length(partly, "timer", wait.on.delay_ms, wait.on.delay_text, high_ms=LONGEST_WAIT_MS)
            told |= {"delay_ms": delay, "until": until}
        case Condition(key=key, schema=schema):
            told |= {"condition": partly.at("wait").text(key), "schema": schema}
        case Webhook() as hook:
            told |= asdict(hook) | {"value": None if hook.value is None else partly.at("wait").text(hook.value)}
        case _:
            assert_never(wait.on)
    return {"wait": given_only(told)}


def _length(partly: Partly, word: str, length_ms: int | None, text: str | None, **bounds: int) -> int | None:
    """What is said under the word, as far as it is known."""
    return length_ms if text is None else partly.duration(word, text, **bounds)
