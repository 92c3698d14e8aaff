"""Making a run: everything that can be wrong is said before anything exists; then the run and the receipt are one commit."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from actors.refusals import Refusal
from actors.run.audits import audit_entry
from actors.run.events import RunCreated
from actors.run.vocabulary import run_codec
from actors.scheduler.messages import Ticket
from actors.workflow.inputs import apply_inputs
from actors.workflow.template import TemplateError, render_text
from storage.codec import canonical
from storage.records import Append, Headline, Receipt, Transaction

if TYPE_CHECKING:
    from actors.run.messages import Admit
    from actors.run.plan import Plan
    from actors.services import Services

__all__ = ["LARGEST_INPUTS", "prepare", "workspace_of"]

LARGEST_INPUTS = 96 << 10


def prepare(services: Services, admit: Admit, plan: Plan) -> tuple[Transaction, RunCreated, Ticket, dict[str, Any]] | Refusal:
    """The transaction that makes the run, its first fact, its ticket for the queue, and the reply; or why it cannot be made."""
    applied = apply_inputs(plan.workflow, admit.inputs)
    if applied.problems:
        text = " ".join(problem.message for problem in applied.problems)
        data = {"problems": [{"code": problem.code, "path": problem.path, "message": problem.message} for problem in applied.problems]}
        return Refusal(applied.problems[0].code, text, data)
    size = len(canonical(applied.values))
    if size > LARGEST_INPUTS:
        text = f"The inputs have {size} bytes as JSON; at most {LARGEST_INPUTS} are taken. Hand large data in as a file."
        return Refusal("inputs_too_large", text, {"size": size, "limit": LARGEST_INPUTS})
    run_id, now = services.ids.new("run"), services.clock.now_ms()
    workspace = workspace_of(plan, run_id, applied.values, admit.cwd)
    if isinstance(workspace, Refusal):
        return workspace
    event = RunCreated(
        workflow_id=admit.workflow_id, version=admit.version, digest=admit.digest, trigger_type=admit.trigger_type,
        priority=admit.priority, workspace=workspace, started_by=str(admit.by), inputs=applied.values,
    )  # fmt: skip
    facts: dict[str, Any] = {"version": admit.version} | ({"workspace": workspace} if workspace is not None else {})
    headline = Headline(
        run_id, "run", "queued", now, now, group=admit.workflow_id, priority=admit.priority, title=plan.workflow.name, facts=facts
    )  # fmt: skip
    reply = {
        "run_id": run_id, "status": "queued", "workflow_id": admit.workflow_id, "version": admit.version, "digest": admit.digest,
        "warnings": [problem.message for problem in applied.warnings],
    }  # fmt: skip
    receipt = Receipt(admit.request.request_id, admit.request.digest.encode(), canonical(reply))
    entry = audit_entry(str(admit.by), "run.start", run_id, {"workflow_id": admit.workflow_id, "digest": admit.digest}, "ok")
    append = Append(run_id, 0, (run_codec().encode(event),), headline=headline)
    return Transaction(now, (append,), receipt, (entry,)), event, Ticket(run_id, now, admit.priority, workspace), reply


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
