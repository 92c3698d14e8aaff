"""A dry run: everything is checked and rendered, nothing is done. It ends in the very commit that makes it."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import orjson

from actors.agent.binding import Binding
from actors.agent.persona import decode
from actors.refusals import Refusal
from actors.run.admission import oversized, workspace_of
from actors.run.audits import audit_entry
from actors.run.casting import cast, projects_of
from actors.run.casting_below import missing_below
from actors.run.events import RunCompleted, RunCreated, RunFailed
from actors.run.evolve import evolve
from actors.run.fitting import fitted
from actors.run.foresight import Given
from actors.run.given_defaults import given_defaults
from actors.run.harness import harness_problems
from actors.run.headline import headline_of
from actors.run.known import conflict
from actors.run.new_state import new_state
from actors.run.preview import preview
from actors.run.secret_names import unknown_secrets
from actors.run.vocabulary import run_codec
from actors.sub_run.pins import Newest
from actors.workflow.inputs import AppliedInputs, apply_inputs
from actors.worktree.housing import house
from storage import Append, BadTransaction, Receipt, ReceiptExists, RequestConflict, Transaction, Unavailable
from storage.codec import canonical

if TYPE_CHECKING:
    from actors.entity import Fact
    from actors.refusals import RequestKey
    from actors.run.messages import Admit
    from actors.run.plan import Plan
    from actors.services import Services
    from actors.worktree.site import Place
    from supervision.mailbox import Asked

__all__ = ["rehearse"]

LONGEST_VALUE = 1_000
MOST_NAMED = 100


async def rehearse(services: Services, admit: Admit, plan: Plan, asked: Asked | None) -> None:
    """Make the run with its plan, and answer who asked for it."""
    assert admit.request is not None, "only somebody who wants to see it asks for a dry run"
    answer: object
    try:
        answer = await _rehearse(services, admit, plan, admit.request)
    except ReceiptExists as known:
        answer = orjson.loads(known.reply)
    except RequestConflict:
        answer = conflict(admit.request)
    except (Unavailable, BadTransaction) as error:
        answer = Refusal(error.code, f"{error}. No dry run was made; ask again, it does no harm.")
    if asked is not None:
        asked.answer(answer)


async def _rehearse(services: Services, admit: Admit, plan: Plan, request: RequestKey) -> dict[str, Any] | Refusal:
    applied = apply_inputs(plan.workflow, admit.inputs)
    if (large := oversized(applied.values)) is not None:
        return large
    run_id, now = services.ids.new("run"), services.clock.now_ms()
    workspace, problems = _workspace(plan, run_id, applied, admit.cwd)
    workspace, place = _worktree(services, plan, run_id, applied, workspace, problems)
    admit = _defaults(services, admit, problems)
    binding = _cast(services, admit, plan, roots := projects_of(admit, plan, workspace, place), problems)
    if (unknown := unknown_secrets(plan, services.rules)) is not None:
        problems.append({"code": unknown.code, "path": "secrets", "value": unknown.data["secrets"], "message": unknown.message})
    lessons = services.lessons.words(services.lessons.choose(plan.workflow)) if services.rules.learning else ""
    newest = Newest(services)
    lacking = [*harness_problems(services.rules, plan, newest), *missing_below(services, admit, plan, binding, roots, newest)]
    problems += map(_placed, lacking)
    given = Given(
        run_id, applied.values, workspace, services.rules.env, {one.role: one.persona for one in binding.bound}, place, newest.plan,
        lessons=lessons, bodies=_bodies(binding), snippets=_snippets(binding),
    )  # fmt: skip
    told = fitted(preview(plan, given, services.rules, problems))
    created = RunCreated(
        workflow_id=admit.workflow_id, version=admit.version, digest=admit.digest, trigger_type=f"{admit.trigger_type}_dry_run",
        priority=admit.priority, workspace=workspace, started_by=str(admit.by), inputs=applied.values, defaults=admit.defaults,
    )  # fmt: skip
    ending = _ending({"plan": told}, plan)
    state = new_state(run_id, plan)
    for event in (created, ending):
        evolve(state, event, now)
    reply = {
        "run_id": run_id, "status": state.status, "workflow_id": admit.workflow_id, "version": admit.version, "digest": admit.digest,
        "warnings": [problem.message for problem in applied.warnings],
    }  # fmt: skip
    entry = audit_entry(str(admit.by), "run.start", run_id, {"workflow_id": admit.workflow_id, "dry_run": True}, "ok")
    receipt = Receipt(request.request_id, request.digest.encode(), canonical(reply))
    append = Append(run_id, 0, tuple(run_codec().encode(event) for event in (created, ending)), headline=headline_of(state))
    await services.store.commit(Transaction(now, (append,), receipt, (entry,)))
    services.watchers.grew(run_id, state.status, state.seq, ending.kind, moved=True)
    return reply


def _defaults(services: Services, admit: Admit, problems: list[dict[str, Any]]) -> Admit:
    """The request with its defaults as they would hold; what is wrong with them stands among the problems."""
    admit, unfit = given_defaults(services.rules, admit)
    for flaw in unfit:
        [(path, value), *_] = flaw.data.items()
        problems.append({"code": flaw.code, "path": path, "value": value, "message": flaw.message})
    return admit


def _placed(problem: dict[str, Any]) -> dict[str, Any]:
    """What keeps this daemon from executing the run, or one below it, as a problem of the plan."""
    place = f"{problem['in_workflow']}: {problem['path']}" if "in_workflow" in problem else problem["path"]
    return {"code": problem["code"], "path": place, "value": problem.get("found"), "message": problem["message"]}


def _cast(services: Services, admit: Admit, plan: Plan, roots: tuple[str, ...], problems: list[dict[str, Any]]) -> Binding:
    """Who would have each role, and what he would be given; what is in the way of that stands among the problems."""
    found = cast(services, admit, plan, roots)
    if not isinstance(found, Refusal):
        return found
    value = [one["role"] for one in found.data["roles"]] if found.code == "role_unbound" else found.data.get("role", found.data.get("name"))
    problems.append({"code": found.code, "path": "personas", "value": value, "message": found.message})
    return Binding()


def _bodies(binding: Binding) -> dict[str, str]:
    """The text of each persona that has one, by the role."""
    contents = {sha256(data).hexdigest(): data for data in binding.contents}
    return {one.role: body for one in binding.bound if (body := decode(contents[one.sha256]).prompt)}


def _snippets(binding: Binding) -> dict[str, str]:
    contents = {sha256(data).hexdigest(): data for data in binding.contents}
    return {one.name: contents[one.sha256].decode() for one in binding.texts if one.kind == "snippet"}


def _workspace(plan: Plan, run_id: str, applied: AppliedInputs, cwd: str | None) -> tuple[str | None, list[dict[str, Any]]]:
    """The working folder, and what is wrong with the inputs and with it."""
    problems = [
        {"code": found.code, "path": found.path, "value": applied.values.get(found.path.removeprefix("inputs.")), "message": found.message}
        for found in applied.problems
    ]
    workspace = workspace_of(plan, run_id, applied.values, cwd)
    if isinstance(workspace, Refusal):
        value = workspace.data.get("workspace", plan.workflow.workspace_root)
        return None, [*problems, {"code": workspace.code, "path": "workspace", "value": value, "message": workspace.message}]
    return workspace, problems


def _worktree(
    services: Services, plan: Plan, run_id: str, applied: AppliedInputs, workspace: str | None, problems: list[dict[str, Any]]
) -> tuple[str | None, Place | None]:  # fmt: skip
    """Where the run would work, and the worktree that it would get; what is in the way stands among the problems. Git is not asked."""
    found = (workspace, None) if problems else house(plan.workflow, services.worktrees, run_id, applied.values, workspace)
    if not isinstance(found, Refusal):
        return found
    problems.append({"code": found.code, "path": "worktree", "value": workspace, "message": found.message})
    return workspace, None


def _ending(output: Mapping[str, Any], plan: Plan) -> Fact:
    """Completed; failed where there are problems, with the first of them in words."""
    problems = output["plan"]["problems"]
    if not problems:
        return RunCompleted(output=output)
    nodes = {str(problem["path"]).split(".")[1] for problem in problems if str(problem["path"]).startswith("nodes.")}
    more = f" ({len(problems) - 1} more)" if len(problems) > 1 else ""
    first = f"{problems[0]['path']}: {problems[0]['message']}{more}"
    return RunFailed(
        code="dry_run_invalid", node_ids=tuple(sorted(nodes & set(plan.nodes))[:MOST_NAMED]), message=first[:LONGEST_VALUE], output=output
    )
