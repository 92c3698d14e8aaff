"""Which learnings an agent is told of, and in which words (learning spec 10). Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final

from actors.learning.record import IN_USE, Learning

__all__ = ["MOST", "block", "one_line", "select"]

MOST: Final = 6
HEAD: Final = "Lessons from earlier runs of this workflow or project; use those that fit:"
OPENS, CLOSES = "<learning_context>", "</learning_context>"
TAGS: Final = re.compile(f"{OPENS}|{CLOSES}", re.IGNORECASE)


def select(learnings: Iterable[Learning], workflow_id: str, project_id: str) -> tuple[Learning, ...]:
    """Of those in use the workflow's own, then its project's, each with the newest change first: six at most, each once."""
    used = {one.learning_id: one for one in learnings if one.status in IN_USE}.values()
    ordered = sorted(used, key=lambda one: (-one.updated_at_ms, one.learning_id))
    own = [one for one in ordered if one.workflow_id == workflow_id]
    others = [one for one in ordered if one.workflow_id != workflow_id and one.project_id == project_id]
    return tuple((own + others)[:MOST])


def block(learnings: Sequence[Learning]) -> str:
    """The lines that stand in the prompt; empty where there is nothing to tell. Only summaries, each in one line."""
    if not learnings:
        return ""
    return "\n".join([OPENS, HEAD, *(f"- [{one.kind}] {one_line(one.summary)}" for one in learnings), CLOSES])


def one_line(summary: str) -> str:
    """The summary without line breaks, and without anything that would end the block; what is left when a mark goes may be another one."""
    text = summary
    while TAGS.search(text):
        text = TAGS.sub("", text)
    return " ".join(text.split())
