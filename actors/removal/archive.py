"""The archive: one gzip file of JSON for each run that was removed, with its record, its report, its events, its conversations.

The first line is the beginning of that JSON, `{"penstock_archive": 1, "head": {…},`: what a list needs without reading the rest.
"""

from __future__ import annotations

import gzip
import os
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson
from attrs import asdict

from actors.agent.thread_log import KIND, facts_of, whole
from actors.run.finale import compose
from actors.run.logbook import CorruptLog, fold_log
from actors.run.reading import event_of
from actors.run.view import run_json
from storage import StorageError, StreamDamaged
from storage.folder import sync_folder

if TYPE_CHECKING:
    from actors.services import Services
    from storage import Headline

__all__ = ["archive_run", "place_of"]

PAGE = 1_000
MANY = 10_000
FORMAT = 1


def place_of(folder: Path, line: Headline) -> Path:
    """Where the archive of a run lies below the data folder: in the month, UTC, of its last change."""
    month = datetime.fromtimestamp(line.updated_ms / 1000, UTC).strftime("%Y-%m")
    return folder / "archive" / month / f"{line.stream}.json.gz"


async def archive_run(services: Services, line: Headline) -> Path:
    """Write the archive of the run, durably; a file that is there already is replaced. Raises OSError.

    Of a run whose log cannot be read it holds what can, and says why there is no more.
    """
    target = place_of(services.folder, line)
    file = await services.store.aside(partial(_Writer, target))
    try:
        for part in _parts(services, line):
            await services.store.aside(partial(file.write, part))
        await services.store.aside(file.finish)
    finally:
        file.close()
    return target


def _parts(services: Services, line: Headline) -> Any:
    """The JSON in pieces, each at most a page of events."""
    head = {
        "run_id": line.stream, "workflow_id": line.group, "title": line.title, "status": line.status, "created_at_ms": line.created_ms,
        "updated_at_ms": line.updated_ms, "archived_at_ms": services.clock.now_ms(),
    }  # fmt: skip
    yield b'{"penstock_archive":%d,"head":%s,\n' % (FORMAT, orjson.dumps(head))
    record, report, markdown, unreadable = _record(services, line.stream)
    told = {"record": record, "report": report, "markdown": markdown, "unreadable": unreadable}
    yield b"".join(b'"%s":%s,\n' % (name.encode(), orjson.dumps(value)) for name, value in told.items()) + b'"events":['
    after, comma = 0, b""
    with suppress(StreamDamaged):
        while page := services.store.journal.read(line.stream, after, PAGE):
            yield comma + b",\n".join(orjson.dumps(event_of(found)) for found in page)
            after, comma = page[-1].seq, b",\n"
    yield b'],"conversations":{'
    for number, thread in enumerate(services.store.catalog.list(KIND, parent=line.stream, limit=MANY)):
        yield b"%s%s:%s" % (b",\n" if number else b"", orjson.dumps(thread.stream), orjson.dumps(_conversation(services, thread.stream)))
    yield b"}}\n"


def _conversation(services: Services, thread_id: str) -> list[dict[str, Any]]:
    """What can be read of an agent's conversation."""
    told: list[dict[str, Any]] = []
    with suppress(StorageError):
        for recorded, fact in facts_of(services.store, thread_id):
            told.append({"seq": recorded.seq, "event": recorded.kind, "at_ms": recorded.at_ms, **asdict(whole(services.store, fact))})
    return told


def _record(services: Services, run_id: str) -> tuple[dict[str, Any] | None, dict[str, Any] | None, str | None, str | None]:
    """The run record, the report as JSON and as Markdown; or why there are none."""
    try:
        state = fold_log(services, run_id)
    except (CorruptLog, StreamDamaged) as error:
        return None, None, None, str(error)
    made = compose(services, state)
    return run_json(state), orjson.loads(made.as_json), made.as_markdown.decode(), None


class _Writer:
    """The file under another name until it is whole and on the disk."""

    def __init__(self, target: Path) -> None:
        self._target = target
        self._part = target.with_name(f"{target.name}.part")
        for folder in (target.parent.parent, target.parent):
            if not folder.is_dir():
                folder.mkdir(mode=0o700, exist_ok=True)
                sync_folder(folder.parent)
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
        self._fd = os.open(self._part, flags, 0o600)
        self._raw = os.fdopen(self._fd, "wb")
        self._zip = gzip.GzipFile(filename="", fileobj=self._raw, mode="wb", mtime=0)

    def write(self, data: bytes) -> None:
        self._zip.write(data)

    def finish(self) -> None:
        self._zip.close()
        self._raw.flush()
        os.fsync(self._fd)
        self._part.rename(self._target)
        sync_folder(self._target.parent)

    def close(self) -> None:
        """Let go; what is not finished by now vanishes."""
        with suppress(OSError):
            self._zip.close()
        with suppress(OSError):
            self._raw.close()
        self._part.unlink(missing_ok=True)
