"""What operations on learnings look at: the learnings themselves, runs, workflows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import define, evolve

from actors.learning.metrics import snapshot
from actors.learning.recent import Recent
from actors.learning.step import Step
from actors.library.record import Version
from actors.plans import VersionMissing
from actors.refusals import Refusal
from actors.run.logbook import CorruptLog, fold_log
from actors.workflow.canonical import digest
from actors.workflow.check_gates import unresolved
from actors.workflow.check_servers import unserved

if TYPE_CHECKING:
    from actors.learning.log import Shelf
    from actors.learning.record import Metrics
    from actors.library import Library
    from actors.plans import Plans
    from actors.run.plan import Plan
    from actors.run.state import RunState
    from actors.services import Services
    from actors.workflow.problems import Problem
    from actors.workflow.spec import Workflow

__all__ = ["World"]


@define(eq=False)
class World:
    """Reads only. What it says is as it stands in the store at that moment."""

    services: Services
    library: Library
    shelf: Shelf
    recent: Recent

    @classmethod
    def of(cls, services: Services, library: Library) -> World:
        """One that has read nothing yet."""
        return cls(services, library, services.lessons.shelf, Recent(services))

    def step(self, workflow_id: str, now: int) -> Step:
        """Begin a decision about the learnings of that workflow."""
        return Step(self.shelf.of(workflow_id).copy(), now, self.services.ids.new)

    def metrics(self, workflow_id: str, now: int) -> Metrics:
        """How the workflow does."""
        return snapshot(self.recent.of(workflow_id, failures=False), now)

    def workflow(self, workflow_id: str) -> Workflow | None:
        """The present version; None where there is none."""
        plan = self._present(workflow_id)
        return None if plan is None else plan.workflow

    def version(self, workflow_id: str) -> Version | None:
        """The newest one of a workflow that is there."""
        found = self.library.find(workflow_id)
        return None if isinstance(found, Refusal) else found

    def offered(self, workflow: Workflow) -> Version:
        """The version that the definition is, or would be, if it were stored now."""
        record, name = self.library.record(workflow.workflow_id), digest(workflow)
        if record.there and record.versions[-1].digest == name:
            return record.versions[-1]
        return Version(workflow.workflow_id, len(record.versions) + 1, name, self.services.clock.now_ms(), workflow.name)

    def lacks(self, workflow: Workflow) -> tuple[Problem, ...]:
        """What the configuration lacks for it: resolvers of gates, servers of tools."""
        rules = self.services.rules
        return unresolved(workflow, rules.resolver_types) + unserved(workflow, rules.mcp_servers)

    def fold(self, run_id: str, workflow_id: str) -> RunState | None:
        """The run by its pinned version, else by the present one of its workflow; None where neither is stored. Raises CorruptLog."""
        try:
            return fold_log(self.services, run_id)
        except CorruptLog as corrupt:
            if not isinstance(corrupt.__cause__, VersionMissing):
                raise
        present = self._present(workflow_id)
        if present is None:
            return None
        return fold_log(evolve(self.services, plans=_Instead(self.services.plans, present)), run_id)  # type: ignore[arg-type]  # all that a fold asks of plans is `get`

    def _present(self, workflow_id: str) -> Plan | None:
        found = self.version(workflow_id)
        if found is None:
            return None
        try:
            return self.services.plans.get(found.digest)
        except VersionMissing:
            return None


@define(eq=False)
class _Instead:
    """Plans, with one that stands in for those that are missing."""

    plans: Plans
    present: Plan

    def get(self, digest: str) -> Plan:
        try:
            return self.plans.get(digest)
        except VersionMissing:
            return self.present
