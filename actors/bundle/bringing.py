"""Bringing a bundle in: verified as a whole first, then its events and snapshots, each once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attrs import Factory, define

from actors.bundle.sealing import BundleDamaged, opened
from actors.projection.bodies import about_of, foreign
from actors.projection.known import COMPACTED, compacted_ids
from actors.projection.passing import history_key
from actors.projection.record import LOCAL, Subject
from storage.telling import NewRow, bring

if TYPE_CHECKING:
    from storage.histories import HistoryKey
    from storage.store import Store

__all__ = ["Contents", "bring_in", "read_bundle"]

PAGE = 500


@define
class Contents:
    """What a bundle says, part by part."""

    manifest: dict[str, Any] = Factory(dict)
    parts: dict[str, list[Any]] = Factory(dict)

    @property
    def head(self) -> Mapping[str, Any]:
        """Which run it is about."""
        [head] = self.parts["head"]
        assert isinstance(head, dict)
        return head

    def summary(self) -> dict[str, Any]:
        """The head, and how many lines each part has."""
        counts = {name: len(self.parts.get(name, ())) for name in ("log", "events", "snapshots", "artifacts")}
        return {**self.head, **counts, "exported_at_ms": self.manifest.get("exported_at_ms")}


def read_bundle(path: Path) -> Contents:
    """All of a bundle, verified. Raises BundleDamaged with the place, OSError."""
    found = Contents()
    with path.open("rb") as file:
        for part, value in opened(file):
            if part == "manifest":
                found.manifest = value
            else:
                found.parts.setdefault(part, []).append(value)
    _fits(found)
    return found


def _fits(found: Contents) -> None:
    """Whoever can seal can also seal what makes no sense."""
    heads = found.parts.get("head", [])
    sound = len(heads) == 1 and isinstance(heads[0], dict) and isinstance(heads[0].get("run_id"), str) and heads[0]["run_id"]
    rows = [*found.parts.get("events", []), *found.parts.get("snapshots", [])]
    if not sound or not all(_is_row(row, heads[0]["run_id"]) for row in rows):
        raise BundleDamaged(1, 0, "it is sealed, but it is not the bundle of one run")


def _is_row(row: Any, run_id: str) -> bool:
    if not isinstance(row, dict) or row.get("run_id") != run_id or type(row.get("seq")) is not int or row["seq"] < 1:
        return False
    name, at = ("event_id", "occurred_at_ms") if "event_id" in row else ("snapshot_id", "created_at_ms")
    tenant = row["scope"].get("tenant_context") if isinstance(row.get("scope"), dict) else None
    whose = isinstance(tenant, dict) and isinstance(tenant.get("org_id"), str) and isinstance(tenant.get("workspace_id"), str)
    return whose and isinstance(row.get(name), str) and type(row.get(at)) is int


async def bring_in(store: Store, found: Contents) -> int:
    """Store events and snapshots with the numbers that they have; how many are new. Raises EventIdTaken, EventSeqTaken, Unavailable.

    In pieces, each of which may be done again: who is cut off begins anew, and writes what is missing.
    """
    head, new = found.head, 0
    rows: dict[HistoryKey, tuple[bytes, list[Any]]] = {}
    for row in (*found.parts.get("events", ()), *found.parts.get("snapshots", ())):
        scope = row.get("scope", LOCAL)
        subject = Subject(head["run_id"], str(head.get("workflow_id") or ""), "", scope)
        rows.setdefault(history_key(head["run_id"], subject.boundary), (about_of(subject), []))[1].append(row)
    for key, (about, mine) in rows.items():
        for page in _pages(mine):
            new += await store.work(partial(bring, key=key, about=about, **page))
    return new


def _pages(rows: list[Any]) -> Iterator[dict[str, Any]]:
    for begin in range(0, len(rows), PAGE):
        page = rows[begin : begin + PAGE]
        events = [row for row in page if "event_id" in row]
        yield {
            "events": [(row["seq"], NewRow(row["event_id"], row["occurred_at_ms"], foreign(row), None)) for row in events],
            "snapshots": [
                (row["seq"], NewRow(row["snapshot_id"], row["created_at_ms"], None, foreign(row))) for row in page if "snapshot_id" in row
            ],
            "spent": [one for row in events if row.get("event_type") == COMPACTED for one in compacted_ids(row)],
        }
