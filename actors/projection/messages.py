"""What is asked of the projector."""

from __future__ import annotations

from typing import Any

from attrs import frozen

from actors.refusals import Refusal
from supervision import Request

__all__ = ["Forget", "LookAtLogs", "Rebuild"]


@frozen
class LookAtLogs:
    """Tell: a log may have grown."""


@frozen
class Forget:
    """Tell: see what of all histories is old enough to go."""


@frozen
class Rebuild(Request[dict[str, Any] | Refusal]):
    """Go over a run's whole log and write what is missing; with `include_pruned` also snapshots that retention took away."""

    run_id: str
    include_pruned: bool = False
