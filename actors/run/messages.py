"""What is asked of a run and of the registrar, and what a run tells the services."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import Factory, frozen

from actors.dead_letter.messages import RetryLetters
from actors.gate.messages import Decide
from actors.refusals import Principal, Refusal, RequestKey
from actors.wait.messages import Resolve, Signal
from supervision import Down, Request

__all__ = [
    "Admit",
    "AttemptDown",
    "Cancel",
    "Drain",
    "ForRun",
    "GraceOver",
    "Launch",
    "Operation",
    "Pause",
    "Renew",
    "Rest",
    "Resume",
    "Retry",
    "RunDown",
    "Wake",
    "WakeRun",
]  # fmt: skip

Reply = dict[str, Any] | Refusal


@frozen
class Pause:
    """Hold the run."""

    by: Principal
    reason: str | None = None


@frozen
class Resume:
    """Let a held run go on. `limits`: raised budgets, e.g. {"runtime_ms": 7200000}."""

    by: Principal
    reason: str | None = None
    limits: Mapping[str, int] = Factory(dict)


@frozen
class Cancel:
    """End the run."""

    by: Principal
    reason: str | None = None


@frozen
class Retry:
    """Begin a node, and everything behind it, anew."""

    by: Principal
    node_id: str
    reason: str | None = None


Operation = Pause | Resume | Cancel | Retry | Decide | Signal | Resolve | RetryLetters


@frozen
class ForRun(Request[Reply]):
    """An operation on one run: asked of the registrar, which opens the run if need be and hands it on."""

    run_id: str
    operation: Operation
    request: RequestKey


@frozen
class Admit(Request[Reply]):
    """Create a run of a stored version. Asked of the registrar. `cwd` is where a relative workspace begins, None for the file's folder.

    `dry_run`: tell what it would do, and do nothing.
    """

    workflow_id: str
    version: int
    digest: str
    inputs: Mapping[str, Any]
    by: Principal
    request: RequestKey
    priority: int = 0
    trigger_type: str = "manual"
    cwd: str | None = None
    dry_run: bool = False


@frozen
class Launch:
    """Tell of the scheduler: the run has a slot (and its workspace), claim it."""

    run_id: str


@frozen
class Wake:
    """Tell to a run: look at the time."""


@frozen
class WakeRun:
    """Tell to the registrar: have that run look at the world."""

    run_id: str


@frozen
class Drain(Request[int]):
    """Shut down in order: nothing new starts, attempts under way get `grace_s`, then they are ended and the run is held.

    Asked of the registrar (all runs) and by it of each run; answers how many runs were held.
    """

    grace_s: float


@frozen
class RunDown:
    """Tell of the kernel to the registrar: an open run has ended as an actor."""

    run_id: str
    down: Down


@frozen
class Renew:
    """Tell of the registrar to itself: renew the claims."""


@frozen
class AttemptDown:
    """Tell of the kernel to a run: the attempt with this token has ended, whether or not it said what came of it."""

    node_id: str
    token: str
    down: Down


@frozen
class Rest:
    """Tell of a run to itself: end, if nothing has come meanwhile."""


@frozen
class GraceOver:
    """Tell of a run to itself: the time for clean-up or for draining is over."""
