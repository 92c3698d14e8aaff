"""How what a run notes of its resolvers changes the run record: it does not. Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from actors.entity import Fact
from actors.resolver.events import ApprovalGateResolverFailed
from actors.run.state import RunState

__all__ = ["POLL_FOLDS"]


def _failed(state: RunState, event: ApprovalGateResolverFailed, at: int) -> None:
    """The gate stays open; how the asking goes on stands in a log of its own."""


POLL_FOLDS: dict[type[Fact], Callable[[RunState, Any, int], None]] = {ApprovalGateResolverFailed: _failed}
