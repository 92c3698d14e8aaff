"""What a retry policy says about the time after the last attempt. Pure data."""

from __future__ import annotations

from typing import Literal

from attrs import frozen

__all__ = ["ManualOverride", "TerminalBehavior", "TerminalMode"]

TerminalMode = Literal["fail_run", "pause_for_review", "dead_letter"]


@frozen
class TerminalBehavior:
    """What a failure without another attempt does: fail the run, hold it for a person, or fail it and leave a dead letter.

    `dead_letter` leaves one in the other modes, too.
    """

    mode: TerminalMode = "fail_run"
    dead_letter: bool = False

    @property
    def leaves_letter(self) -> bool:
        """Whether a dead letter is opened."""
        return self.dead_letter or self.mode == "dead_letter"


@frozen
class ManualOverride:
    """Whether somebody who has an exhausted node begun anew must say why."""

    enabled: bool = False
    requires_reason: bool = True

    @property
    def asks_why(self) -> bool:
        """Whether a reason is required."""
        return self.enabled and self.requires_reason
