"""Control flow in the workflow model: groups of nodes in their four forms, and runs of other workflows. Pure data (flow spec 3.1)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal

from attrs import Factory, frozen

if TYPE_CHECKING:
    from actors.workflow.spec import Node

__all__ = ["Foreach", "FormWord", "Group", "GroupForm", "Parallel", "Repeat", "SubWorkflow", "WorkflowTrigger"]

WorkflowTrigger = Literal["manual", "pr", "scheduled"]


@frozen
class Parallel:
    """All nodes of the group at once. `fail_fast`: after a failure none begins any more; `min_success` None: all have to succeed."""

    fail_fast: bool = True
    min_success: int | None = None


@frozen
class Repeat:
    """The group's nodes again and again while `condition` holds, which is asked before each turn, or after it (`do_while`).

    `stuck_after`: so many turns with the same markers of the node that the condition names are a failure (at least 2).
    """

    condition: str
    max_iterations: int
    form: Literal["while", "do_while"] = "while"
    stuck_after: int | None = None
    on_max_iter: Literal["fail", "continue"] = "fail"


GroupForm = Parallel | Repeat | None
FormWord = Literal["group", "parallel", "repeat", "foreach"]


@frozen
class Group:
    """Nodes that begin when the group does, and of which all have to be settled before it is. `form` None: a plain block.

    `output_schema` and `snippets` are what the agents in it get where they name none of their own.
    """

    nodes: tuple[Node, ...] = ()
    form: GroupForm = None
    output_schema: str | None = None
    snippets: tuple[str, ...] = ()

    @property
    def word(self) -> FormWord:
        """What its form is called; `group` for a plain block."""
        return "group" if self.form is None else "parallel" if isinstance(self.form, Parallel) else "repeat"


@frozen
class Foreach:
    """A run of `workflow` for each item of the provider `over`. `scope` and `filter` are the provider's; None: not given."""

    over: str
    workflow: str
    max_parallel: int
    scope: Mapping[str, str] | None = None
    filter: Mapping[str, str] | None = None
    inputs: Mapping[str, str] = Factory(dict)
    ordered: bool = False
    on_cycle: Literal["fail", "warn"] = "fail"
    on_child_fail: Literal["continue", "halt", "skip_dependents"] = "continue"

    @property
    def word(self) -> FormWord:
        """What its form is called."""
        return "foreach"


@frozen
class SubWorkflow:
    """A run of another workflow, whose results become the node's. `inputs` are templates; none: those of this run that it declares."""

    workflow: str
    inputs: Mapping[str, str] = Factory(dict)
