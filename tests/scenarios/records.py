"""What a closed data folder holds, read with plain SQL and not with the code under test: logs, receipts, claims, catalog, audit."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

import orjson
from attrs import Factory, asdict, evolve, field, frozen

from actors.plans import Plans
from actors.run.vocabulary import run_codec
from storage.blobs import Blobs
from storage.records import Recorded

__all__ = ["Records"]

Log = list[tuple[int, str, bytes]]


@frozen
class Records:
    """`logs` maps a stream to (seq, kind, body) rows, `times` to the wall clock of each; `receipts` a request id to its first reply."""

    folder: Path
    logs: dict[str, Log]
    times: dict[str, list[int]]
    receipts: dict[str, dict[str, Any]]
    claims: dict[str, tuple[str | None, int]]
    catalog: dict[str, dict[str, Any]]
    audit: list[dict[str, Any]]
    plans: Plans = field(init=False, eq=False, default=Factory(lambda self: Plans(Blobs(self.folder / "blobs")), takes_self=True))
    _decoded: dict[str, tuple[list[Any], list[dict[str, Any]]]] = field(init=False, eq=False, factory=dict)

    @classmethod
    def read(cls, folder: Path) -> Records:
        """Read everything; the daemon must be gone."""
        with sqlite3.connect(f"file:{folder}/penstock.db?mode=ro", uri=True) as db:
            db.row_factory = sqlite3.Row
            names = {row["id"]: row["name"] for row in db.execute("SELECT id, name FROM streams ORDER BY id")}
            logs: dict[str, Log] = {name: [] for name in names.values()}
            times: dict[str, list[int]] = {name: [] for name in names.values()}
            for row in db.execute("SELECT * FROM journal ORDER BY position"):
                logs[names[row["stream"]]].append((row["seq"], row["kind"], bytes(row["data"])))
                times[names[row["stream"]]].append(row["at_ms"])
            made = cls(
                folder, logs, times,
                {row["request_id"]: orjson.loads(row["reply"]) for row in db.execute("SELECT * FROM receipts")},
                {names[row["stream"]]: (row["claimant"], row["epoch"]) for row in db.execute("SELECT * FROM claims")},
                {names[row["stream"]]: dict(row) for row in db.execute("SELECT * FROM catalog")},
                [dict(row) for row in db.execute("SELECT * FROM audit ORDER BY seq")],
            )  # fmt: skip
        db.close()
        return made

    def without(self, tampered: Collection[str]) -> Records:
        """The same without the logs that a test broke on purpose: nothing can be said of them."""
        kept = {name: log for name, log in self.logs.items() if name not in tampered}
        return evolve(self, logs=kept)

    @property
    def purged(self) -> set[str]:
        """The logs that were removed, in part or whole, as the memory itself recorded it; and those of runs that are to be."""
        gone = {str(orjson.loads(data)["stream"]) for _, kind, data in self.logs.get("system", ()) if kind == "stream_purged"}
        return gone | {name for name, row in self.catalog.items() if row["kind"] == "purged_run"}

    @property
    def runs(self) -> list[str]:
        """The ids of all runs that are there."""
        gone = self.purged
        return [name for name in self.logs if name.startswith("run-") and name not in gone]

    def events(self, run_id: str) -> list[dict[str, Any]]:
        """A run's events with all their fields; those that cannot be read are left out (invariant G15 looks at them)."""
        rows = [*self.logs[run_id], *self.times[run_id]]
        if run_id not in self._decoded or self._decoded[run_id][0] != rows:  # tests break rows on purpose
            self._decoded[run_id] = rows, list(self._events(run_id))
        return self._decoded[run_id][1]

    def _events(self, run_id: str) -> Iterator[dict[str, Any]]:
        for (seq, kind, data), at_ms in zip(self.logs[run_id], self.times[run_id], strict=True):
            try:
                event = run_codec().decode(Recorded(seq, at_ms, kind, data))
            except Exception:  # noqa: BLE001  tests break rows on purpose
                continue
            yield {"seq": seq, "event": kind, "at_ms": at_ms, **asdict(event)}
