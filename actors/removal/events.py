"""The last fact of a run: it is to be removed. It goes with the log in which it stands."""

from __future__ import annotations

from typing import ClassVar

from attrs import frozen

from actors.entity import Fact

__all__ = ["RunPurged"]


@frozen
class RunPurged(Fact):
    """From here on nobody finds the run any more; what is left of it is being removed. `reason`: purged_by_operator, or retention."""

    kind: ClassVar[str] = "run_purged"
    reason: str
    by: str = "system"
