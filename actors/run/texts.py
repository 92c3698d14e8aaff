"""From the state of a run to how the texts of one of its nodes are rendered now (flow spec 8.1). Pure."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePath
from typing import Any

from actors.flow.texts import Texts
from actors.flow.variables import RESERVED, Facts, Variables
from actors.run.failing import cap_of
from actors.run.scope import failed_node, scope_for
from actors.run.state import RunState

__all__ = ["reserved_in", "texts_for", "variables_for"]


def texts_for(state: RunState, node_id: str) -> Texts:
    """How the node's texts are rendered: by paths into its scope, or by the names of variables, as its workflow says."""
    variables = variables_for(state, node_id)
    if state.plan.workflow.templating == "flat":
        return Texts(flat=True, scope={}, variables=variables)
    return Texts(flat=False, scope=scope_for(state, node_id) | _vars(state, node_id, variables), variables=variables)


def variables_for(state: RunState, node_id: str) -> Variables:
    """All variables of the node's texts, by name."""
    facts = Facts(
        state.run_id, state.inputs, state.contexts, state.gate_feedback, state.gate_selections, state.dry_run,
        reserved_in(state), _of_the_moment(state, node_id), _injected(state),
    )  # fmt: skip
    return Variables(facts)


def reserved_in(state: RunState) -> frozenset[str]:
    """The names that no output of a node sets in this run."""
    return RESERVED.union(state.reserved, state.inputs)


def _vars(state: RunState, node_id: str, variables: Variables) -> dict[str, Any]:
    """The variables that the node's paths name; all of them where one is not there, so that the error can say what is."""
    names = state.plan.speaks.get(node_id)
    if names is None:
        return {}
    whole = not all(name in variables for name in names)
    return {"vars": dict(variables) if whole else {name: variables[name] for name in names}}


def _injected(state: RunState) -> Mapping[str, str]:
    """What is known of the repository from which the run's worktree comes."""
    if state.worktree is None:
        return {}
    repository = state.worktree.place.repository
    return {"repo_path": repository, "repo_name": PurePath(repository).name}


def _of_the_moment(state: RunState, node_id: str) -> dict[str, str]:
    """What only clean-up, and what follows a failure, is told."""
    found: dict[str, str] = {}
    failed = failed_node(state, node_id)
    if "finally" in (state.plan.section[node_id], state.plan.section[failed or node_id]):
        outcome = state.workflow_outcome or "completed"
        found |= {"workflow_status": "completed" if outcome == "completed" else "failed", "workflow_outcome": outcome}
    if failed is not None:
        error = state.nodes[failed].error
        found |= {
            "failed_step": state.plan.nodes[failed].name, "failure_reason": "" if error is None else error.message,
            "failure_code": "" if error is None else error.code, "retry_count": str(cap_of(state, failed) - 1),
        }  # fmt: skip
    return found
