"""The final report on disk: written when a run has ended, and again whenever the file is missing. The log is what counts."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import orjson
from attrs import frozen

from actors.run.report import markdown_report, report_json

if TYPE_CHECKING:
    from actors.run.state import RunState
    from actors.services import Services

__all__ = ["FinishedReport", "compose", "report_path", "report_paths", "write_report"]


@frozen
class FinishedReport:
    """A report ready to be written: its folder, and the two files' names and contents."""

    folder: str
    name: str
    as_json: bytes
    as_markdown: bytes

    def write(self) -> None:
        """Write both forms, each replaced as a whole. Raises OSError."""
        base = f"{self.folder}/{self.name}"
        try:
            _replace(f"{base}.report.json", self.as_json)
        except FileNotFoundError:
            Path(self.folder).mkdir(mode=0o700, parents=True, exist_ok=True)
            _replace(f"{base}.report.json", self.as_json)
        _replace(f"{base}.report.md", self.as_markdown)


def report_paths(services: Services, run_id: str) -> tuple[Path, Path]:
    """Where the report of a run lies: (JSON, Markdown)."""
    as_markdown = Path(report_path(services, run_id))
    return as_markdown.with_suffix(".json"), as_markdown


def report_path(services: Services, run_id: str) -> str:
    """Where its Markdown form lies, as text, which is all that every run needs."""
    return f"{services.run_path(run_id)}/{run_id}.report.md"


def compose(services: Services, state: RunState) -> FinishedReport:
    """The report of an ended run."""
    report = report_json(state, [entry for entry in state.recent if entry[1] != "report_written"])
    when = datetime.fromtimestamp((state.finished_at_ms or 0) / 1000, UTC).isoformat(timespec="seconds")
    return FinishedReport(
        folder=services.run_path(state.run_id),
        name=state.run_id,
        as_json=orjson.dumps(report, option=orjson.OPT_INDENT_2),
        as_markdown=markdown_report(report, when).encode(),
    )


def write_report(services: Services, state: RunState) -> None:
    """Compose and write. Raises OSError."""
    compose(services, state).write()


def _replace(path: str, data: bytes) -> None:
    part = f"{path}.part"
    fd = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
    try:
        os.write(fd, data)
    finally:
        os.close(fd)
    os.replace(part, path)  # noqa: PTH105 - the paths are text here, and this is done for every run
