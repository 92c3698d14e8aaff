"""Files about runs that wait to be written, final reports and status files, and the way in which runs bring them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import Factory, define, evolve

from actors.reporter import Reports, Write
from actors.run.finale import compose
from actors.secrets.redactor import Redactor
from actors.services import REPORTER, STATUSES
from actors.status_file import Statuses, Update

if TYPE_CHECKING:
    from actors.run.finale import FinishedReport
    from actors.run.state import RunState
    from actors.services import Services
    from actors.status_file import Status
    from supervision import System

__all__ = ["Paperwork"]


@define(eq=False)
class Paperwork:
    """Who writes them is an actor each; `connect` names the tree in which they live, before anything runs in it.

    `redactor` keeps secrets out of the files.
    """

    reports: Reports = Factory(Reports)
    statuses: Statuses = Factory(Statuses)
    redactor: Redactor = Factory(Redactor)
    _services: Services | None = None
    _system: System | None = None

    def connect(self, services: Services, system: System) -> None:
        """Everything is put together."""
        self._services, self._system = services, system

    def report(self, state: RunState) -> None:
        """Have the final report of an ended run written soon."""
        assert self._services is not None
        assert self._system is not None
        self.reports.add(self._clean(compose(self._services, state)))
        self._system.ref(REPORTER).tell_nowait(Write())

    def _clean(self, report: FinishedReport) -> FinishedReport:
        if not self.redactor.active:
            return report
        return evolve(report, as_json=self.redactor.json(report.as_json), as_markdown=self.redactor.scrub(report.as_markdown))

    def show(self, status: Status) -> None:
        """Have a status file written soon."""
        assert self._system is not None
        self.statuses.add(evolve(status, data=self.redactor.json(status.data)) if self.redactor.active else status)
        self._system.ref(STATUSES).tell_nowait(Update())

    def forget(self, run_id: str) -> None:
        """The run is being removed: nothing is written about it any more."""
        self.reports.drop(run_id)
        self.statuses.drop(run_id)
