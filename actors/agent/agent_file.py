"""An agent as a file: a text of Markdown, and in front of it what makes a persona of it (flow spec 8.4). Pure."""

from __future__ import annotations

import re
from typing import Any, Final

from actors.workflow.form import Form, kind_word
from actors.workflow.names import slug
from actors.workflow.problems import Report
from actors.workflow.read_agent import DUTIES, read_persona
from actors.workflow.spec_agent import Persona
from actors.workflow.tree import UNREADABLE
from actors.workflow.yaml_text import read_yaml

__all__ = ["read_agent_file"]

_FRONT: Final = re.compile(r"---[ \t]*\r?\n(?P<matter>.*?\r?\n)??---[ \t]*(?:\r?\n(?P<text>.*))?", re.DOTALL)
_OPEN: Final = re.compile(r"---[ \t]*(?:\r?\n|\Z)")
NOT_OURS: Final = ("name", "description")
"""What other programs read in front of such a text."""


def read_agent_file(text: str, *, source: str, name: str, backend: str, model: str) -> Persona:
    """The persona in the file. `backend` and `model` are for a file that names none. Raises WorkflowInvalid with all that is wrong.

    A text without front matter is as a whole what the agent is told. Its persona reviews, unless it says otherwise.
    """
    report = Report(source)
    matter, told = _parts(report, text.removeprefix("\ufeff"))
    form = Form(report, (), matter)
    duty = form.choice("role", choices=DUTIES, code="agent_role_unknown") or "reviewer"
    for key in NOT_OURS:
        form.take(key)
    form.text("backend", "runtime")  # says so where both are there
    rest = {key: value for key, value in matter.items() if key not in ("role", "runtime", *NOT_OURS)}
    rest["backend"] = matter.get("backend") or matter.get("runtime") or backend
    rest["model"] = matter.get("model") or model
    prompt = {"prompt": told.strip()} if told.strip() else {}
    persona = read_persona(Form(report, (), {**rest, **prompt, "duty": duty}), slug(name))
    report.raise_if_any()
    return persona


def _parts(report: Report, text: str) -> tuple[dict[str, Any], str]:
    """The front matter, and the text behind it."""
    found = _FRONT.fullmatch(text)
    if found is None:
        if _OPEN.match(text):
            report.add("front_matter_open", (), "The front matter has no end. Close it with a line of three dashes.", allowed=["---"])
        return {}, text
    tree = read_yaml(found["matter"] or "{}", report)
    if tree is UNREADABLE:
        return {}, ""
    if type(tree) is not dict:
        message = f"The front matter is a mapping, and this is {kind_word(tree)}. Write role: actor, model: …, each in its line."
        report.add("value_type", (), message, found=tree, allowed=["{role, can_commit, model, backend}"])
        return {}, ""
    return tree, found["text"] or ""
