"""Fixture F of the projection spec, a store in which its run is known, and passes over entries that a test names."""

from __future__ import annotations

import tempfile
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import trio
from attrs import define, evolve

from actors.projection.bodies import event_of, foreign, snapshot_of, subject_in
from actors.projection.definition import hash_of, version_of
from actors.projection.passing import Pass, history_key, remember
from actors.projection.record import Boundary, Entry, Moment, Record, Subject, WaitEvent
from actors.projection.walk import Walk
from storage import Append, Headline, NewEvent, Store, Transaction
from storage.telling import NewRow, Told, bring, tell_all
from tests.storage.support import SMALL, Clock

RUN, WORKFLOW = "run-stateful-projection", "automation-a"
TENANT_A = {"org_id": "org-a", "workspace_id": "workspace-a", "actor_id": "user-a", "source": "explicit"}
TENANT_B = {"org_id": "org-b", "workspace_id": "workspace-b", "source": "explicit"}
DIGEST = "ab" * 32
A, B = Boundary("org-a", "workspace-a"), Boundary("org-b", "workspace-b")


def scope(tenant: Mapping[str, Any] = TENANT_A) -> dict[str, Any]:
    return {"schema_version": 1, "tenant_context": tenant, "data_classes": [], "delegation_grant_ids": []}


F = Subject(
    RUN, WORKFLOW, "manual", scope(), version_of({"definition_version": "release-9"}, WORKFLOW, DIGEST), hash_of(DIGEST)
)  # fmt: skip
CLAIM = {"claim_id": "claim-a", "claimant_id": "daemon-a", "claimed_at_ms": 130, "lease_expires_at_ms": 30130, "lease_epoch": 1}
CLAIMED = Record("run_execution_claimed", 130, "claimed", None, {"claim": {"claim_id": "claim-a"}})
COMPLETED = Record("node_completed", 180, "done", None, {"node_id": "node-a", "session_id": "session-a"})
AT_1 = Moment("running", {"execution_claim_epoch": 1, "execution_claim": CLAIM, "pending_nodes": ["node-a", "node-b"]})
AT_2 = Moment(
    "running",
    {
        "execution_claim_epoch": 1, "execution_claim": CLAIM, "completed_nodes": ["node-a"], "pending_nodes": ["node-b"],
        "node_output_ids": ["node-a"], "node_attempts": {"node-a": 1}, "node_attempt_verdict_counts": {"node-a": 1},
        "active_session_ids": ["session-a"],
    },
)  # fmt: skip
FIRST, SECOND = Entry(1, CLAIMED, AT_1), Entry(2, COMPLETED, AT_2)


def after(position: int, what: Record | WaitEvent, status: str = "running", **more: Any) -> Entry:
    """One more entry at which the run stands like that."""
    return Entry(position, what, evolve(AT_2, status=status, **more))


@define
class Listed:
    """Entries as a log would give them."""

    rest: list[Entry]

    def entries(self) -> Iterator[Entry]:
        while self.rest:
            yield self.rest.pop(0)

    def ending(self) -> Entry | None:
        return None

    @property
    def over(self) -> bool:
        return not self.rest


@define
class Memory:
    """A store with one run of fixture F."""

    store: Store
    subject: Subject = F

    @property
    def key(self) -> tuple[str, str, str, str]:
        return history_key(self.subject.run_id, self.subject.boundary)

    async def project(self, *entries: Entry, batch: int = 256) -> int:
        """Walk from zero over these entries; how many are new."""
        return (await self.walked(*entries, batch=batch))[0]

    async def walked(self, *entries: Entry, batch: int = 256) -> tuple[int, int, list[str]]:
        """The same, with observations and findings."""
        walk, history = Walk(self.subject), self.store.histories.get(self.key)
        if history is not None and entries:
            remember(self.store, walk, history, entries[0].what)
        new, seen, findings = 0, 0, list[str]()
        for portion in Pass(Listed(list(entries)), walk, 0).portions(batch):
            [told] = await self.store.work(partial(tell_all, tellings=[portion.telling]))
            new, seen = new + told.materialised, seen + portion.observations
            findings += portion.findings
        return new, seen, findings

    def events(self) -> list[dict[str, Any]]:
        history = self.store.histories.get(self.key)
        rows = self.store.histories.events(history.id) if history is not None else []
        assert history is not None or rows == []
        found = [event_of(subject_in(RUN, history.about), row) for row in rows] if history is not None else []
        return [event for event in found if event is not None]

    def snapshots(self) -> list[dict[str, Any]]:
        history = self.store.histories.get(self.key)
        if history is None:
            return []
        return [snapshot_of(subject_in(RUN, history.about), row) for row in self.store.histories.snapshots(history.id)]

    async def bring(
        self, events: Sequence[Mapping[str, Any]] = (), snapshots: Sequence[Mapping[str, Any]] = (), *, once: bool = True,
        key: tuple[str, str, str, str] | None = None,
    ) -> int:  # fmt: skip
        """Rows from elsewhere."""
        new = [(event["seq"], NewRow(event["event_id"], event["occurred_at_ms"], foreign(event), None)) for event in events]
        kept = [(one["seq"], NewRow(one["snapshot_id"], one["created_at_ms"], None, foreign(one))) for one in snapshots]
        work = partial(bring, key=key or self.key, about=b'{"scope":{}}', events=new, snapshots=kept, once=once)
        return await self.store.work(work)

    def sql(self, text: str, *values: Any) -> Any:
        """Change rows behind everybody's back."""
        return self.store._writer.database.writer.execute(text, values).fetchall()


def earlier(phase: str, status: str, seq: int = 1, at: int = 100) -> dict[str, Any]:
    """A snapshot of the run that is no record's."""
    return {
        "snapshot_id": "earlier", "seq": seq, "created_at_ms": at, "scope": scope(), "status": status, "phase": phase,
        "phase_history": [{
            "schema_version": 1, "event_id": f"{RUN}:phase:{phase}:{at}", "to_phase": phase, "occurred_at_ms": at,
            "event_type": "stateful_runtime.phase.observed", "reason": f"observed_status:{status}",
        }],
    }  # fmt: skip


def plain(event_id: str, seq: int, at: int = 100, tenant: Mapping[str, Any] = TENANT_A) -> dict[str, Any]:
    """An event from elsewhere."""
    return {"event_id": event_id, "seq": seq, "occurred_at_ms": at, "event_type": "other", "scope": scope(tenant), "payload": {}}


@contextmanager
def _open() -> Generator[Store, None, None]:
    with (
        tempfile.TemporaryDirectory(prefix="pk-") as folder,
        Store.open(Path(folder, "d"), clock=Clock(), limits=SMALL, inline=True) as store,
    ):
        yield store


@pytest.fixture
async def memory() -> Any:
    with _open() as store:
        async with trio.open_nursery() as nursery:
            await nursery.start(store.serve)
            line = Headline(RUN, "run", "running", 100, 100, group=WORKFLOW)
            facts = tuple(NewEvent("run_created", b"{}") for _ in range(2))
            await store.commit(Transaction(100, (Append(RUN, 0, facts, headline=line),)))
            yield Memory(store)
            nursery.cancel_scope.cancel()


__all__ = ["RUN", "Memory", "Told", "memory"]
