"""Reads a gate, flat as in a file or nested as in the model."""

from __future__ import annotations

import re
from typing import Any, Final, get_args

from actors.workflow.drafts import Draft
from actors.workflow.form import ABSENT, Form
from actors.workflow.read_gate_options import read_options
from actors.workflow.read_gate_quality import read_quality
from actors.workflow.read_timeout import read_timeout
from actors.workflow.spec import Gate, GateExpiry
from actors.workflow.spec_gate import ALL_DECISIONS, HUMAN, QUALITY

__all__ = ["read_approval", "read_approvers", "read_gate"]

DECISIONS: Final = ALL_DECISIONS
TYPE = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,63}")
TYPES: Final = ("human_approval", "human_review", "pr_approval", "pr_checks", "quality_gate", "the type of a registered resolver")
PRINCIPAL = re.compile(r"[0-9]{1,10}|@[A-Za-z0-9_.][A-Za-z0-9_.-]{0,63}")
LONGEST_NAME: Final = 128
MOST_APPROVALS: Final = 1_000
EXPIRIES: Final[tuple[GateExpiry, ...]] = get_args(GateExpiry)


def read_gate(form: Form, draft: Draft) -> Gate:
    """The gate of a node; its keys stand beside `gate: type`, or below `gate:` in the model's form."""
    if type(form.data.get("gate")) is not dict:
        form.require("gate")
        return _read_fields(form, draft, _read_type(form, "gate"))
    inner = form.sub("gate")
    assert inner is not None  # the line above saw the mapping
    inner.require("type")
    gate = _read_fields(inner, draft, _read_type(inner, "type"))
    inner.close("a gate")
    return gate


def _read_type(form: Form, key: str) -> str:
    """Any identifier; whether a resolver is there for it is asked where the workflow is to be used."""
    word = form.text(key, default="human_approval") or ""
    if not TYPE.fullmatch(word):
        message = f"{word[:80]!r} is no type of a gate. Use one of {', '.join(TYPES)}."
        form.report.add("gate_type_invalid", form.at(key), message, found=word, allowed=TYPES)
    return QUALITY if word == "quality" else word


def read_approval(form: Form) -> Gate:
    """A wait for an approval, which only the model's spelling has: a gate without rework and without a prompt."""
    decisions = _read_decisions(form, "approval_decisions_invalid") or DECISIONS
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


def _read_fields(form: Form, draft: Draft, kind: str) -> Gate:
    name = _read_name(form)
    if kind == QUALITY:
        return read_quality(form, draft, name)
    expiry = form.sub("expiry_policy")
    timed = expiry or form
    expires, text = _read_timeout(timed, draft)
    on_expiry, escalate_to, remind = _read_expiry(timed)
    if expiry:
        expiry.close("expiry_policy")
    on_reject = form.choice("on_reject", choices=("fail", "continue"), code="invalid_on_reject")
    prompt = form.text("prompt", "instructions")
    draft.templates.append((form.at("prompt", "instructions"), prompt))
    options = read_options(form)
    if kind not in HUMAN and isinstance(options, tuple):  # they tell a resolver what to look at
        draft.templates.append((form.at("options"), [option.label for option in options]))
    return Gate(
        type=kind,
        prompt=prompt,
        on_reject="continue" if on_reject == "continue" else "fail",
        rework_targets=tuple(form.texts("rework", "rework_targets", single=True) or ()),
        options=options,
        expires_after_ms=expires,
        timeout_text=text,
        on_expiry=on_expiry,
        escalate_to=escalate_to,
        remind_every_ms=remind,
        name=name,
        as_identity=form.text("as", "as_identity"),
        approvers=read_approvers(form),
        separate_from_author=None if form.take("separate_from_author") is ABSENT else form.flag("separate_from_author"),
        decisions=_read_decisions(form) or Gate(kind).decisions,
        **_read_count(form),
    )


def _read_name(form: Form) -> str | None:
    name = form.text("name")
    if name is not None and (len(name) > LONGEST_NAME or not name.isprintable()):
        message = f"The name of a gate is one line of at most {LONGEST_NAME} characters. Shorten it; the prompt may be long."
        form.report.add("gate_name_invalid", form.at("name"), message, found=name, allowed=[f"≤ {LONGEST_NAME} characters"])
    return name


def _read_count(form: Form) -> dict[str, Any]:
    """How many must approve, and whether the state of a review alone decides instead."""
    least = form.whole("min_approvals", low=1, high=MOST_APPROVALS, default=1, code="invalid_min_approvals")
    mode = form.choice("mode", choices=("min_approvals", "review_decision"), code="invalid_gate_mode")
    if mode == "review_decision" and form.has("min_approvals"):
        message = 'With mode review_decision the state of the review decides, and "min_approvals" would not be asked. Keep one of them.'
        form.report.add("gate_mode_conflict", form.at("min_approvals"), message)
    return {"min_approvals": least, "mode": "review_decision" if mode == "review_decision" else "min_approvals"}


def read_approvers(form: Form) -> tuple[str, ...]:
    """Who alone may decide: uids, and groups with an @."""
    value = form.take("approvers")
    if value is ABSENT:
        return ()
    words = [str(entry) if type(entry) in {int, str} else "" for entry in (value if type(value) is list else [value])]
    wrong = [word for word in words if not PRINCIPAL.fullmatch(word)]
    if wrong or not words:
        message = f'"approvers" is a list of uids (1000) and groups ("@staff"); {f"{wrong[0][:80]!r} is none" if wrong else "it is empty"}.'
        form.report.add("gate_approvers_invalid", form.at("approvers"), message, found=value, allowed=["1000", "@staff"])
    return tuple(dict.fromkeys(words))


def _read_timeout(form: Form, draft: Draft) -> tuple[int | None, str | None]:
    """A timeout of 0 means at once, which the model writes as 1 ms; the model's own 0 means the default."""
    length, text = read_timeout(form, draft, "timeout", "expires_after_ms", low_ms=0)
    return 1 if length == 0 else length, text


def _read_expiry(form: Form) -> tuple[GateExpiry | None, str | None, int | None]:
    """What follows when the time is over, who is asked then, how often people are reminded."""
    word = form.choice("on_timeout", "on_expiry", choices=EXPIRIES, code="invalid_on_timeout")
    to = form.text("escalate_to")
    return next((one for one in EXPIRIES if one == word), None), to, form.duration("remind_every", "remind_every_ms")


def _read_decisions(form: Form, code: str = "gate_decisions_invalid") -> tuple[str, ...]:
    """The decisions that are named; none where none is."""
    listed = form.texts("decisions", single=True)
    if listed is None:
        return ()
    words = [word.strip().lower() for word in listed]
    unknown = [word for word in words if word not in DECISIONS]
    if unknown or not words or len(set(words)) < len(words):
        why = f"{unknown[0][:40]!r} is none of them" if unknown else "none is named" if not words else "one stands twice"
        message = f'"decisions" are some of {", ".join(DECISIONS)}, each once; {why}.'
        form.report.add(code, form.at("decisions"), message, found=", ".join(words), allowed=DECISIONS)
        return DECISIONS
    return tuple(words)
