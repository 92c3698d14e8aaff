"""Reads a time limit of a node: a duration, or a text that a run fills in and that is a duration then (flow spec 2.7)."""

from __future__ import annotations

from typing import Any

from actors.workflow.drafts import Draft
from actors.workflow.durations import is_filled_in
from actors.workflow.form import Form

__all__ = ["read_timeout"]


def read_timeout(form: Form, draft: Draft, word: str, model: str, **bounds: Any) -> tuple[int | None, str | None]:
    """Milliseconds, or the text with its placeholders; neither where it is left out. `word`, `model` and `bounds`: those of a duration."""
    text = form.data.get(word)
    if not is_filled_in(text):
        return form.duration(word, model, **bounds), None
    form.take(word, model)
    draft.templates.append((form.at(word), text))
    return None, text
