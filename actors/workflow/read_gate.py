"""Reads a gate, flat as in a file or nested as in the model."""

from __future__ import annotations

from collections import Counter
from typing import Any, Final, get_args

from actors.workflow.drafts import Draft
from actors.workflow.form import ABSENT, Form, kind_word
from actors.workflow.problems import Path
from actors.workflow.spec import Gate, GateExpiry, Option

__all__ = ["DECISIONS", "GATE_TYPES", "read_approval", "read_gate"]

DECISIONS: Final = ("approve", "reject", "rework", "cancel")
GATE_TYPES: Final = ("human_approval",)
OPTION_FORMS: Final = ("[value, …]", "{value: label, …}")
EXPIRIES: Final[tuple[GateExpiry, ...]] = get_args(GateExpiry)


def read_gate(form: Form, draft: Draft) -> Gate:
    """The gate of a node; its keys stand beside `gate: type`, or below `gate:` in the model's form."""
    if type(form.data.get("gate")) is not dict:
        form.require("gate")
        form.choice("gate", choices=GATE_TYPES, code="gate_type_unknown")
        return _read_fields(form, draft)
    inner = form.sub("gate")
    assert inner is not None  # the line above saw the mapping
    inner.require("type")
    inner.choice("type", choices=GATE_TYPES, code="gate_type_unknown")
    gate = _read_fields(inner, draft)
    inner.close("a gate")
    return gate


def read_approval(form: Form) -> Gate:
    """A wait for an approval, which only the model's spelling has: a gate without rework and without a prompt."""
    decisions = _read_decisions(form, "approval_decisions_invalid")
    limit = form.sub("timeout")
    if limit is not None and form.take("expires_after_ms") is not ABSENT:
        message = '"timeout" and "expires_after_ms" both say when it is over. Keep one of them.'
        form.report.add("approval_timeout_conflict", form.at("timeout"), message)
    if limit is not None and limit.data.get("on_timeout") == "resume":
        message = "An approval that nobody gave cannot be taken as given. Choose cancel, escalate or remind."
        form.report.add("approval_timeout_resume_forbidden", limit.at("on_timeout"), message, found="resume")
    timed = limit or form
    expires = timed.duration("", "expires_after_ms", code="approval_expiry_invalid")
    if timed.data.get("expires_after_ms") == 0:
        message = "An approval that expires after 0 ms cannot be given. Leave it out, or make it longer."
        form.report.add("approval_expiry_invalid", timed.at("expires_after_ms"), message, found=0)
    word, to, remind = _read_expiry(timed)
    if limit is not None:
        limit.close("timeout")
    form.close("an approval")
    return Gate(decisions=decisions, expires_after_ms=expires, on_expiry=word, escalate_to=to, remind_every_ms=remind)


def _read_fields(form: Form, draft: Draft) -> Gate:
    expiry = form.sub("expiry_policy")
    timed = expiry or form
    expires = _read_timeout(timed)
    on_expiry, escalate_to, remind = _read_expiry(timed)
    if expiry:
        expiry.close("expiry_policy")
    on_reject = form.choice("on_reject", choices=("fail", "continue"), code="invalid_on_reject")
    prompt = form.text("prompt", "instructions")
    options = _read_options(form)
    draft.templates.append((form.at("prompt", "instructions"), prompt))
    return Gate(
        prompt=prompt,
        decisions=_read_decisions(form),
        on_reject="continue" if on_reject == "continue" else "fail",
        rework_targets=tuple(form.texts("rework", "rework_targets", single=True) or ()),
        options=options,
        expires_after_ms=expires,
        on_expiry=on_expiry,
        escalate_to=escalate_to,
        remind_every_ms=remind,
    )


def _read_timeout(form: Form) -> int | None:
    """A timeout of 0 means at once, which the model writes as 1 ms; the model's own 0 means the default."""
    length = form.duration("timeout", "expires_after_ms", low_ms=0)
    return 1 if length == 0 else length


def _read_expiry(form: Form) -> tuple[GateExpiry | None, str | None, int | None]:
    """What follows when the time is over, who is asked then, how often people are reminded."""
    word = form.choice("on_timeout", "on_expiry", choices=EXPIRIES, code="invalid_on_timeout")
    to = form.text("escalate_to")
    return next((one for one in EXPIRIES if one == word), None), to, form.duration("remind_every", "remind_every_ms")


def _read_decisions(form: Form, code: str = "gate_decisions_invalid") -> tuple[str, ...]:
    listed = form.texts("decisions", single=True)
    if listed is None:
        return DECISIONS
    words = [word.strip().lower() for word in listed]
    unknown = [word for word in words if word not in DECISIONS]
    if unknown or not words or len(set(words)) < len(words):
        why = f"{unknown[0][:40]!r} is none of them" if unknown else "none is named" if not words else "one stands twice"
        message = f'"decisions" are some of {", ".join(DECISIONS)}, each once; {why}.'
        form.report.add(code, form.at("decisions"), message, found=", ".join(words), allowed=DECISIONS)
        return DECISIONS
    return tuple(words)


def _read_options(form: Form) -> tuple[Option, ...]:
    value, path = form.take("options"), form.at("options")
    if value is ABSENT:
        return ()
    if type(value) is dict and list(value) == ["values"] and type(value["values"]) is list:
        pairs = [_read_option(form, (*path, "values", i), item) for i, item in enumerate(value["values"])]
    elif type(value) is dict:
        pairs = [_pair(form, (*path, key), key, label) for key, label in value.items()]
    elif type(value) is list:
        pairs = [_pair(form, (*path, i), item, item) for i, item in enumerate(value)]
    else:
        pairs = []
    options = tuple(option for option in pairs if option)
    if not pairs:
        message = f'"options" takes {" or ".join(OPTION_FORMS)} with at least one entry.'
        form.report.add("invalid_gate_options", path, message, found=value, allowed=OPTION_FORMS)
    counts = Counter(option.value for option in options)
    for repeated in sorted(value for value, count in counts.items() if count > 1):
        form.report.add("gate_option_duplicate", path, f'The option "{repeated[:80]}" stands twice. Keep one.', found=repeated)
    return options


def _read_option(form: Form, path: Path, item: Any) -> Option | None:
    if type(item) is not dict:
        return _pair(form, path, item, item)
    inner = Form(form.report, path, item)
    inner.require("value")
    value, label = inner.text("value"), inner.text("label")
    inner.close("an option")
    return Option(value, label or value) if value else None


def _pair(form: Form, path: Path, value: Any, label: Any) -> Option | None:
    if type(value) is str and type(label) is str and value.strip():
        return Option(value, label)
    message = f"An option is a text, and its label too; this is {kind_word(label if type(value) is str else value)}. Quote it."
    form.report.add("invalid_gate_options", path, message, found=value, allowed=OPTION_FORMS)
    return None
