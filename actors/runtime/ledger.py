"""The ledger method: what the calls of a run's agents have cost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from actors.agent.thread_log import KIND, facts_of
from actors.ledger.rows import rows_of, totals_of
from actors.run.known import is_run, no_such_run
from actors.runtime.base import Answer, Base

if TYPE_CHECKING:
    from actors.control import params_agents as a
    from actors.refusals import Principal

__all__ = ["LedgerMethods"]

MANY = 10_000


class LedgerMethods(Base):
    """Rows come from the conversations; nothing is counted twice, and nothing is kept beside them."""

    async def ledger_list(self, params: a.LedgerList, by: Principal) -> Answer:
        store = self.services.store
        if not is_run(store, params.run_id):
            return no_such_run(params.run_id)
        threads = [line.stream for line in store.catalog.list(KIND, parent=params.run_id, limit=MANY)]
        rows = []
        for thread_id in threads:
            rows += rows_of(thread_id, ((recorded.at_ms, fact) for recorded, fact in facts_of(store, thread_id)))
        wanted = [row for row in rows if params.node_id in (None, row["node_id"])]
        wanted.sort(key=lambda row: (row["at_ms"], row["thread_id"], row["turn"]))
        return {
            "run_id": params.run_id, "calls": wanted[-params.limit :], "totals": totals_of(wanted),
            "prices_as_of": self.about.get("prices_as_of", ""),
        }  # fmt: skip
