"""A tool about which a person is asked: the question of an attempt, and the answer that the next one gets. Data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import frozen

__all__ = ["ToolDecision", "ToolQuestion"]


@frozen
class ToolQuestion:
    """The attempt was put down: a person is to say whether this call of a tool may be made. It names all that the answer is bound to.

    `turn` is the number of the model's call that asked for it, which makes it one whatever ids the model gives.
    """

    tool: str
    arguments: Mapping[str, Any]
    call_id: str
    turn: int
    persona: str
    persona_sha256: str


@frozen
class ToolDecision:
    """What was answered to a question: `approve` or `reject`. `shown_digest` is that of what was shown, and binds it to one call."""

    decision: str
    by: str
    shown_digest: str
    feedback: str | None = None
