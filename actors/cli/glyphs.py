"""How the statuses of nodes look on a terminal: one glyph and one style for each."""

from __future__ import annotations

from typing import Final

__all__ = ["GLYPHS", "UNKNOWN"]

GLYPHS: Final = {
    "pending": ("·", "dim"), "running": ("▶", "cyan"), "completed": ("✔", "green"), "failed": ("✘", "red"), "skipped": ("↷", "dim"),
    "waiting": ("?", "yellow"), "timed_out": ("⧖", "red"), "blocked": ("■", "red"),
}  # fmt: skip
UNKNOWN: Final = ("·", "dim")
