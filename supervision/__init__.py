"""The actor kernel: OTP's supervision on trio. It knows neither storage nor workflows."""

from __future__ import annotations

from supervision.actor import Actor, Timer
from supervision.childspec import ChildSpec, Supervisor
from supervision.clock import Clock
from supervision.dynamic import Dynamic
from supervision.errors import ActorDead, AskTimeout, Ignore, MailboxFull, RestartIntensityExceeded, StartFailed
from supervision.exits import Exit, Failed, Killed, Normal, Shutdown
from supervision.mailbox import Mailbox
from supervision.monitor import Down
from supervision.ref import Forwarded, Ref, Request
from supervision.reports import KernelEvent, TreeRow
from supervision.system import System

__all__ = [
    "Actor", "ActorDead", "AskTimeout", "ChildSpec", "Clock", "Down", "Dynamic", "Exit", "Failed", "Forwarded", "Ignore", "KernelEvent",
    "Killed", "Mailbox", "MailboxFull", "Normal", "Ref", "Request", "RestartIntensityExceeded", "Shutdown", "StartFailed", "Supervisor",
    "System", "Timer", "TreeRow",
]  # fmt: skip
