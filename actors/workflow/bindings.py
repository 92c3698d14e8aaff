"""Bindings of the model: a literal, or a place in a node's output by JSON pointer. Both become what templates know: a text or a path."""

from __future__ import annotations

import re
from typing import Any, Final

from actors.workflow.drafts import Draft
from actors.workflow.form import ABSENT, Form

__all__ = ["read_binding"]

SOURCES: Final = ("literal", "node_output")
PLAIN: Final = re.compile(r"[A-Za-z0-9_-]+")
POINTER: Final = re.compile(r"(/([^~/]|~[01])*)*")


def read_binding(form: Form, draft: Draft, *names: str, code: str) -> Any:
    """The template (or literal) under one of the names, None where there is none. `{source, …}` is the model's spelling."""
    found: Any = form.take(*names)
    if type(found) is not dict:
        return None if found is ABSENT else found
    inner = form.sub(*names)
    assert inner is not None  # the value is a mapping
    source = inner.choice("source", choices=SOURCES, code=code)
    found = inner.require("value") if source == "literal" else _node_output(inner, draft) if source == "node_output" else None
    inner.close("a binding")
    return found


def _node_output(form: Form, draft: Draft) -> str | None:
    form.require("node_id")
    node_id, given = form.text("node_id"), form.take("json_pointer")
    pointer = "" if given is ABSENT else str(given)
    if not POINTER.fullmatch(pointer) or '"' in pointer:
        message = f"{pointer[:80]!r} is no JSON pointer. Write /a/b, with ~1 for a slash and ~0 for a tilde."
        form.report.add("wait_binding_invalid_json_pointer", form.at("json_pointer"), message, found=pointer, allowed=["/a/b", "/list/0"])
        return None
    if node_id is None:
        return None
    draft.bindings.append((form.at("node_id"), node_id))
    steps = [step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:]]
    return f"{{{{ nodes{_step(node_id)}.output{''.join(_step(step) for step in steps)} }}}}"


def _step(step: str) -> str:
    if step.isascii() and step.isdigit():
        return f"[{int(step)}]"
    return f".{step}" if PLAIN.fullmatch(step) else f'["{step}"]'
