"""The handoff methods: what lies there for workflows that watch, and a person's letting it in."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import trio

from actors.handoff.listing import approve_files, list_files
from actors.handoff.messages import LetIn, ListHandoffs
from actors.library import WATCHING, no_such_workflow
from actors.node.contained import NotContained
from actors.refusals import Refusal
from actors.run.audits import audit_entry
from actors.run.known import conflict
from actors.runtime.base import ASK_S, Answer, Base
from actors.services import WATCHMAN
from storage import Receipt, ReceiptExists, RequestConflict, Transaction, Unavailable
from storage.codec import canonical
from supervision import ActorDead

if TYPE_CHECKING:
    from actors.control import params_unattended as u
    from actors.refusals import Principal, RequestKey
    from actors.workflow.spec import Workflow
    from supervision import Request

__all__ = ["HandoffMethods"]

T = TypeVar("T")
MANY = 1_000


class HandoffMethods(Base):
    """Files are looked at by the watchman; where there is none, in a thread."""

    async def handoff_list(self, params: u.HandoffList, by: Principal) -> Answer:
        if params.workflow_id is not None:
            names = [params.workflow_id]
        else:
            names = sorted(str(line.group) for line in self.services.store.catalog.found(WATCHING, MANY))
        rows: list[dict[str, Any]] = []
        for name in names:
            workflow = self._watching(name)
            found = workflow if isinstance(workflow, Refusal) else await self._list(workflow)
            if isinstance(found, Refusal):
                return found
            rows += found
        return {"handoffs": rows[: params.limit]}

    async def handoff_approve(self, params: u.HandoffApprove, by: Principal, request: RequestKey) -> Answer:
        if not by.human:
            text = "Only a person lets a handoff in; this request comes from a process that a node has started."
            return Refusal("human_required", text, {"workflow_id": params.workflow_id})
        workflow = self._watching(params.workflow_id)
        if isinstance(workflow, Refusal):
            return workflow
        answer = self.replayed(request) or await self._approve(params, workflow, by, request)
        if isinstance(answer, Refusal):
            return answer
        # What was recorded is done now, or again if a daemon died before it was.
        moved = await self._ask(LetIn(workflow, tuple(answer["approved"])), partial(approve_files, workflow, tuple(answer["approved"])))
        return moved if isinstance(moved, Refusal) else answer

    async def _approve(self, params: u.HandoffApprove, workflow: Workflow, by: Principal, request: RequestKey) -> Answer:
        """Record which files are let in."""
        found = await self._list(workflow)
        if isinstance(found, Refusal):
            return found
        waiting = {row["file"]: row.get("problem") for row in found if row["state"] == "inbox"}
        files = [file for file, problem in waiting.items() if problem is None]
        if params.file is not None:
            if params.file not in waiting:
                text = f"There is no handoff {params.file!r} in the inbox of {params.workflow_id}. List them with: penstock handoffs ls"
                return Refusal("handoff_not_found", text, {"workflow_id": params.workflow_id, "file": params.file})
            if waiting[params.file] is not None:
                text = f"The handoff {params.file} cannot be let in: {waiting[params.file]}. Mend it, or take it away."
                return Refusal("handoff_invalid", text, {"workflow_id": params.workflow_id, "file": params.file})
            files = [params.file]
        reply = {"workflow_id": params.workflow_id, "approved": files}
        entry = audit_entry(str(by), "handoff.approve", params.workflow_id, {"files": files}, "ok")
        receipt = Receipt(request.request_id, request.digest.encode(), canonical(reply))
        try:
            await self.services.store.commit(Transaction(self.services.clock.now_ms(), (), receipt, (entry,)))
        except (ReceiptExists, RequestConflict):
            return self.replayed(request) or conflict(request)
        except Unavailable as error:
            return Refusal(error.code, f"{error}. Nothing was let in; ask again, it does no harm.")
        return reply

    async def _list(self, workflow: Workflow) -> list[dict[str, Any]] | Refusal:
        return await self._ask(ListHandoffs(workflow), partial(list_files, workflow))

    def _watching(self, workflow_id: str) -> Workflow | Refusal:
        version = self.library.find(workflow_id)
        if isinstance(version, Refusal):
            return no_such_workflow(workflow_id)
        workflow = self.library.definition(version)
        if workflow is None or not workflow.triggers.watches:
            text = (
                f"The workflow {workflow_id} watches for nothing. Give it a watch, such as: watch: [{{handoff_available: {{from: draft}}}}]"
            )
            return Refusal("watch_not_found", text, {"workflow_id": workflow_id})
        return workflow

    async def _ask(self, request: Request[T], without: Callable[[], T]) -> T | Refusal:
        try:
            return await self.system.ref(WATCHMAN).ask(request, timeout=ASK_S)
        except ActorDead:
            try:
                return await trio.to_thread.run_sync(without)
            except (OSError, NotContained) as error:
                return Refusal("handoff_folder_unreadable", f"{error}. Look at the folders of the workflow's handoffs.")
