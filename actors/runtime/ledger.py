"""The ledger methods: what calls of models have cost, of one run and of all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import trio

from actors.agent.thread_log import KIND, facts_of
from actors.ledger.rows import Book, rows_of, totals_of
from actors.run.known import is_run, no_such_run
from actors.runtime.base import Answer, Base

if TYPE_CHECKING:
    from actors.control import params_agents as a
    from actors.refusals import Principal

__all__ = ["LedgerMethods"]

MANY = 10_000


class LedgerMethods(Base):
    """Rows come from the conversations; nothing is counted twice, and nothing is kept beside them."""

    async def ledger_run(self, params: a.LedgerRun, by: Principal) -> Answer:
        store = self.services.store
        if not is_run(store, params.run_id):
            return no_such_run(params.run_id)
        threads = [line.stream for line in store.catalog.list(KIND, parent=params.run_id, limit=MANY)]
        rows = [row for thread_id in threads for row in self._rows(thread_id)]
        wanted = [row for row in rows if params.node_id in (None, row["node_id"])]
        wanted.sort(key=lambda row: (row["at_ms"], row["thread_id"], row["turn"]))
        return {"run_id": params.run_id, "calls": wanted[-params.limit :], "totals": totals_of(wanted), **self._dated()}

    async def ledger_totals(self, params: a.LedgerTotals, by: Principal) -> Answer:
        """The newest 10,000 conversations at most; `truncated` says that there were more."""
        store, since, book = self.services.store, params.since_ms or 0, Book(params.by)
        lines = store.catalog.newer(KIND, since, limit=MANY + 1)
        for line in lines[:MANY]:
            run = store.catalog.get(line.parent or "")
            if run is None or params.workflow_id not in (None, run.group):
                continue
            for row in self._rows(line.stream):
                if row["at_ms"] >= since:
                    book.add(row, run.group or "")
            await trio.lowlevel.checkpoint()
        said = {"by": params.by, "since_ms": params.since_ms, "groups": book.groups(), "totals": book.total()}
        return {**said, "truncated": len(lines) > MANY, **self._dated()}

    def _rows(self, thread_id: str) -> list[dict[str, Any]]:
        return rows_of(thread_id, ((recorded.at_ms, fact) for recorded, fact in facts_of(self.services.store, thread_id)))

    def _dated(self) -> dict[str, Any]:
        return {"prices_as_of": self.about.get("prices_as_of", "")}
