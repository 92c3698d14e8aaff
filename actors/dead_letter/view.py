"""Dead letters as people and programs see them, and what is said of those that cannot be shown. Pure."""

from __future__ import annotations

from typing import Any

from attrs import asdict

from actors.dead_letter.letter import Letter, due_of
from actors.refusals import Refusal
from storage.records import Headline

__all__ = ["letter_json", "line_json", "no_such_letter", "unreadable"]


def letter_json(letter: Letter) -> dict[str, Any]:
    """The letter as people and programs see it: without what is not known."""
    found = {name: value for name, value in asdict(letter).items() if value not in (None, "")}
    return found | {"options": list(letter.options)} | ({"due_ms": due} if (due := due_of(letter)) is not None else {})


def line_json(line: Headline) -> dict[str, Any]:
    """The line of a letter in a list."""
    found = {
        "letter_id": line.stream, "run_id": line.parent, "workflow_id": line.group, "status": line.status, **line.facts,
        "opened_at_ms": line.created_ms, "updated_at_ms": line.updated_ms,
    }  # fmt: skip
    return found | ({"due_ms": line.due_ms} if line.due_ms is not None else {})


def no_such_letter(letter_id: str) -> Refusal:
    """Nobody knows a letter of this name."""
    text = f"There is no dead letter {letter_id!r}. List them with: penstock dead-letters ls"
    return Refusal("dead_letter_not_found", text, {"letter_id": letter_id})


def unreadable(letter_id: str, error: Exception) -> Refusal:
    """Its log is damaged."""
    return Refusal("dead_letter_unreadable", f"{error}. All others are unharmed. See: penstock verify", {"letter_id": letter_id})
