"""What an actor's task is doing, as far as a stop is concerned.

The members have names of their own, for the receive loop passes them with every message: looking one up in its enumeration takes as long
as a call.
"""

from __future__ import annotations

from enum import IntEnum

__all__ = ["HANDLING", "IDLE", "WORKING", "Posture"]


class Posture(IntEnum):
    """What a stop may do to the task: cut off its own work, wake it from the mailbox, or wait for the handler."""

    WORKING = 0
    IDLE = 1
    HANDLING = 2


WORKING, IDLE, HANDLING = Posture
