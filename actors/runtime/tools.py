"""The method about tools: what the agents of a run have used, when, and what came of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from actors.agent.thread_log import KIND, facts_of, whole
from actors.agent.tools.rows import uses_of
from actors.run.known import is_run, no_such_run
from actors.run.state import TERMINAL
from actors.runtime.base import Answer, Base

if TYPE_CHECKING:
    from actors.control import params_agents as a
    from actors.refusals import Principal

__all__ = ["ToolMethods"]

MANY = 10_000


class ToolMethods(Base):
    """Rows come from the conversations alone."""

    async def tool_list(self, params: a.ToolList, by: Principal) -> Answer:
        store = self.services.store
        run = store.catalog.get(params.run_id)
        if run is None or not is_run(store, params.run_id):
            return no_such_run(params.run_id)
        ended, uses = run.status in TERMINAL, []
        for line in store.catalog.list(KIND, parent=params.run_id, limit=MANY):
            facts = ((recorded.at_ms, whole(store, fact)) for recorded, fact in facts_of(store, line.stream))
            uses += uses_of(line.stream, facts, ended=ended)
        wanted = [row for row in uses if params.node_id in (None, row["node_id"])]
        wanted.sort(key=lambda row: row["began_ms"])
        return {"run_id": params.run_id, "uses": wanted[-params.limit :]}
