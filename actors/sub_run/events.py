"""What a run's log says of runs that its nodes begin: the links. What happens in those runs stands in their own logs (flow spec 5.5)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from attrs import Factory, frozen

from actors.entity import Fact
from actors.node.messages import Usage

__all__ = ["SubRunEnded", "SubRunStarted", "SubRunWaiting", "SubRunWentOn"]


@frozen
class SubRunStarted(Fact):
    """The node's attempt is that run, which is made in the same commit."""

    kind: ClassVar[str] = "sub_run_started"
    node_id: str
    child_run_id: str
    attempt: int = 1
    instance: int = 1
    workflow_id: str = ""


@frozen
class SubRunWaiting(Fact):
    """The run of the node rests: it is paused, or waits for an event or a person (`status`), and so does the node.

    `used`: all that it has used so far.
    """

    kind: ClassVar[str] = "sub_run_waiting"
    node_id: str
    child_run_id: str
    status: str
    used: Usage = Factory(Usage)


@frozen
class SubRunWentOn(Fact):
    """The run of the node does not rest any more."""

    kind: ClassVar[str] = "sub_run_went_on"
    node_id: str
    child_run_id: str


@frozen
class SubRunEnded(Fact):
    """The run of the node has ended, as `status` and `code` say. What that is for the node, the next fact says.

    Of one that completed: its `results` by key and its `contexts`, which are the parent's from now on. `warning`: what was too much.
    """

    kind: ClassVar[str] = "sub_run_ended"
    PRIVATE: ClassVar[frozenset[str]] = frozenset({"results", "contexts"})
    node_id: str
    child_run_id: str
    status: str
    code: str = ""
    results: Mapping[str, Any] = Factory(dict)
    contexts: tuple[Mapping[str, Any], ...] = ()
    warning: str = ""
