"""What may be asked of a run: the operations on it, one class for each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import Factory, frozen

from actors.dead_letter.messages import RetryLetters
from actors.gate.messages import Decide
from actors.refusals import Principal
from actors.resolver.messages import ResolverAnswer
from actors.wait.messages import Resolve, Signal
from actors.worktree.messages import BeginRemoval, EndRemoval, KeepWorktree
from storage.records import Append

__all__ = [
    "Cancel", "Continue", "Finish", "Fork", "Operation", "Pause", "Reap", "Recover", "Repair", "Requeue", "Resume", "Retry", "Steer",
]  # fmt: skip


@frozen
class Pause:
    """Hold the run. `by` is `system` where the daemon does it: for a run that has begun this one."""

    by: Principal | str
    reason: str | None = None


@frozen
class Resume:
    """Let a held run go on. `limits`: raised budgets, e.g. {"runtime_ms": 7200000}."""

    by: Principal | str
    reason: str | None = None
    limits: Mapping[str, float] = Factory(dict)


@frozen
class Cancel:
    """End the run."""

    by: Principal | str
    reason: str | None = None


@frozen
class Finish:
    """End the run with what it has: nothing new starts."""

    by: Principal
    reason: str | None = None


@frozen
class Retry:
    """Begin a node, and everything behind it, anew."""

    by: Principal
    node_id: str
    reason: str | None = None


@frozen
class Requeue(Retry):
    """The same, under another name in the log: nobody says that it failed."""


@frozen
class Continue(Retry):
    """Begin a blocked node anew."""


@frozen
class Recover:
    """Begin anew whatever kept the run from going on."""

    by: Principal
    reason: str | None = None


@frozen
class Repair:
    """Go on with a version that has another definition of the node. `also` stores it, if it is not stored yet."""

    by: Principal
    node_id: str
    version: int
    digest: str
    also: tuple[Append, ...] = ()
    reason: str | None = None


@frozen
class Fork:
    """Make a new run of the same version that keeps what is not to begin anew. `inputs`: those that change.

    `cwd` as in `Admit`. `workflow_seq`: made only if the workflow's log still ends there.
    """

    by: Principal
    from_nodes: tuple[str, ...] = ()
    inputs: Mapping[str, Any] = Factory(dict)
    cwd: str | None = None
    workflow_seq: int = 0


@frozen
class Steer:
    """Say something to the agent of the node."""

    by: Principal
    node_id: str
    text: str


@frozen
class Reap:
    """Hold the run because nothing has happened in it for `threshold_ms`; only if its log still ends at `seq`. Asked by the daemon."""

    seq: int
    threshold_ms: int
    by: str = "system"


Operation = (
    Pause | Resume | Cancel | Finish | Retry | Requeue | Continue | Recover | Repair | Fork | Decide | Signal | Resolve
    | RetryLetters | Reap | ResolverAnswer | KeepWorktree | BeginRemoval | EndRemoval | Steer
)  # fmt: skip
