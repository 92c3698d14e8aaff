"""Reads a quality gate: what it looks at, and what must hold there. Most keys of a gate have no place in it (gates spec, 2.2)."""

from __future__ import annotations

import math
from typing import Any, Final

from actors.workflow.drafts import Draft
from actors.workflow.form import ABSENT, Form
from actors.workflow.spec import Gate

__all__ = ["read_quality"]

CRITERIA: Final = ("threshold", "check", "schema")
WITHOUT_EFFECT: Final = (
    "decisions", "rework", "rework_targets", "on_reject", "timeout", "expires_after_ms", "on_timeout", "on_expiry", "expiry_policy",
    "escalate_to", "remind_every", "remind_every_ms", "min_approvals", "mode", "approvers", "separate_from_author",
)  # fmt: skip


def read_quality(form: Form, draft: Draft, name: str | None) -> Gate:
    """The gate of type `quality_gate`."""
    _refuse_others(form)
    source = form.text("source")
    if not form.has("source"):
        message = 'A quality gate looks at the result of a node, and "source" says which. Name one that stands before it.'
        form.report.add("quality_gate_requires_source", form.path, message)
    if not form.has(*CRITERIA):
        message = f"A quality gate needs something that must hold. Give it at least one of {', '.join(CRITERIA)}."
        form.report.add("quality_gate_requires_threshold", form.path, message, allowed=CRITERIA)
    prompt = form.text("prompt", "instructions")
    draft.templates.append((form.at("prompt", "instructions"), prompt))
    on_fail = form.choice("on_fail", choices=("fail", "continue"), code="invalid_quality_on_fail")
    return Gate(
        type="quality_gate", name=name, prompt=prompt, as_identity=form.text("as", "as_identity"), source=source,
        threshold=_read_threshold(form), check=form.text("check"), schema=_read_schema(form),
        on_fail="continue" if on_fail == "continue" else "fail",
    )  # fmt: skip


def _refuse_others(form: Form) -> None:
    if form.take("options") is not ABSENT:
        message = "A quality gate asks nobody, so nothing can be selected. Take the options out, or make it a human_review."
        form.report.add("quality_gate_options_forbidden", form.at("options"), message)
    for key in WITHOUT_EFFECT:
        if key in form.data:
            form.take(key)
            message = f'"{key}" has no effect on a quality gate, which is computed at once. Take it out.'
            form.report.add("quality_gate_key_forbidden", form.at(key), message, found=key)


def _read_threshold(form: Form) -> float | None:
    value = form.take("threshold")
    if value is ABSENT:
        return None
    if type(value) in {int, float} and math.isfinite(value) and 0 <= value <= 100:
        return int(value) if value == int(value) else float(value)
    message = f'"threshold" is a number from 0 to 100. {str(value)[:80]} is none. Choose one within these bounds.'
    form.report.add("invalid_threshold", form.at("threshold"), message, found=value, allowed=["0 … 100"])
    return None


def _read_schema(form: Form) -> Any:
    """The name of one of the workflow's schemas, or a schema."""
    from actors.workflow.schema import check_schema  # noqa: PLC0415 - keeps the facade's import small

    value = form.take("schema")
    if value is ABSENT:
        return None
    if type(value) is str:
        return form.text("schema")
    for error in check_schema(value):
        form.report.add("schema_invalid", form.at("schema"), f"The schema cannot be used: at {error.path}, {error.message}.", found=value)
    return value or True if type(value) is dict else value
