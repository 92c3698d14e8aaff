"""Reads a wait: for a time, a signal, a condition or a webhook; in the words of a file or of the model."""

from __future__ import annotations

from typing import Any, Final, get_args

from actors.workflow.bindings import read_binding
from actors.workflow.drafts import Draft
from actors.workflow.durations import DurationError, is_filled_in, parse_duration
from actors.workflow.form import ABSENT, Form, kind_word
from actors.workflow.instants import INSTANT_FORMS, parse_instant
from actors.workflow.read_gate import read_approval
from actors.workflow.read_timeout import read_timeout
from actors.workflow.spec import Condition, Gate, Timer, Wait, WaitTimeout, Webhook, WebhookField
from actors.workflow.spec_wait import LONGEST_WAIT_MS
from actors.workflow.template import MARK

__all__ = ["EXECUTION_KEYS", "WAIT_CODES", "read_wait"]

WORDS: Final = ("timer", "until", "signal", "condition", "webhook")
MODEL_KINDS: Final = ("timer", "approval", "webhook", "external_condition")
FORMS: Final = ("{timer: 10m}", "{until: TIME}", "{signal: NAME}", "{condition: NAME}", "{webhook: TRIGGER}")
TIMEOUTS: Final[tuple[WaitTimeout, ...]] = get_args(WaitTimeout)
FIELDS: Final[tuple[WebhookField, ...]] = get_args(WebhookField)
EXECUTION_KEYS: Final = (
    "retry", "retry_policy", "timeout", "idle_timeout", "timeout_ms", "absolute_timeout_ms", "tool_policy", "mcp_policy", "max_tool_calls",
)  # fmt: skip
WAIT_CODES: Final = frozenset((
    "wait_gate_conflict", "wait_node_has_execution_policy", "timer_wake_conflict", "timer_delay_invalid", "timer_wake_at_invalid",
    "wait_timeout_invalid", "approval_decisions_invalid", "approval_expiry_invalid", "approval_timeout_conflict",
    "approval_timeout_resume_forbidden", "webhook_trigger_invalid", "webhook_correlation_invalid", "external_condition_invalid",
    "wait_binding_unknown_node", "wait_binding_not_dependency", "wait_binding_invalid_json_pointer", "wait_kind_unknown",
))  # fmt: skip


def read_wait(form: Form, draft: Draft) -> Wait | Gate:
    """What the node waits for. An approval is a gate, whatever it is called."""
    _refuse_execution(form)
    form.require("wait")
    inner = form.sub("wait")
    if inner is None:
        return Wait(Timer(1))
    kind = _kind(inner)
    if kind == "approval":
        return read_approval(inner)
    limit = inner.sub("timeout") if type(inner.data.get("timeout")) is dict else inner
    assert limit is not None  # it is a mapping
    source, limits = _on(kind, inner, draft), _timeout(limit, draft)
    wait = Wait(source, **limits)
    if limit is not inner:
        limit.close("timeout")
    inner.close("wait")
    return wait


def _refuse_execution(form: Form) -> None:
    for key in EXECUTION_KEYS:
        if form.take(key) is not ABSENT:
            message = (
                f'"{key}" has no effect on a wait, which is nothing that is executed. Write its limit inside: wait: {{…, timeout: 1h}}.'
            )
            form.report.add("wait_node_has_execution_policy", form.at(key), message, found=key)


def _kind(form: Form) -> str | None:
    """The one word of a file, or the model's `kind`."""
    if "kind" in form.data:
        return form.choice("kind", choices=MODEL_KINDS, code="wait_kind_unknown")
    words = [word for word in WORDS if word in form.data]
    if words and not {"timer", "until"} < set(words):
        found = {"until": "timer", "signal": "external_condition", "condition": "external_condition"}
        if len(words) == 1:
            return found.get(words[0], words[0])
    code = "timer_wake_conflict" if {"timer", "until"} <= set(words) else "wait_kind_unknown"
    near = next((hint for key in form.data if (hint := form.report.similar(key, WORDS))), "") if not words else ""
    what = f"It waits for {' and '.join(words)} at once" if words else "It waits for nothing"
    form.report.add(code, form.path, f"{what}. Write one of {', '.join(FORMS)}.{near}", found=", ".join(words) or ..., allowed=FORMS)
    for word in (*WORDS, "key", "schema", "match", "provider", "event"):
        form.take(word)
    return None


def _on(kind: str | None, form: Form, draft: Draft) -> Timer | Condition | Webhook:
    match kind:
        case "timer":
            return _timer(form, draft)
        case "webhook":
            return _webhook(form, draft)
        case "external_condition":
            return _condition(form, draft)
    return Timer(1)


