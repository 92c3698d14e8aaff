"""Learnings as JSON, for the socket and for people. Pure."""

from __future__ import annotations

from typing import Any

from attrs import asdict

from actors.learning.record import Learning

__all__ = ["learning_json"]


def learning_json(learning: Learning) -> dict[str, Any]:
    """All of it; what is absent is null."""
    return asdict(learning)
