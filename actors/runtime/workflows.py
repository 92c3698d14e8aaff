"""The workflow methods: check, put, get, list, versions, delete. Those that pause, activate and restore are in `lives`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from actors.agent.binding import Binding
from actors.calendar.log import schedule_stream
from actors.library import no_such_workflow
from actors.refusals import Refusal, RequestKey
from actors.run.audits import audit_entry
from actors.run.casting import cast, projects_of
from actors.run.casting_below import missing_below
from actors.run.harness import harness_problems
from actors.run.known import conflict
from actors.run.messages import Admit
from actors.run.plan import compile_plan
from actors.run.requests import Cancel
from actors.runtime.base import TRIES, Answer, Base, changed_meanwhile
from actors.runtime.loading import load_aside, problem_json
from actors.sub_run.pins import Newest
from actors.workflow.events import WorkflowDeleted
from actors.workflow.spec import Workflow
from storage import ReceiptExists, RequestConflict, Unavailable, VersionConflict

if TYPE_CHECKING:
    from actors.control import params as p
    from actors.refusals import Principal

__all__ = ["WorkflowMethods"]

OPEN = ("queued", "running", "pausing", "paused", "waiting", "awaiting_approval")
MANY = 10_000


class WorkflowMethods(Base):
    """Definitions: looked at, stored, found, removed."""

    async def workflow_check(self, params: p.WorkflowText, by: Principal) -> Answer:
        loaded = await load_aside(params.text, params.notation, params.source, params.folder, self.services)
        if isinstance(loaded, Refusal):
            if "problems" not in loaded.data:
                return loaded
            return {"ok": False, "problems": loaded.data["problems"], "warnings": []}
        problems = self._lacking(loaded.workflow, params.folder, by)
        return {"ok": not problems, "problems": problems, "warnings": [problem_json(problem) for problem in loaded.warnings]}

    def _lacking(self, workflow: Workflow, folder: str | None, by: Principal) -> list[dict[str, Any]]:
        """What a run of it from that folder would lack here: whom it asks for, and all that the workflows ask for that it begins."""
        plan, newest = compile_plan(workflow, ""), Newest(self.services)
        admit = Admit(workflow_id=workflow.workflow_id, version=0, digest="", inputs={}, by=by, request=None, cwd=folder, folder=folder)
        binding = cast(self.services, admit, plan, roots := projects_of(admit, plan, None, None))
        found = [one for one in harness_problems(self.services.rules, plan, newest) if "in_workflow" in one]
        if isinstance(binding, Refusal):
            found.insert(0, {"code": binding.code, "message": binding.message, "path": "personas"})
            binding = Binding()
        return [*found, *missing_below(self.services, admit, plan, binding, roots, newest)]

    async def workflow_put(self, params: p.WorkflowText, by: Principal, request: RequestKey) -> Answer:
        if (known := self.replayed(request)) is not None:
            return known
        loaded = await load_aside(params.text, params.notation, params.source, params.folder, self.services)
        if isinstance(loaded, Refusal):
            return loaded
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
