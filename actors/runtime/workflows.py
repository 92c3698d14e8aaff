"""The workflow methods: check, put, get, list, versions, delete. Those that pause, activate and restore are in `lives`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson
import trio
from attrs import asdict, evolve

from actors.calendar.log import schedule_stream
from actors.library import no_such_workflow
from actors.refusals import Refusal, RequestKey
from actors.run.audits import audit_entry
from actors.run.harness import harness_problems, unavailable
from actors.run.known import conflict
from actors.run.plan import compile_plan
from actors.run.requests import Cancel
from actors.runtime.base import TRIES, Answer, Base, changed_meanwhile
from actors.settings import RunRules
from actors.sub_run.pins import endless, pins_of
from actors.workflow.check_scripts import Searched, programs_in, unfit_scripts
from actors.workflow.events import WorkflowDeleted
from actors.workflow.parse import READERS, Loaded, load_text
from actors.workflow.problems import Problem, WorkflowInvalid
from actors.workflow.read_wait import WAIT_CODES
from actors.workflow.spec import Workflow
from storage import ReceiptExists, RequestConflict, Unavailable, VersionConflict

if TYPE_CHECKING:
    from actors.control import params as p
    from actors.refusals import Principal

__all__ = ["WorkflowMethods", "invalid", "load", "load_aside", "problem_json"]

OPEN = ("queued", "running", "pausing", "paused", "waiting", "awaiting_approval")
MANY = 10_000
AT_ONCE = 16_384


def problem_json(problem: Problem) -> dict[str, Any]:
    """A problem of a definition, as JSON."""
    return {name: value for name, value in asdict(problem).items() if value not in (None, "", ())}


def load(text: str, notation: str, source: str, folder: str | None) -> Loaded | Refusal:
    """The definition that the text says, or all that is wrong with it, whatever there is outside."""
    known = next((one for one in READERS if one == notation), None)
    if known is None:
        return Refusal("notation_unknown", f"There is no notation {notation!r}. Allowed: {', '.join(READERS)}.", {"notation": notation})
    try:
        return load_text(text, notation=known, source=source, folder=folder)
    except WorkflowInvalid as wrong:
        return invalid(wrong, source)


def invalid(wrong: WorkflowInvalid, source: str) -> Refusal:
    """All that is wrong with a definition."""
    first = wrong.problems[0]
    where = f"{source}:{first.line}:{first.column}" if first.line else source
    problems = [problem_json(problem) for problem in wrong.problems]
    more = f" ({len(problems) - 1} more)" if len(problems) > 1 else ""
    code = "invalid_wait_node" if all(problem.code in WAIT_CODES for problem in wrong.problems) else "invalid_workflow"
    return Refusal(code, f"{where}: {first.message}{more}", {"problems": problems})


async def load_aside(text: str, notation: str, source: str, folder: str | None, rules: RunRules) -> Loaded | Refusal:
    """The definition that the text says, or all that is wrong with it, also what it asks for that is not there.

    Neither a long text, which may take seconds when it is hostile, nor the disks on which scripts lie hold up the loop.
    """
    if len(text) <= AT_ONCE:
        loaded = load(text, notation, source, folder)
    else:
        loaded = await trio.to_thread.run_sync(load, text, notation, source, folder)
    if isinstance(loaded, Refusal):
        return loaded
    workflow, places = loaded.workflow, loaded.places
    searched = _searched(folder, rules)
    if any("/" in word for word in programs_in(workflow)):
        wrong, remarks = await trio.to_thread.run_sync(unfit_scripts, workflow, searched, places, source, abandon_on_cancel=True)
    else:
        wrong, remarks = unfit_scripts(workflow, searched, places, source)
    missing = (*unavailable(workflow, rules, places, source), *wrong)
    return invalid(WorkflowInvalid(missing), source) if missing else evolve(loaded, warnings=(*loaded.warnings, *remarks))


def _searched(folder: str | None, rules: RunRules) -> Searched:
    paths = {name: one.path for name, one in rules.identities.items()}
    return Searched(() if folder is None else (folder,), rules.skills_dir, rules.env.get("PATH", ""), paths)


class WorkflowMethods(Base):
    """Definitions: looked at, stored, found, removed."""

    async def workflow_check(self, params: p.WorkflowText, by: Principal) -> Answer:
        loaded = await load_aside(params.text, params.notation, params.source, params.folder, self.services.rules)
        if isinstance(loaded, Refusal):
            if "problems" not in loaded.data:
                return loaded
            return {"ok": False, "problems": loaded.data["problems"], "warnings": []}
        problems = self._harness(loaded.workflow)
        return {"ok": not problems, "problems": problems, "warnings": [problem_json(problem) for problem in loaded.warnings]}

    def _harness(self, workflow: Workflow) -> list[dict[str, Any]]:
        """What a run of it would be refused for: workflows that it begins and that are not here, or ask for what is not."""
        plan = compile_plan(workflow, "")
        pinned = pins_of(self.services, plan, None)
        if isinstance(pinned, Refusal):
            return [{"code": pinned.code, "message": pinned.message, **pinned.data}]
        return harness_problems(self.services, plan, pinned)

    async def workflow_put(self, params: p.WorkflowText, by: Principal, request: RequestKey) -> Answer:
        if (known := self.replayed(request)) is not None:
            return known
        loaded = await load_aside(params.text, params.notation, params.source, params.folder, self.services.rules)
        if isinstance(loaded, Refusal):
            return loaded
        if (circle := endless(self.services, compile_plan(loaded.workflow, ""))) is not None:
            return circle
        entry = audit_entry(str(by), "workflow.put", loaded.workflow.workflow_id, {"source": params.source}, "ok")
        try:
            version, made = await self.library.put(loaded.workflow, by, request, (entry,))
        except (ReceiptExists, RequestConflict):
            return self.replayed(request) or conflict(request)
        except Unavailable as error:
            return Refusal(error.code, f"{error}. Nothing was stored; ask again, it does no harm.")
        self.services.plans.know(version.digest, loaded.workflow)
        return {
            "workflow_id": version.workflow_id, "version": version.version, "digest": version.digest, "created": made,
            "warnings": [problem.message for problem in loaded.warnings],
        }  # fmt: skip

    async def workflow_get(self, params: p.WorkflowGet, by: Principal) -> Answer:
        found = self.library.find(params.workflow_id, params.version, params.digest)
        if isinstance(found, Refusal):
            return found
        definition = orjson.loads(self.services.store.blobs.get(found.digest))
        return {
            "workflow_id": found.workflow_id, "version": found.version, "digest": found.digest, "definition": definition,
            "stored_at_ms": found.stored_at_ms, "status": self.library.record(found.workflow_id).status,
            **self._next_fire(found.workflow_id),
        }  # fmt: skip

    async def workflow_list(self, params: p.WorkflowList, by: Principal) -> Answer:
        lines = self.services.store.catalog.list("workflow", ("active", "paused"), limit=params.limit)
        return {
            "workflows": sorted(
                (
                    {
                        "workflow_id": line.group,
                        "title": line.title or line.group,
                        "version": line.facts["version"],
                        "digest": line.facts["digest"],
                        "updated_ms": line.updated_ms,
                        "status": line.status,
                        **self._next_fire(str(line.group)),
                    }
                    for line in lines
                ),
                key=lambda item: str(item["workflow_id"]),
            )
        }

    def _next_fire(self, workflow_id: str) -> dict[str, int]:
        """When its schedule fires next, where it does."""
        line = self.services.store.catalog.get(schedule_stream(workflow_id))
        return {} if line is None or line.due_ms is None else {"next_fire_at_ms": line.due_ms}

    async def workflow_versions(self, params: p.WorkflowOnly, by: Principal) -> Answer:
        versions = self.library.record(params.workflow_id).versions
        if not versions:
            return no_such_workflow(params.workflow_id)
        return {"versions": [{"version": v.version, "digest": v.digest, "stored_at_ms": v.stored_at_ms} for v in versions]}

    async def workflow_delete(self, params: p.WorkflowDelete, by: Principal, request: RequestKey) -> Answer:
        if (known := self.replayed(request)) is not None:
            return known
        cancelled: dict[str, None] = {}
        for _ in range(TRIES):
            record = self.library.record(params.workflow_id)
            if not record.there:
                return no_such_workflow(params.workflow_id)
            refused = await self._cancel_runs(params, by, request, cancelled)
            if refused is not None:
                return refused
            reply = {"workflow_id": params.workflow_id, "deleted": True, "cancelled": list(cancelled)}
            entry = audit_entry(str(by), "workflow.delete", params.workflow_id, {"cancelled": len(cancelled)}, "ok")
            try:
                await self.library.commit(record, (WorkflowDeleted(str(by)),), request=request, reply=reply, audit=(entry,))
            except VersionConflict:  # a run was made, or it was changed: look again
                continue
            except (ReceiptExists, RequestConflict):
                return self.replayed(request) or conflict(request)
            except Unavailable as error:
                return Refusal(error.code, f"{error}. Nothing was removed; ask again, it does no harm.")
            return reply
        return changed_meanwhile(params.workflow_id)

    async def _cancel_runs(
        self, params: p.WorkflowDelete, by: Principal, request: RequestKey, cancelled: dict[str, None]
    ) -> Refusal | None:  # fmt: skip
        """End what is not over, if that was asked for; else say what there is."""
        active = [line.stream for line in self.services.store.catalog.list("run", OPEN, params.workflow_id, limit=MANY)]
        if active and not params.cancel_runs:
            text = (
                f"The workflow {params.workflow_id} has {len(active)} runs that have not ended. Cancel them first, or ask for cancel_runs."
            )
            return Refusal("workflow_has_active_runs", text, {"runs": active[:100]})
        for run_id in active:
            key = RequestKey(f"{request.request_id}:{run_id}", request.digest)
            answer = await self.operate(run_id, Cancel(by, "workflow_deleted"), key)
            if isinstance(answer, Refusal):
                return answer
            cancelled[run_id] = None
        return None
