"""The first fact of every run: what it is a run of, what made it, and where it works. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from attrs import Factory, frozen

from actors.agent.binding import Bound, PinnedText
from actors.entity import Fact
from actors.run.defaults import NO_DEFAULTS, Defaults
from actors.sub_run.row import Pinned
from actors.worktree.site import Place

__all__ = ["RunCreated"]


@frozen
class RunCreated(Fact):
    """First event of every log. `workspace` is the rendered lock key and working folder, None for a private folder.

    `binding` says which persona has which role, for the life of the run, and `binding_hash` names that.
    With a `worktree` the workspace lies in that, and nothing of the run begins before it is made.
    `forked_from` is the run whose results the next facts carry over, `campaign_id` the campaign, or the learning, that the run
    measures for. `told`: its agents are told of these learnings and of no others, whatever holds then.
    `scheduled_for_ms`: the nominal time of a scheduled run; `queues`: it waits until older scheduled runs of its workflow are over.
    `trigger_reason` and `consumed_handoff_id`: what a watch has seen, and has used up with this run.
    `parent_run_id`: the run whose node `parent_node_id` has begun this one, `depth` levels below the run `root_run_id`.
    `pinned`: the versions of the workflows that its nodes, and all below them, begin. `texts`: snippets and schemas from files, by content;
    `roots`: the projects in which those were looked for, and in which runs below it look, too. `defaults`: the identity, plugin folders and
    model of whatever names none itself, in this run and in those below.
    """

    kind: ClassVar[str] = "run_created"
    PRIVATE: ClassVar[frozenset[str]] = frozenset({"inputs"})
    workflow_id: str
    version: int
    digest: str
    trigger_type: str = "manual"
    profile: str = "guided"
    priority: int = 0
    workspace: str | None = None
    started_by: str | None = None
    inputs: Mapping[str, Any] = Factory(dict)
    scheduled_for_ms: int | None = None
    queues: bool = False
    trigger_reason: str | None = None
    consumed_handoff_id: str | None = None
    forked_from: str | None = None
    campaign_id: str | None = None
    binding: tuple[Bound, ...] = ()
    binding_hash: str | None = None
    worktree: Place | None = None
    parent_run_id: str | None = None
    parent_node_id: str | None = None
    root_run_id: str | None = None
    depth: int = 0
    pinned: tuple[Pinned, ...] = ()
    told: tuple[str, ...] | None = None
    texts: tuple[PinnedText, ...] = ()
    roots: tuple[str, ...] = ()
    defaults: Defaults = NO_DEFAULTS
