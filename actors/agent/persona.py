"""Personas as contents: their canonical JSON, its digest, and reading one from a file of its own. Pure."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from typing import Any, Final

import orjson

from actors.workflow.canonical_agent import persona_json
from actors.workflow.form import Form, kind_word
from actors.workflow.json_text import read_json
from actors.workflow.problems import Report
from actors.workflow.read_agent import read_persona
from actors.workflow.spec_agent import Persona
from actors.workflow.tree import STORED, UNREADABLE
from actors.workflow.yaml_text import read_yaml

__all__ = ["ENDINGS", "decode", "digest", "encode", "read_text"]

ENDINGS: Final[dict[str, Callable[[str, Report], Any]]] = {".yaml": read_yaml, ".yml": read_yaml, ".json": read_json}
"""How a file in the folder of personas is read, by the ending of its name."""


def encode(persona: Persona) -> bytes:
    """Canonical JSON: keys in ascending byte order, no white space, defaults left out. What a run is bound to."""
    return orjson.dumps({"name": persona.name} | persona_json(persona), option=orjson.OPT_SORT_KEYS)


def digest(persona: Persona) -> str:
    """SHA-256 over the canonical JSON, lower-case hex."""
    return sha256(encode(persona)).hexdigest()


def decode(data: bytes) -> Persona:
    """The persona in canonical JSON. Raises WorkflowInvalid."""
    report = Report("stored persona")
    return _checked(report, read_json(data.decode("utf-8", "replace"), report, STORED), "")


def read_text(text: str, *, source: str, stem: str, ending: str) -> Persona:
    """The persona in a file, named by its key `name` or by the file's name. Raises WorkflowInvalid with all that is wrong."""
    report = Report(source)
    return _checked(report, ENDINGS[ending](text, report), stem)


def _checked(report: Report, tree: Any, stem: str) -> Persona:
    persona = None
    if tree is not UNREADABLE and type(tree) is not dict:
        message = f"A persona is a mapping with backend and model, and this is {kind_word(tree)}."
        report.add("value_type", (), message, found=tree, allowed=["{backend, model, system, tools, policy, roles, consent}"])
    elif type(tree) is dict:
        form = Form(report, (), tree)
        persona = read_persona(form, form.text("name", default=stem) or stem)
        if not persona.name:
            report.add("key_missing", (), "The persona has no name. Add it.", allowed=["name"])
    report.raise_if_any()
    assert persona is not None  # without one there was a problem
    return persona
