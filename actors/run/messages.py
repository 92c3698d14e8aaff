"""What is asked of a run and of the registrar, and what a run tells the services."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import Factory, frozen

from actors.refusals import Principal, Refusal, RequestKey
from actors.run.defaults import NO_DEFAULTS, Defaults
from actors.run.requests import Operation, Reap
from actors.run.steering import NodeCarriedOver
from actors.sub_run.row import Pinned
from actors.wait.messages import DueWait
from storage.records import Append, AuditEntry, Receipt
from supervision import Down, Request

__all__ = [
    "Admit",
    "AttemptDown",
    "Drain",
    "EndWaits",
    "Fire",
    "ForRun",
    "GraceOver",
    "Launch",
    "Made",
    "MakerDown",
    "Origin",
    "Parent",
    "QueueReason",
    "ReapRun",
    "Renew",
    "Rest",
    "RunDown",
    "Wake",
    "WakeRun",
]  # fmt: skip

Reply = dict[str, Any] | Refusal


@frozen
class ForRun(Request[Reply]):
    """An operation on one run: asked of the registrar, which opens the run if need be and hands it on. `request` None: the daemon's own."""

    run_id: str
    operation: Operation
    request: RequestKey | None


@frozen
class Parent:
    """The run whose node begins another one, which lies `depth` levels below `root_run_id`."""

    run_id: str
    node_id: str
    root_run_id: str
    depth: int


@frozen
class Origin:
    """What makes a run that nobody starts by itself. Fields as in `run_created`; `run_id` is its name, which others of the commit refer to.

    `forked_from`: the run that it goes on from, in `workspace` if that is given; `start`: the branch at which its own begins.
    `campaign_id`: the campaign, or the learning, that it measures for; `told`: the learnings that its agents are told of.
    `parent`: the node of another run that begins it. `pinned`: versions that are given.
    `roots`: projects in which its files are looked for behind its own.
    """

    run_id: str
    scheduled_for_ms: int | None = None
    queues: bool = False
    reason: str | None = None
    handoff_id: str | None = None
    forked_from: str | None = None
    workspace: str | None = None
    campaign_id: str | None = None
    start: str | None = None
    parent: Parent | None = None
    pinned: tuple[Pinned, ...] | None = None
    told: tuple[str, ...] | None = None
    roots: tuple[str, ...] = ()


@frozen
class Admit(Request[Reply]):
    """Create a run of a stored version. Asked of the registrar. `cwd` is where a relative workspace begins, None for the file's folder.
    `folder` is where the definition lies, if it was sent along.

    `by` is None for a run that nobody asked for, `request` also for one that another request makes; `origin` says what did.
    `workflow_seq`: the run is made only if the workflow's log still ends there, so that nothing starts of one that was paused just then.
    `carried`: results that it has from the beginning.
    `dry_run`: tell what it would do, and do nothing. `personas`: who is to have a role, by name, instead of who would get it.
    `defaults`: what holds for its nodes; folders of a run that nothing else makes may be relative to `cwd`.
    """

    workflow_id: str
    version: int
    digest: str
    inputs: Mapping[str, Any]
    by: Principal | None
    request: RequestKey | None
    priority: int = 0
    trigger_type: str = "manual"
    cwd: str | None = None
    folder: str | None = None
    workflow_seq: int | None = None
    carried: tuple[NodeCarriedOver, ...] = ()
    origin: Origin | None = None
    dry_run: bool = False
    profile: str | None = None
    personas: Mapping[str, str] = Factory(dict)
    defaults: Defaults = NO_DEFAULTS


@frozen
class Fire(Request["Made | Refusal"]):
    """Create these runs and record what goes with them, in one commit. Asked of the registrar.

    A refusal means that nothing was recorded, and that it may work later.
    """

    admits: tuple[Admit, ...]
    also: tuple[Append, ...] = ()
    receipt: Receipt | None = None
    audit: tuple[AuditEntry, ...] = ()


@frozen
class Made:
    """What came of it: all the runs are there, or (`denied`) one of them cannot be made, and nothing was recorded."""

    denied: Refusal | None = None


@frozen
class Launch:
    """Tell of the scheduler: the run has a slot (and its workspace), claim it."""

    run_id: str


@frozen
class EndWaits:
    """Tell of the scheduler of waits: these of the run are due. What they lead to, the run decides."""

    run_id: str
    waits: tuple[DueWait, ...]


@frozen
class QueueReason:
    """Tell of the scheduler: the queued run has waited for a while, for this reason. `epoch`: of its last claim, when that was found.

    `resource_key`: the workspace that another run holds; `provider`: the outside service that is throttled.
    """

    run_id: str
    epoch: int
    queue_reason: str
    resource_key: str | None = None
    provider: str | None = None


@frozen
class Wake:
    """Tell to a run: look at the time."""


@frozen
class WakeRun:
    """Tell to the registrar: have that run look at the world."""

    run_id: str


@frozen
class ReapRun:
    """Tell to the registrar: that run is stale, have it held."""

    run_id: str
    operation: Reap


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
class MakerDown:
    """Tell of the kernel to a run: who made its worktree, as this child, has ended."""

    child: str


@frozen
class Rest:
    """Tell of a run to itself: end, if nothing has come meanwhile."""


@frozen
class GraceOver:
    """Tell of a run to itself: the time for clean-up or for draining is over."""
