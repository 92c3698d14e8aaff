"""Pinned workflow versions, ready for use: read by digest, compiled once, shared by all runs of the version."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Protocol

from actors.run.plan import Plan, compile_plan
from actors.workflow.canonical import decode

if TYPE_CHECKING:
    from actors.workflow.spec import Workflow

__all__ = ["Plans", "VersionMissing"]

KEPT = 256


class Contents(Protocol):
    """Where definitions lie by digest."""

    def get(self, sha256: str) -> bytes: ...


class VersionMissing(LookupError):
    """The pinned version of a run cannot be read: args (digest, why)."""

    def __str__(self) -> str:
        return f"the workflow version {self.args[0]} cannot be read: {self.args[1]}"


class Plans:
    """At most 256 plans are kept; the others are compiled again when asked for."""

    def __init__(self, contents: Contents) -> None:
        self._contents = contents
        self._plans: OrderedDict[str, Plan] = OrderedDict()

    def get(self, digest: str) -> Plan:
        """The plan of the version. Raises VersionMissing."""
        plan = self._plans.get(digest)
        if plan is None:
            try:
                plan = compile_plan(decode(self._contents.get(digest)), digest)
            except Exception as error:
                raise VersionMissing(digest, error) from error
            self._keep(digest, plan)
        else:
            self._plans.move_to_end(digest)
        return plan

    def know(self, digest: str, workflow: Workflow) -> None:
        """The version of that digest was read and checked a moment ago: its runs need not read and check it again."""
        if digest not in self._plans:
            self._keep(digest, compile_plan(workflow, digest))

    def _keep(self, digest: str, plan: Plan) -> None:
        self._plans[digest] = plan
        if len(self._plans) > KEPT:
            self._plans.popitem(last=False)