def _timer(form: Form, draft: Draft) -> Timer:
    delay, until = form.take("timer", "delay_ms"), read_binding(form, draft, "until", "wake_at", code="timer_wake_at_invalid")
    has_delay = "timer" in form.data or "delay_ms" in form.data
    if has_delay == (until is not None):
        message = "A timer has exactly one source: how long (timer: 10m), or when (until: 2026-12-01T09:00:00Z)."
        form.report.add("timer_wake_conflict", form.path, message, allowed=FORMS[:2])
        return Timer(1)
    if has_delay and is_filled_in(delay) and "delay_ms" not in form.data:
        draft.templates.append((form.at("timer"), delay))
        return Timer(delay_text=delay)
    if has_delay:
        return Timer(delay_ms=_delay(form, delay))
    if type(until) not in {str, int} or (not (type(until) is str and MARK in until) and parse_instant(until) is None):
        message = f"{str(until)[:80]!r} is no time: write {', '.join(INSTANT_FORMS)}, or a reference such as {{{{ inputs.when }}}}."
        form.report.add("timer_wake_at_invalid", form.at("until", "wake_at"), message, found=until, allowed=INSTANT_FORMS)
    draft.templates.append((form.at("until", "wake_at"), str(until)))
    return Timer(wake_at=str(until))


def _delay(form: Form, value: Any) -> int:
    try:
        length = value if type(value) is int and "delay_ms" in form.data else parse_duration(value)
    except DurationError as error:
        form.report.add("timer_delay_invalid", form.at("timer", "delay_ms"), f'"timer": {error}', found=value)
        return 1
    if not 0 < length <= LONGEST_WAIT_MS:
        message = f'"timer" must be at least 1 ms and at most ten years; this is {length} ms.'
        form.report.add("timer_delay_invalid", form.at("timer", "delay_ms"), message, found=value, allowed=["10m", "7d"])
        return 1
    return length


def _condition(form: Form, draft: Draft) -> Condition:
    names = ("signal", "condition", "condition_key")
    name = read_binding(form, draft, *names, code="external_condition_invalid")
    key = read_binding(form, draft, "key", code="external_condition_invalid")
    for given, at in ((name, names), (key, ("key",))):
        if (given is None and at != ("key",)) or (given is not None and (type(given) is not str or not given.strip())):
            message = f'"{at[0]}" is a name or a reference, and this is {kind_word(given)}. Quote it.'
            form.report.add("external_condition_invalid", form.at(*at), message, found=given)
            return Condition("?")
    schema = form.text("schema", "payload_schema")
    text = str(name) if key is None else f"{name}/{key}"
    draft.templates.append((form.at(*names), text))
    return Condition(text, schema)


def _webhook(form: Form, draft: Draft) -> Webhook:
    trigger = form.text("webhook", "trigger_id")
    if trigger is None:
        message = "A webhook wait names its trigger, the word under which deliveries come in."
        form.report.add("webhook_trigger_invalid", form.at("webhook", "trigger_id"), message)
    field, value = None, None
    inner = form.sub("match", "correlation")
    if inner is not None:
        field = inner.choice("field", choices=FIELDS, code="webhook_correlation_invalid")
        value = read_binding(inner, draft, "value", code="webhook_correlation_invalid")
        inner.close("match")
        if field is None or type(value) is not str or not value.strip():
            message = f"A match is {{field, value}}: the field is one of {', '.join(FIELDS)}, the value a text or a reference."
            form.report.add("webhook_correlation_invalid", inner.path, message, found=value, allowed=FIELDS)
            field = value = None
        draft.templates.append((inner.at("value"), value))
    provider, event = form.text("provider"), form.text("event", "provider_event_kind")
    return Webhook(trigger or "?", next((one for one in FIELDS if one == field), None), value, provider, event)


def _timeout(form: Form, draft: Draft) -> dict[str, Any]:
    """When the waiting is over, what then, to whom, and how often one is reminded."""
    after, text = read_timeout(form, draft, "timeout", "expires_after_ms", high_ms=LONGEST_WAIT_MS, code="wait_timeout_invalid")
    if form.data.get("expires_after_ms") == 0:
        form.report.add(
            "wait_timeout_invalid",
            form.at("expires_after_ms"),
            "A timeout of 0 ms would be over at once. Leave it out, or make it longer.",
            found=0,
        )
    word = form.choice("on_timeout", choices=TIMEOUTS, code="wait_timeout_invalid")
    action: WaitTimeout = next((one for one in TIMEOUTS if one == word), "fail")
    to = form.text("escalate_to")
    remind = form.duration("remind_every", "remind_every_ms", high_ms=LONGEST_WAIT_MS, code="wait_timeout_invalid")
    if action == "escalate" and to is None:
        form.report.add(
            "wait_timeout_invalid",
            form.at("on_timeout"),
            'on_timeout: escalate needs "escalate_to", who is asked then.',
            allowed=["escalate_to"],
        )
    if form.data.get("remind_every_ms") == 0:
        form.report.add(
            "wait_timeout_invalid",
            form.at("remind_every_ms"),
            "Reminding every 0 ms is no interval. Leave it out for one reminder.",
            found=0,
        )
    if after is None and text is None and (word is not None or to is not None or remind is not None):
        form.report.add(
            "wait_timeout_invalid",
            form.path,
            'Without "timeout" nothing is ever over, so what then cannot be said. Add it.',
            allowed=["timeout: 1h"],
        )
    return {"expires_after_ms": after, "timeout_text": text, "on_timeout": action, "escalate_to": to, "remind_every_ms": remind}
