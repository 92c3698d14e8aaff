"""What the poller tells a run, and what is told the poller."""

from __future__ import annotations

from typing import Literal

from attrs import frozen

from storage.records import Append

__all__ = ["LookAtPolls", "ResolverAnswer", "What"]

What = Literal["approved", "rejected", "failed", "missing"]


@frozen
class LookAtPolls:
    """Tell: a gate may be due to be asked about."""


@frozen
class ResolverAnswer:
    """An operation on a run: what came of asking about one instance of a gate. `append` stands or falls with what it leads to.

    `failed`: no answer, for the `count`th time in a row, with `code` and `text`. `missing`: nobody answers gates of this type any more.
    """

    node_id: str
    instance: int
    gate_type: str
    what: What
    append: Append
    text: str | None = None
    code: str = ""
    count: int = 0

    @property
    def by(self) -> str:
        """Who decides."""
        return f"resolver:{self.gate_type}"
