"""Writing a run's bundle: its definition, inputs, log, history, digests of its artifacts, ledger and report."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson
from attrs import asdict

from actors.agent.thread_log import KIND as THREAD
from actors.agent.thread_log import facts_of
from actors.bundle.sealing import Sealer
from actors.ledger.rows import rows_of, totals_of
from actors.projection.reading import history_of, list_snapshots, query_events
from actors.run.finale import compose
from actors.run.logbook import fold_log
from actors.version import VERSION
from actors.workflow.canonical import encode
from storage.folder import sync_folder

if TYPE_CHECKING:
    from actors.run.state import RunState
    from actors.services import Services
    from storage import Headline

__all__ = ["write_bundle"]

PAGE = 500
MANY = 10_000


async def write_bundle(services: Services, line: Headline, target: Path) -> dict[str, Any]:
    """Write the bundle of a run to `target`, which must not exist; what it holds. The file is whole and durable, or it is not there.

    Raises FileExistsError, OSError, CorruptLog, StreamDamaged.
    """
    file = await services.store.aside(partial(_File, target))
    sealer, count = Sealer(), 0
    try:
        for part, value in _parts(services, line):
            file.add(sealer.line(part, value))
            count += 1
            if count % PAGE == 0:
                await services.store.aside(file.flush)
        about = {"run_id": line.stream, "workflow_id": line.group, "status": line.status, "exported_at_ms": services.clock.now_ms()}
        file.add(sealer.finish({**about, "penstock": VERSION}))
        await services.store.aside(file.finish)
    finally:
        file.close()
    return {**about, "path": str(target), "lines": count, "bytes": file.size}


def _parts(services: Services, line: Headline) -> Iterator[tuple[str, Any]]:
    run_id, store = line.stream, services.store
    state = fold_log(services, run_id)
    yield "head", {
        "run_id": run_id, "workflow_id": line.group, "title": line.title, "status": line.status, "created_at_ms": line.created_ms,
        "updated_at_ms": line.updated_ms,
    }  # fmt: skip
    definition = orjson.loads(encode(state.plan.workflow))
    yield "definition", {"workflow_id": state.workflow_id, "version": state.version, "digest": state.digest, "definition": definition}
    yield "inputs", dict(state.inputs)
    after = 0
    while page := store.journal.read(run_id, after, PAGE):
        for found in page:
            yield "log", {"seq": found.seq, "at_ms": found.at_ms, "event": found.kind, "data": orjson.loads(found.data)}
        after = page[-1].seq
    history = history_of(store, run_id)
    for event in query_events(store, history):
        yield "events", event
    for snapshot in list_snapshots(store, history):
        yield "snapshots", snapshot
    for node_id, node in state.nodes.items():
        if node.artifact is not None:
            yield "artifacts", {"node_id": node_id, **asdict(node.artifact)}
    yield from _ledger(services, run_id)
    yield from _report(services, state)


def _ledger(services: Services, run_id: str) -> Iterator[tuple[str, Any]]:
    rows: list[dict[str, Any]] = []
    for thread in services.store.catalog.list(THREAD, parent=run_id, limit=MANY):
        rows += rows_of(thread.stream, ((recorded.at_ms, fact) for recorded, fact in facts_of(services.store, thread.stream)))
    for row in rows:
        yield "ledger", row
    yield "ledger", {"totals": totals_of(rows)}


def _report(services: Services, state: RunState) -> Iterator[tuple[str, Any]]:
    """Of a run that has ended."""
    if state.terminal:
        made = compose(services, state)
        yield "report", {"markdown": made.as_markdown.decode(), "report": orjson.loads(made.as_json)}


class _File:
    """The file under another name until it is whole and on the disk."""

    def __init__(self, target: Path) -> None:
        if target.exists():
            raise FileExistsError(target)
        self._target, self._part = target, target.with_name(f"{target.name}.part")
        fd = os.open(self._part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        self._raw = os.fdopen(fd, "wb")
        self._lines: list[bytes] = []
        self.size = 0

    def add(self, line: bytes) -> None:
        self._lines.append(line)
        self.size += len(line)

    def flush(self) -> None:
        lines, self._lines = self._lines, []
        self._raw.write(b"".join(lines))

    def finish(self) -> None:
        self.flush()
        self._raw.flush()
        os.fsync(self._raw.fileno())
        self._part.rename(self._target)
        sync_folder(self._target.parent)

    def close(self) -> None:
        """Let go; what is not finished by now vanishes."""
        with suppress(OSError):
            self._raw.close()
        self._part.unlink(missing_ok=True)
