"""Whether what a version asks for is here, also of the workflows that it begins: resolvers, servers, item providers (flow spec 4.4)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from actors.refusals import Refusal
from actors.run.casting_below import missing_below
from actors.settings import RunRules
from actors.sub_run.pins import Newest
from actors.workflow.callees import below
from actors.workflow.check_callees import uncallable, unending
from actors.workflow.check_gates import unresolved
from actors.workflow.check_providers import unprovided
from actors.workflow.check_servers import unserved
from actors.workflow.check_targets import unknown_targets
from actors.workflow.problems import Path, Place, Problem
from actors.workflow.spec import Workflow

if TYPE_CHECKING:
    from actors.agent.binding import Binding
    from actors.run.messages import Admit
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


def harnessed_pins(
    services: Services, admit: Admit, plan: Plan, binding: Binding, roots: tuple[str, ...]
) -> tuple[Pinned, ...] | Refusal:  # fmt: skip
    """The versions that the run and all below it begin, sorted by id; or all that keeps this daemon from executing it.

    Those that whoever makes the run has pinned were looked at then. `binding` and `roots`: as the run itself is cast.
    """
    if admit.origin is not None and admit.origin.pinned is not None:
        problems = list(_own(services.rules, plan))
        return _refusal(problems) if problems else admit.origin.pinned
    newest = Newest(services)
    problems = [*harness_problems(services.rules, plan, newest), *missing_below(services, admit, plan, binding, roots, newest)]
    return _refusal(problems) if problems else newest.pinned()


def harness_problem(services: Services, state: RunState) -> tuple[str, str] | None:
    """The code and the words of what a run that has not begun asks of this daemon in vain: another one may have taken it in."""
    problems = list(_own(services.rules, state.plan)) if state.started_at_ms is None else []
    return (CODE, _refusal(problems).message) if problems else None


def harness_problems(rules: RunRules, plan: Plan, newest: Newest) -> list[dict[str, Any]]:
    """Everything, of the version and of those that it begins at every depth, each with `in_workflow` where it is one of the latter."""
    found = list(_own(rules, plan))
    if not plan.calls:
        return found
    found += [_told(one) for one in (*uncallable(plan.workflow, newest), *unending(plan.workflow, newest))]
    for name in below(plan.workflow, newest):
        if (other := newest.plan(name)) is not None:
            own = (*_own(rules, other), *map(_told, uncallable(other.workflow, newest)))
            found += [{**problem, "in_workflow": name} for problem in own]
    return found


def _own(rules: RunRules, plan: Plan) -> Iterator[dict[str, Any]]:
    if plan.resolvers or plan.agents or plan.fan_outs:  # most runs ask for nothing of the kind, and are made by the thousand
        for problem in unavailable(plan.workflow, rules):
            yield _told(problem)


def _told(problem: Problem) -> dict[str, Any]:
    return {"code": problem.code, "message": problem.message, "path": problem.path, "found": problem.found}


def _refusal(problems: list[dict[str, Any]]) -> Refusal:
    more = f" ({len(problems) - 1} more)" if len(problems) > 1 else ""
    return Refusal(CODE, f"{problems[0]['message']}{more}", {"problems": problems})
