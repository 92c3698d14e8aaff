"""The page of examples/release-notes.yaml, made from what the agent left."""

from __future__ import annotations

from pathlib import Path
from typing import Any

__all__ = ["render"]

KINDS = ("added", "changed", "fixed", "removed")


def render(context: Any, notes: dict[str, Any], since: str) -> dict[str, str]:
    """Write notes.md into the run's folder: a heading for each kind of change, in a fixed order. The text is what the gate shows."""
    lines = [f"# {_line(notes['headline'])}", "", f"Since {_line(since)}."]
    for kind in KINDS:
        entries = [_line(entry["text"]) for entry in notes["entries"] if entry["kind"] == kind]
        if entries:
            lines += ["", f"## {kind.capitalize()}", "", *(f"- {entry}" for entry in entries)]
    text = "\n".join(lines) + "\n"
    Path(context.workdir, "notes.md").write_text(text)
    return {"text": text}


def _line(text: str) -> str:
    """Text from a model, on one line."""
    return " ".join(text.split())
