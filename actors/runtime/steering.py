"""The methods with which people steer a run: hold it, end it, let it go on after a failure, go on from it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson

from actors.library import no_such_workflow, workflow_paused
from actors.refusals import Refusal
from actors.run.harness import unavailable
from actors.run.requests import Cancel, Continue, Finish, Fork, Pause, Recover, Repair, Requeue, Resume, Retry, Steer
from actors.runtime.base import TRIES, Answer, Base, changed_meanwhile
from actors.runtime.loading import invalid
from actors.workflow.parse import load_tree
from actors.workflow.patching import patched
from actors.workflow.problems import Report, WorkflowInvalid

if TYPE_CHECKING:
    from actors.control import params as p
    from actors.control import params_agents as a
    from actors.refusals import Principal, RequestKey
    from actors.workflow.spec import Workflow

__all__ = ["SteeringMethods"]


class SteeringMethods(Base):
    """Operations on one run."""

    async def run_pause(self, params: p.RunSteer, by: Principal, request: RequestKey) -> Answer:
        return await self.operate(params.run_id, Pause(by, params.reason), request)

    async def run_resume(self, params: p.RunResume, by: Principal, request: RequestKey) -> Answer:
        return await self.operate(params.run_id, Resume(by, params.reason, dict(params.limits)), request)

    async def run_cancel(self, params: p.RunSteer, by: Principal, request: RequestKey) -> Answer:
        return await self.operate(params.run_id, Cancel(by, params.reason), request)

    async def run_finish(self, params: p.RunSteer, by: Principal, request: RequestKey) -> Answer:
        return await self.operate(params.run_id, Finish(by, params.reason), request)

    async def run_recover(self, params: p.RunSteer, by: Principal, request: RequestKey) -> Answer:
        return await self.operate(params.run_id, Recover(by, params.reason), request)

    async def run_retry(self, params: p.RunNode, by: Principal, request: RequestKey) -> Answer:
        return await self.operate(params.run_id, Retry(by, params.node_id, params.reason), request)

    async def run_requeue(self, params: p.RunNode, by: Principal, request: RequestKey) -> Answer:
        return await self.operate(params.run_id, Requeue(by, params.node_id, params.reason), request)

    async def run_continue(self, params: p.RunNode, by: Principal, request: RequestKey) -> Answer:
        return await self.operate(params.run_id, Continue(by, params.node_id, params.reason), request)

    async def agent_steer(self, params: a.AgentSteer, by: Principal, request: RequestKey) -> Answer:
        return await self.operate(params.run_id, Steer(by, params.node_id, params.text), request)

    async def run_fork(self, params: p.RunFork, by: Principal, request: RequestKey) -> Answer:
        """A new run, unless nothing of its workflow is to start."""
        if (known := self.replayed(request)) is not None:
            return known
        state = self.fold(params.run_id)
        if isinstance(state, Refusal):
            return state
        for _ in range(TRIES):
            record = self.library.record(state.workflow_id)
            if not record.there:
                return no_such_workflow(state.workflow_id)
            if record.status == "paused":
                return workflow_paused(state.workflow_id)
            operation = Fork(by, tuple(params.from_nodes), dict(params.inputs), params.cwd, record.seq)
            answer = await self.operate(params.run_id, operation, request)
            if not isinstance(answer, Refusal) or answer.code != "overtaken":
                return answer
        return changed_meanwhile(state.workflow_id)

    async def run_repair(self, params: p.RunRepair, by: Principal, request: RequestKey) -> Answer:
        """Store the edit and go on with it, in one commit. Who stores another version meanwhile makes us look again."""
        if (known := self.replayed(request)) is not None:
            return known
        state = self.fold(params.run_id)
        if isinstance(state, Refusal):
            return state
        for _ in range(TRIES):
            operation = await self._repair(params, by, state.workflow_id)
            if isinstance(operation, Refusal):
                return operation
            answer = await self.operate(params.run_id, operation, request)
            self.library.forget(state.workflow_id)
            if not isinstance(answer, Refusal) or answer.code != "overtaken":
                return answer
        return changed_meanwhile(state.workflow_id)

    async def _repair(self, params: p.RunRepair, by: Principal, workflow_id: str) -> Repair | Refusal:
        newest = self.library.find(workflow_id)
        if isinstance(newest, Refusal):
            return newest
        workflow = self._edited(newest.digest, params)
        if isinstance(workflow, Refusal):
            return workflow
        version, also = await self.library.offer(workflow, by)
        self.services.plans.know(version.digest, workflow)
        return Repair(by, params.node_id, version.version, version.digest, also, params.reason)

    def _edited(self, digest: str, params: p.RunRepair) -> Workflow | Refusal:
        """The version with the edit in it."""
        if not params.patch:
            return self.services.plans.get(digest).workflow
        tree = patched(orjson.loads(self.services.store.blobs.get(digest)), params.node_id, params.patch)
        if tree is None:
            text = f"The newest version of the workflow has no node {params.node_id!r} in its body, so there is nothing to repair."
            return Refusal("node_not_found", text, {"run_id": params.run_id, "node_id": params.node_id})
        try:
            workflow = load_tree(Report("<repair>"), tree, folder=None, stored=True).workflow
        except WorkflowInvalid as problems:
            return invalid(problems, "<repair>")
        missing = unavailable(workflow, self.services.rules, source="<repair>")
        return invalid(WorkflowInvalid(missing), "<repair>") if missing else workflow
