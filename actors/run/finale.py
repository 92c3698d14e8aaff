"""The final report on disk: written when a run has ended, and again whenever the file is missing. The log is what counts."""

from __future__ import annotations

import contextlib
import os
from datetime import UTC, datetime
from pathlib import Path

import orjson

from actors.run.report import markdown_report, report_json
from actors.run.state import RunState
from actors.services import Services

__all__ = ["report_paths", "write_report"]


def report_paths(services: Services, run_id: str) -> tuple[Path, Path]:
    """Where the report of a run lies: (JSON, Markdown)."""
    folder = services.run_folder(run_id)
    return folder / f"{run_id}.report.json", folder / f"{run_id}.report.md"


def write_report(services: Services, state: RunState) -> None:
    """Write both forms, each replaced as a whole. Raises OSError."""
    last = [(recorded.seq, recorded.kind, recorded.at_ms) for recorded in services.store.journal.read(state.run_id, max(0, state.seq - 21))]
    ended = [entry for entry in last if entry[1] != "report_written"]
    report = report_json(state, ended)
    when = datetime.fromtimestamp((state.finished_at_ms or 0) / 1000, UTC).isoformat(timespec="seconds")
    as_json, as_markdown = report_paths(services, state.run_id)
    with contextlib.suppress(FileExistsError):
        as_json.parent.mkdir(mode=0o700, parents=True)
    _replace(as_json, orjson.dumps(report, option=orjson.OPT_INDENT_2))
    _replace(as_markdown, markdown_report(report, when).encode())


def _replace(path: Path, data: bytes) -> None:
    part = f"{path}.part"
    fd = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
    try:
        os.write(fd, data)
    finally:
        os.close(fd)
    Path(part).replace(path)
