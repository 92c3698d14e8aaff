"""The run methods: start, look at, follow, steer."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import orjson

from actors.control.port import Page
from actors.library import no_such_workflow, workflow_paused
from actors.refusals import Refusal
from actors.resolver.reading import with_polling
from actors.run.defaults import Defaults
from actors.run.events import ENDINGS
from actors.run.finale import compose, report_paths, write_report
from actors.run.graph import run_graph_json
from actors.run.known import is_run, no_such_run
from actors.run.messages import Admit
from actors.run.reading import event_of
from actors.run.summary import metrics_json
from actors.run.view import run_json
from actors.run.why import reasons
from actors.runtime.base import Answer, Base, changed_meanwhile
from actors.runtime.loading import load_aside
from actors.runtime.logs import read_logs
from actors.scheduler.messages import QueueOf
from actors.services import SCHEDULER
from actors.worktree.site import is_undone
from supervision import ActorDead, AskTimeout

if TYPE_CHECKING:
    from actors.control import params as p
    from actors.library import Version
    from actors.refusals import Principal, RequestKey
    from actors.workflow.spec import Workflow
    from storage import Headline

__all__ = ["RunMethods"]

ENDED = frozenset(event.kind for event in ENDINGS)
TERMINAL = ("completed", "failed", "cancelled", "blocked")
SOON_MS = 30_000
ADMISSIONS = 100
"""Tries to make a run of a workflow that others keep changing: each of their commits may come in between."""


class RunMethods(Base):
    """Everything about one run, or about all."""

    async def run_start(self, params: p.RunStart, by: Principal, request: RequestKey) -> Answer:
        if (known := self.replayed(request)) is not None:
            return known
        workflow: Workflow | None = None
        if params.text is not None:
            loaded = await load_aside(params.text, params.notation, params.source, params.folder, self.services)
            if isinstance(loaded, Refusal):
                return loaded
            workflow = loaded.workflow
        version = await self._version(params, workflow, by)
        if isinstance(version, Refusal):
            return version
        for _ in range(ADMISSIONS):
            answer = await self._admit(params, version, by, request)
            if not isinstance(answer, Refusal) or answer.code != "overtaken":
                return answer
        return changed_meanwhile(version.workflow_id)

    async def _version(self, params: p.RunStart, workflow: Workflow | None, by: Principal) -> Version | Refusal:
        """The version that is to run; a definition that was sent along is stored, unless nothing of it is to start."""
        if workflow is None:
            return self.library.find(params.workflow_id or "", params.version)
        if self.library.record(workflow.workflow_id).status == "paused":
            return workflow_paused(workflow.workflow_id)
        version, _ = await self.library.put(workflow, by)
        self.services.plans.know(version.digest, workflow)
        return version

    async def _admit(self, params: p.RunStart, version: Version, by: Principal, request: RequestKey) -> Answer:
        """The run, unless the workflow is paused, or was changed since it was looked at."""
        record = self.library.record(version.workflow_id)
        if record.deleted and params.version is None:
            return no_such_workflow(version.workflow_id)
        if record.status == "paused":
            return workflow_paused(version.workflow_id)
        admit = Admit(
            workflow_id=version.workflow_id, version=version.version, digest=version.digest, inputs=dict(params.inputs), by=by,
            request=request, priority=params.priority or 0, cwd=params.cwd, workflow_seq=record.seq, dry_run=params.dry_run,
            folder=params.folder, profile=params.profile, personas=dict(params.personas),
            defaults=Defaults(params.as_identity, params.plugin_dirs, params.model),
        )  # fmt: skip
        return await self.ask_registrar(admit)

    async def run_get(self, params: p.RunOnly, by: Principal) -> Answer:
        state = self.fold(params.run_id)
        return state if isinstance(state, Refusal) else {"run": run_json(state)}

    async def run_graph(self, params: p.RunOnly, by: Principal) -> Answer:
        state = self.fold(params.run_id)
        return state if isinstance(state, Refusal) else {"graph": run_graph_json(state)}

    async def run_list(self, params: p.RunList, by: Principal) -> Answer:
        statuses = (params.status,) if params.status is not None else ()
        lines = self.services.store.catalog.list("run", statuses, params.workflow_id, params.parent_run_id, limit=params.limit)
        return {
            "runs": [
                {
                    "run_id": line.stream,
                    "workflow_id": line.group,
                    "title": line.title or line.group,
                    "status": line.status,
                    "trigger_type": line.facts.get("trigger", "manual"),
                    "created_at_ms": line.created_ms,
                    "updated_at_ms": line.updated_ms,
                    **{name: line.facts[name] for name in ("detail", "dry_run", "parent_run_id", "depth") if name in line.facts},
                }
                for line in lines
            ]
        }

    async def run_events(self, params: p.RunEvents, by: Principal) -> Answer:
        page = await self.run_page(params.run_id, params.after, params.limit)
        if isinstance(page, Refusal):
            return page
        return {"events": list(page.events), "head": self.services.store.journal.head(params.run_id)}

    async def run_page(self, run_id: str, after: int, limit: int) -> Page | Refusal:
        """Events behind `after`; `ended` once the run is terminal and nothing that belongs to its ending is still to come."""
        store = self.services.store
        line = store.catalog.get(run_id)
        if line is None or line.kind != "run":
            return no_such_run(run_id)
        found = store.journal.read(run_id, after, limit)
        position = found[-1].seq if found else after
        ended = line.status in TERMINAL and position >= store.journal.head(run_id) and not self._left_to_do(line)
        endings = tuple(recorded.seq for recorded in found if recorded.kind in ENDED)
        return Page([event_of(recorded) for recorded in found], position, ended, endings)

    async def run_totals(self, run_id: str, upto: int) -> dict[str, Any] | None:
        """What all attempts of the run, and of the runs below, have used up to that event; None where the log cannot be read."""
        state = self.fold(run_id, upto)
        return None if isinstance(state, Refusal) else metrics_json(state)

    def _left_to_do(self, line: Headline) -> bool:
        """Whether somebody is about to say what becomes of its worktree; who takes too long for that is not waited for."""
        return is_undone(line.facts.get("worktree")) and self.services.clock.now_ms() - line.updated_ms < SOON_MS

    def watch(self, run_id: str | None, wake: Callable[[], None]) -> Callable[[], None]:
        """Call `wake` after every commit that touches the run, or any."""
        return self.services.watchers.watch(run_id, wake)

    async def run_why(self, params: p.RunOnly, by: Principal) -> Answer:
        state = self.fold(params.run_id)
        if isinstance(state, Refusal):
            return state
        queue = None
        if state.status == "queued":
            try:
                queue = await self.system.ref(SCHEDULER).ask(QueueOf(params.run_id), timeout=5.0) or {}
            except (ActorDead, AskTimeout):
                queue = None
        now = self.services.clock.now_ms()
        found = with_polling(self.services.store, state, reasons(state, queue, now), now)
        return {"run_id": params.run_id, "status": state.status, "reasons": found}

    async def run_report(self, params: p.RunOnly, by: Principal) -> Answer:
        state = self.fold(params.run_id)
        if isinstance(state, Refusal):
            return state
        if not state.terminal:
            text = f"The run {params.run_id} is {state.status}; its report is written when it has ended."
            return Refusal("run_not_terminal", text, {"status": state.status})
        if state.dry_run:
            made = compose(self.services, state)  # no file for what has done nothing
            return {"run_id": params.run_id, "path": None, "markdown": made.as_markdown.decode(), "report": orjson.loads(made.as_json)}
        as_json, as_markdown = report_paths(self.services, params.run_id)
        if not (as_json.exists() and as_markdown.exists()):
            write_report(self.services, state)
        return {
            "run_id": params.run_id, "path": str(as_markdown), "markdown": as_markdown.read_text(),
            "report": orjson.loads(as_json.read_bytes()),
        }  # fmt: skip

    async def run_logs(self, params: p.RunLogs, by: Principal) -> Answer:
        if not is_run(self.services.store, params.run_id):
            return no_such_run(params.run_id)
        logs = read_logs(self.services.run_folder(params.run_id) / "logs", params.node_id, params.attempt)
        if not logs and params.node_id is not None:
            state = self.fold(params.run_id)
            if not isinstance(state, Refusal) and params.node_id not in state.nodes:
                text = f"The run {params.run_id} has no node {params.node_id!r}. Its nodes: {', '.join(state.nodes)}."
                return Refusal("node_not_found", text, {"node_id": params.node_id})
        return {"logs": logs}
