"""Reads a for-each: who finds its items, the workflow of their runs, and what holds among them."""

from __future__ import annotations

from typing import Any, Final

from actors.workflow.drafts import Draft
from actors.workflow.form import ABSENT, Form, kind_word
from actors.workflow.spec import Foreach

__all__ = ["read_foreach"]

MANDATORY: Final = ("over", "workflow", "max_parallel")
MOST_AT_ONCE: Final = (1 << 32) - 1
WHAT: Final = "A for-each"


def read_foreach(form: Form, draft: Draft) -> Foreach:
    """What stands under `foreach`. Every problem names the key, the value and the choices."""
    inner = form.sub("foreach")
    if inner is None:
        return Foreach("", "", 1)
    for key in MANDATORY:
        if not inner.has(key):
            text = f'{WHAT} says nothing of "{key}". It needs {", ".join(MANDATORY)}.'
            form.report.add("foreach_missing_key", inner.at(key), text, allowed=MANDATORY)
    found: dict[str, Any] = {key: _map(inner, key, draft) for key in ("scope", "filter", "inputs")}
    ordered = inner.take("ordered")
    if ordered is not ABSENT and type(ordered) is not bool:
        inner.wrong(("ordered",), ordered, "true or false", "invalid_ordered")
    spec = Foreach(
        over=inner.text("over") or "",
        workflow=inner.text("workflow") or "",
        max_parallel=inner.whole("max_parallel", low=0, high=MOST_AT_ONCE, default=1, code="invalid_max_parallel"),
        scope=found["scope"],
        filter=found["filter"],
        inputs=found["inputs"] or {},
        ordered=ordered is True,
        on_cycle="warn" if inner.choice("on_cycle", choices=("fail", "warn"), code="invalid_on_cycle") == "warn" else "fail",
        on_child_fail=_on_child_fail(inner),
    )
    inner.close(WHAT)
    return spec


def _on_child_fail(inner: Form) -> Any:
    choices = ("continue", "halt", "skip_dependents")
    return inner.choice("on_child_fail", choices=choices, code="invalid_on_child_fail") or "continue"


def _map(inner: Form, key: str, draft: Draft) -> dict[str, str] | None:
    """Names and texts; None where the key is left out. Inputs may also name the item."""
    value = inner.take(key)
    if value is ABSENT:
        return None
    if type(value) is not dict:
        inner.wrong((key,), value, "a mapping of texts", "foreach_not_a_map")
        return {}
    found: dict[str, str] = {}
    for name, text in value.items():
        path = (*inner.at(key), name)
        if type(text) is str:
            found[name] = text
            (draft.item_templates if key == "inputs" else draft.templates).append((path, text))
        else:
            message = f"The value of {name[:80]} must be text, and this is {kind_word(text)}. Quote it."
            inner.report.add("value_type", path, message, found=text, allowed=["text"])
    return found
