"""Files about runs that wait to be written, final reports and status files, and the way in which runs bring them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import Factory, define

from actors.reporter import Reports, Write
from actors.run.finale import compose
from actors.services import REPORTER, STATUSES
from actors.status_file import Statuses, Update

if TYPE_CHECKING:
    from actors.run.state import RunState
    from actors.services import Services
    from actors.status_file import Status
    from supervision import System

__all__ = ["Paperwork"]


@define(eq=False)
class Paperwork:
    """Who writes them is an actor each; `connect` names the tree in which they live, before anything runs in it."""

    reports: Reports = Factory(Reports)
    statuses: Statuses = Factory(Statuses)
    _services: Services | None = None
    _system: System | None = None

    def connect(self, services: Services, system: System) -> None:
        """Everything is put together."""
        self._services, self._system = services, system

    def report(self, state: RunState) -> None:
        """Have the final report of an ended run written soon."""
        assert self._services is not None
        assert self._system is not None
        self.reports.add(compose(self._services, state))
        self._system.ref(REPORTER).tell_nowait(Write())

    def show(self, status: Status) -> None:
        """Have a status file written soon."""
        assert self._system is not None
        self.statuses.add(status)
        self._system.ref(STATUSES).tell_nowait(Update())

    def forget(self, run_id: str) -> None:
        """The run is being removed: nothing is written about it any more."""
        self.reports.drop(run_id)
        self.statuses.drop(run_id)
