"""Reads `providers`: the outside services that a workflow's runs need, by name."""

from __future__ import annotations

from typing import Final

from actors.workflow.form import Form
from actors.workflow.names import ID_FORM, provider_name

__all__ = ["read_providers"]

MOST: Final = 32


def read_providers(form: Form) -> tuple[str, ...]:
    """The names, trimmed and in lower case, each once, in the order of the file."""
    listed = form.texts("providers") or []
    if len(listed) > MOST:
        message = f'"providers" has {len(listed)} entries, and at most {MOST} are taken. Name what the runs cannot do without.'
        form.report.add("providers_invalid", form.at("providers"), message, found=len(listed), allowed=[f"≤ {MOST}"])
    for i, text in enumerate(listed):
        if provider_name(text) is None:
            message = f"{text[:140]!r} is no name of a provider. Write a short one such as openai or github: {ID_FORM}."
            form.report.add("providers_invalid", (*form.at("providers"), i), message, found=text, allowed=[ID_FORM])
    return tuple(dict.fromkeys(name for text in listed if (name := provider_name(text)) is not None))
