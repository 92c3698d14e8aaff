"""Which versions of other workflows a run, and all runs below it, begin: those that are stored when it is made (flow spec 4.3, 5.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from actors.library.record import fold_workflow, workflow_stream
from actors.plans import VersionMissing
from actors.sub_run.row import Pinned

if TYPE_CHECKING:
    from actors.run.plan import Plan
    from actors.services import Services
    from actors.workflow.spec import Workflow

__all__ = ["Newest"]


class Newest:
    """The newest versions of stored workflows by id, each looked up once. A version that cannot be read is not there."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._found: dict[str, tuple[Pinned, Plan] | None] = {}

    def __call__(self, workflow_id: str) -> Workflow | None:
        """The definition; None where it is not stored."""
        plan = self.plan(workflow_id)
        return None if plan is None else plan.workflow

    def plan(self, workflow_id: str) -> Plan | None:
        """The compiled version."""
        if workflow_id not in self._found:
            self._found[workflow_id] = self._read(workflow_id)
        found = self._found[workflow_id]
        return None if found is None else found[1]

    def pinned(self) -> tuple[Pinned, ...]:
        """All versions that were looked up, sorted by id."""
        return tuple(found[0] for _, found in sorted(self._found.items()) if found is not None)

    def _read(self, workflow_id: str) -> tuple[Pinned, Plan] | None:
        record = fold_workflow(workflow_id, self._services.store.journal.read(workflow_stream(workflow_id)))
        if not record.there:
            return None
        pinned = Pinned(workflow_id, record.versions[-1].version, record.versions[-1].digest)
        try:
            return pinned, self._services.plans.get(pinned.digest)
        except VersionMissing:
            return None
