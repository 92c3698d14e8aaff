"""Making a run: everything that can be wrong is said before anything exists; then the run and the receipt are one commit."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from actors.agent.binding import Binding
from actors.library.record import workflow_stream
from actors.refusals import Refusal
from actors.run.audits import audit_entry
from actors.run.casting import cast, projects_of
from actors.run.events import RunCreated
from actors.run.given_defaults import given_defaults
from actors.run.harness import harnessed_pins
from actors.run.headline import born
from actors.run.schedule import first_ticket
from actors.run.secret_names import unknown_secrets
from actors.run.vocabulary import run_codec
from actors.workflow.inputs import apply_inputs
from actors.workflow.template import TemplateError, render_text
from actors.worktree.housing import house
from storage import Unavailable
from storage.codec import canonical
from storage.records import Append, Receipt, Transaction

if TYPE_CHECKING:
    from actors.run.messages import Admit, Origin
    from actors.run.plan import Plan
    from actors.scheduler.messages import Ticket
    from actors.services import Services

__all__ = ["LARGEST_INPUTS", "bound", "oversized", "prepare", "workspace_of"]

LARGEST_INPUTS = 96 << 10


def prepare(
    services: Services, admit: Admit, plan: Plan, at_ms: int | None = None
) -> tuple[Transaction, RunCreated, Ticket, dict[str, Any]] | Refusal:
    """The transaction that makes the run (at that time, or now), its first fact, its ticket and the reply; or why it cannot be made."""
    applied, (admit, unfit) = apply_inputs(plan.workflow, admit.inputs), given_defaults(services.rules, admit)
    if applied.problems:
        text = " ".join(problem.message for problem in applied.problems)
        data = {"problems": [{"code": problem.code, "path": problem.path, "message": problem.message} for problem in applied.problems]}
        return Refusal(applied.problems[0].code, text, data)
    if unfit:
        return unfit[0]
    if (large := oversized(applied.values)) is not None:
        return large
    run_id, now = admit.origin.run_id if admit.origin is not None else services.ids.new("run"), at_ms or services.clock.now_ms()
    given = admit.origin.workspace if admit.origin is not None else None
    workspace = given or workspace_of(plan, run_id, applied.values, admit.cwd)
    if isinstance(workspace, Refusal):
        return workspace
    unknown = unknown_secrets(plan, services.rules)
    if unknown is not None:
        return unknown
    start = admit.origin.start if admit.origin is not None else None
    housed = house(plan.workflow, services.worktrees, run_id, applied.values, workspace, start)
    if isinstance(housed, Refusal):
        return housed
    binding = bound(services, admit, plan, roots := projects_of(admit, plan, workspace, housed[1]))
    if isinstance(binding, Refusal):
        return binding
    pinned = harnessed_pins(services, admit, plan, binding, roots)
    if isinstance(pinned, Refusal):
        return pinned
    by = str(admit.by) if admit.by is not None else "system"
    event = RunCreated(
        workflow_id=admit.workflow_id, version=admit.version, digest=admit.digest, trigger_type=admit.trigger_type,
        priority=admit.priority, workspace=housed[0], worktree=housed[1], started_by=by, inputs=applied.values, pinned=pinned,
        defaults=admit.defaults, **{"profile": _profile(services, admit, plan), **_binding(plan, binding, roots), **_origin(admit.origin)},
    )  # fmt: skip
    facts = tuple(run_codec().encode(fact) for fact in (event, *admit.carried))
    append = Append(run_id, 0, facts, headline=born(run_id, event, plan.workflow, now))
    ticket = first_ticket(run_id, event, plan.workflow, now)
    reply = {
        "run_id": run_id, "status": "queued", "workflow_id": admit.workflow_id, "version": admit.version, "digest": admit.digest,
        "warnings": [problem.message for problem in applied.warnings],
    }  # fmt: skip
    appends = (append,) if admit.workflow_seq is None else (append, Append(workflow_stream(admit.workflow_id), admit.workflow_seq))
    if admit.request is None:
        return Transaction(now, appends), event, ticket, reply
    receipt = Receipt(admit.request.request_id, admit.request.digest.encode(), canonical(reply))
    entry = audit_entry(by, "run.start", run_id, {"workflow_id": admit.workflow_id, "digest": admit.digest}, "ok")
    return Transaction(now, appends, receipt, (entry,)), event, ticket, reply


def oversized(inputs: Mapping[str, Any]) -> Refusal | None:
    """Why inputs are more than a run may have."""
    size = len(canonical(inputs))
    if size <= LARGEST_INPUTS:
        return None
    text = f"The inputs have {size} bytes as JSON; at most {LARGEST_INPUTS} are taken. Hand large data in as a file."
    return Refusal("inputs_too_large", text, {"size": size, "limit": LARGEST_INPUTS})


def bound(services: Services, admit: Admit, plan: Plan, roots: tuple[str, ...]) -> Binding | Refusal:
    """Who has which role of the run, and what they are given. All contents are stored before anything names them."""
    found = cast(services, admit, plan, roots)
    if isinstance(found, Refusal) or not found.contents:
        return found
    services.store.look_at_the_clock()
    try:
        for content in found.contents:
            services.store.blobs.put(content)
    except Unavailable as error:
        return Refusal(error.code, f"{error}. No run was started; ask again, it does no harm.")
    return found


def _binding(plan: Plan, binding: Binding, roots: tuple[str, ...]) -> dict[str, Any]:
    """Who has which role, and what they are given; where runs below this one look for their own is kept for them."""
    found: dict[str, Any] = {"binding": binding.bound, "binding_hash": binding.hash} if binding.bound else {}
    return {**found, "texts": binding.texts, "roots": roots if plan.calls else ()}


def _profile(services: Services, admit: Admit, plan: Plan) -> str:
    return admit.profile or plan.workflow.execution.profile or services.rules.default_profile


def _origin(origin: Origin | None) -> dict[str, Any]:
    """What the first fact says of a run that something else made. One that a watch makes is strict: nobody looks at it."""
    if origin is None:
        return {}
    found = {
        "scheduled_for_ms": origin.scheduled_for_ms, "queues": origin.queues, "trigger_reason": origin.reason,
        "consumed_handoff_id": origin.handoff_id, "forked_from": origin.forked_from, "campaign_id": origin.campaign_id,
        "told": origin.told,
    }  # fmt: skip
    if (parent := origin.parent) is not None:
        found |= {
            "parent_run_id": parent.run_id,
            "parent_node_id": parent.node_id,
            "root_run_id": parent.root_run_id,
            "depth": parent.depth,
        }
    return found if origin.handoff_id is None else {**found, "profile": "strict"}


def workspace_of(plan: Plan, run_id: str, inputs: Mapping[str, Any], cwd: str | None) -> str | Refusal | None:
    """The working folder and lock key: absolute, links resolved, so that two names of one folder are one lock."""
    template = plan.workflow.workspace_root
    if template is None:
        return None
    try:
        path = render_text(template, {"inputs": dict(inputs), "run": {"id": run_id, "workflow": plan.workflow.workflow_id}}).strip()
    except TemplateError as error:
        return Refusal(error.code, f"The workspace {template!r} cannot be rendered: {error.message}", {"path": "workspace"})
    if not path:
        return None
    base = cwd or plan.workflow.folder
    if not Path(path).is_absolute() and base is None:
        text = f"The workspace {path!r} is relative, and nothing says to which folder. Give an absolute path."
        return Refusal("workspace_not_absolute", text, {"workspace": path})
    whole = Path(base or "/", path).resolve()
    if not whole.is_dir():
        code = "workspace_not_a_directory" if whole.exists() else "workspace_missing"
        return Refusal(
            code, f"The workspace {whole} is no folder that exists. Name the folder in which the run is to work.", {"workspace": str(whole)}
        )
    return str(whole)
