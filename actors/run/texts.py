"""From the state of a run to how the texts of one of its nodes are rendered now (flow spec 8.1). Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import PurePath
from typing import Any

from attrs import evolve

from actors.flow.texts import NO_TEXTS, Texts
from actors.flow.variables import RESERVED, Facts, Variables, export_warnings
from actors.run.caps import cap_of
from actors.run.scope import failed_node, fate, scope_for, scope_of
from actors.run.state import RunState
from actors.workflow.spec import Agent
from actors.workflow.template import Lookup
from actors.worktree.site import Place

__all__ = ["export_notes", "facts_for", "output_scope", "site_variables", "texts_before", "texts_for"]


def texts_for(state: RunState, node_id: str, facts: Facts | None = None, scope: Mapping[str, Any] | None = None) -> Texts:
    """How the node's texts are rendered: by paths into its scope, or by the names of variables, as its workflow says.

    `facts` and `scope`: others than those that are so now, for who is shown what was so at another time.
    """
    if facts is None and not _names_variables(state, node_id):  # nearly every step: nothing is to be gathered for it
        return Texts(flat=False, scope=scope or scope_for(state, node_id), variables=NO_TEXTS.variables)
    variables = Variables(facts or facts_for(state, node_id))
    if state.plan.workflow.templating == "flat":
        return Texts(flat=True, scope={}, variables=variables)
    return Texts(flat=False, scope={**(scope or scope_for(state, node_id)), **_vars(state, node_id, variables)}, variables=variables)


def texts_before(state: RunState, node_id: str) -> Texts:
    """The same for what the node's next attempt has to know before it begins: `run.attempt` is that one."""
    scope = scope_for(state, node_id)
    scope["run"]["attempt"] += 1
    return texts_for(state, node_id, scope=scope)


def _names_variables(state: RunState, node_id: str) -> bool:
    """Whether a text of the node may name a variable: each one of an agent may, which come from files, too."""
    plan = state.plan
    return plan.workflow.templating == "flat" or node_id in plan.speaks or isinstance(plan.nodes[node_id].action, Agent)


def facts_for(state: RunState, node_id: str) -> Facts:
    """From what the variables of the node's texts are made."""
    return evolve(_facts(state), more=_of_the_moment(state, node_id))


def output_scope(state: RunState, lookups: Iterable[Lookup]) -> dict[str, Any]:
    """The scope of the output of a workflow whose texts hold these lookups."""
    found = tuple(lookups)
    named = {"vars": dict(Variables(_facts(state)))} if any(lookup.path[0] == "vars" for lookup in found) else {}
    return scope_of(state, found) | named


def _facts(state: RunState) -> Facts:
    return Facts(
        state.run_id, state.inputs, state.contexts, state.gate_feedback, state.gate_selections, state.dry_run,
        _reserved(state), injected={} if state.worktree is None else site_variables(state.worktree.place),
    )  # fmt: skip


def export_notes(state: RunState, output: Any) -> tuple[str, ...]:
    """Of an output that looks as if it set variables and does not: why. Nothing where no text of the workflow names any."""
    if state.plan.workflow.templating != "flat" and not state.plan.speaks:
        return ()
    return export_warnings(output, _reserved(state))


def _reserved(state: RunState) -> frozenset[str]:
    """The names that no output of a node sets in this run."""
    return RESERVED.union(state.reserved, state.inputs, (one.name for one in state.plan.workflow.inputs))


def _vars(state: RunState, node_id: str, variables: Variables) -> dict[str, Any]:
    """The variables that the node's paths name; all of them where one is not there, so that the error can say what is."""
    names = state.plan.speaks.get(node_id)
    if names is None:
        return {}
    whole = not all(name in variables for name in names)
    return {"vars": dict(variables) if whole else {name: variables[name] for name in names}}


def site_variables(place: Place) -> dict[str, str]:
    """What is known of the repository from which a run's worktree comes."""
    return {"repo_path": place.repository, "repo_name": PurePath(place.repository).name}


def _of_the_moment(state: RunState, node_id: str) -> dict[str, str]:
    """What only clean-up, and what follows a failure, is told."""
    found: dict[str, str] = {}
    failed = failed_node(state, node_id)
    if "finally" in (state.plan.section[node_id], state.plan.section[failed or node_id]):
        found |= fate(state)
    if failed is not None:
        error = state.nodes[failed].error
        found |= {
            "failed_step": state.plan.nodes[failed].name, "failure_reason": "" if error is None else error.message,
            "failure_code": "" if error is None else error.code, "retry_count": str(cap_of(state, failed) - 1),
        }  # fmt: skip
    return found
