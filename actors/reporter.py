"""Writing final reports beside the runs' own work: files are slow to make, and a run should not wait for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import trio
from attrs import Factory, define, frozen

from supervision import Actor, Mailbox

if TYPE_CHECKING:
    from actors.run.finale import FinishedReport

__all__ = ["Reporter", "Reports", "Write"]

MOST_WAITING = 4096


@frozen
class Write:
    """There are reports to write."""


@define(eq=False)
class Reports:
    """Reports that wait to be written. Beyond 4,096 they are written at once by who brings them, so nothing is dropped."""

    _waiting: dict[str, FinishedReport] = Factory(dict)

    def add(self, report: FinishedReport) -> None:
        """Have the report written soon."""
        if len(self._waiting) >= MOST_WAITING:
            _write_all([report])
        else:
            self._waiting[report.name] = report

    def take(self) -> list[FinishedReport]:
        """All that wait; they are the caller's now."""
        found = list(self._waiting.values())
        self._waiting.clear()
        return found

    def drop(self, run_id: str) -> None:
        """The run is being removed."""
        self._waiting.pop(run_id, None)

    def __len__(self) -> int:
        return len(self._waiting)


class Reporter(Actor[Write]):
    """What it cannot write is written when somebody asks for it, or at the next start."""

    mailbox = Mailbox(capacity=1, overflow="drop_new")

    def __init__(self, reports: Reports, *, inline: bool) -> None:
        self._reports = reports
        self._inline = inline
        self._written = self._failed = 0

    async def receive(self, message: Write) -> None:
        """Write all that wait."""
        while reports := self._reports.take():
            failed = _write_all(reports) if self._inline else await trio.to_thread.run_sync(_write_all, reports)
            self._written += len(reports) - failed
            self._failed += failed

    async def stopped(self) -> None:
        """What is still here is written before the end."""
        _write_all(self._reports.take())

    def status(self) -> str:
        """Counts, for the tree."""
        return f"{self._written} reports written, {self._failed} failed, {len(self._reports)} waiting"


def _write_all(reports: list[FinishedReport]) -> int:
    failed = 0
    for report in reports:
        try:
            report.write()
        except OSError:
            failed += 1
    return failed
