"""Whether what a version asks for is here, also of the workflows that it begins: resolvers, servers, item providers (flow spec 4.4)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from actors.plans import VersionMissing
from actors.refusals import Refusal
from actors.settings import RunRules
from actors.sub_run.pins import pins_of
from actors.workflow.check_gates import unresolved
from actors.workflow.check_providers import unprovided
from actors.workflow.check_servers import unserved
from actors.workflow.check_targets import unknown_targets
from actors.workflow.problems import Path, Place, Problem
from actors.workflow.spec import Foreach, SubWorkflow, Workflow

if TYPE_CHECKING:
    from actors.run.plan import Plan
    from actors.run.state import RunState
    from actors.services import Services
    from actors.sub_run.row import Pinned

__all__ = ["harness_problem", "harness_problems", "harnessed_pins", "unavailable"]

CODE = "workflow_validation_failed"


def unavailable(
    workflow: Workflow, rules: RunRules, places: Mapping[Path, Place] | None = None, source: str = ""
) -> tuple[Problem, ...]:  # fmt: skip
    """What this daemon's configuration lacks for the workflow: resolvers of gates, servers of tools, providers of items, targets."""
    return (
        *unresolved(workflow, rules.resolver_types, places, source),
        *unserved(workflow, rules.mcp_servers, places, source),
        *unknown_targets(workflow, rules.targets, places, source),
        *unprovided(workflow, rules.item_providers, places, source),
    )


def harnessed_pins(services: Services, plan: Plan, given: tuple[Pinned, ...] | None) -> tuple[Pinned, ...] | Refusal:
    """The versions that a run begins, as `pins_of` has them; or all that keeps this daemon from executing it."""
    pinned = pins_of(services, plan, given)
    if isinstance(pinned, Refusal):
        return pinned
    problems = list(_own(services.rules, plan)) if given is not None else harness_problems(services, plan, pinned)
    return _refusal(problems) if problems else pinned


def harness_problem(services: Services, state: RunState) -> tuple[str, str] | None:
    """The code and the words of what a run that has not begun asks of this daemon in vain: another one may have taken it in."""
    problems = list(_own(services.rules, state.plan)) if state.started_at_ms is None else []
    return (CODE, _refusal(problems).message) if problems else None


def harness_problems(services: Services, plan: Plan, pinned: tuple[Pinned, ...]) -> list[dict[str, Any]]:
    """Everything, of the version and of those that it begins, each with `in_workflow` where it is one of the latter."""
    found, plans = list(_own(services.rules, plan)), {}
    for one in pinned:
        try:
            plans[one.workflow_id] = services.plans.get(one.digest)
        except VersionMissing as error:
            found.append({"code": "sub_workflow_load_failed", "message": str(error), "in_workflow": one.workflow_id})
    for name, below in plans.items():
        found += [{**problem, "in_workflow": name} for problem in (*_own(services.rules, below), *_unfilled(below, plans))]
    return [*found, *_unfilled(plan, plans)]


def _own(rules: RunRules, plan: Plan) -> Iterator[dict[str, Any]]:
    if plan.resolvers or plan.agents or plan.fan_outs:  # most runs ask for nothing of the kind, and are made by the thousand
        for problem in unavailable(plan.workflow, rules):
            yield {"code": problem.code, "message": problem.message, "path": problem.path}


def _unfilled(plan: Plan, plans: Mapping[str, Plan]) -> Iterator[dict[str, Any]]:
    """Required inputs of other workflows that no node gives. Without any, a run below gets those of this one."""
    for node_id, node in plan.nodes.items():
        match node.action:
            case SubWorkflow(workflow=workflow, inputs=inputs):
                given, code = set(inputs or (one.name for one in plan.workflow.inputs)), "sub_workflow_input_missing"
                hint = "Give it under inputs."
            case Foreach(workflow=workflow, inputs=inputs):
                given, code = set(inputs), "foreach_input_missing"
                hint = 'Give it under inputs, such as NAME: "{{ item.id }}".'
            case _:
                continue
        declared = plans[workflow].workflow.inputs if workflow in plans else ()
        for one in declared:
            if one.required and one.name not in given and not one.name.startswith("item."):
                text = f"The node {node_id} begins runs of {workflow}, which needs the input {one.name!r}. {hint}"
                yield {"code": code, "message": text, "node_id": node_id, "input": one.name}


def _refusal(problems: list[dict[str, Any]]) -> Refusal:
    more = f" ({len(problems) - 1} more)" if len(problems) > 1 else ""
    return Refusal(CODE, f"{problems[0]['message']}{more}", {"problems": problems})
