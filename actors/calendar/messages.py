"""What is told to the calendar."""

from __future__ import annotations

from attrs import frozen

__all__ = ["LookAtCalendar"]


@frozen
class LookAtCalendar:
    """Look at what is due now: time has passed, or a schedule was changed."""
