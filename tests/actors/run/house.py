"""The services of a daemon over a real memory in a folder of its own, without any actor."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

from attrs import define, field

from actors.lease import Lease
from actors.node.guardian.sweep import Strays
from actors.node.tools import Tools
from actors.plans import Plans
from actors.refusals import Refusal, RequestKey
from actors.run.admission import prepare
from actors.run.messages import Admit
from actors.run.state import RunState
from actors.services import Services
from actors.settings import RunRules
from actors.watch import Watchers
from actors.workflow.canonical import digest, encode
from actors.workflow.spec import Workflow
from storage import Acquire
from storage.limits import Limits
from storage.store import Store
from tests.actors.run.table import ANNA

__all__ = ["Names", "Now", "admit", "hold", "made", "services_at"]


@define
class Now:
    """A clock that is set by hand."""

    now: int = 1_700_000_000_000

    def now_ms(self) -> int:
        return self.now


@define
class Names:
    """Names in the order in which they are asked for."""

    _numbers: Iterator[int] = field(factory=lambda: count(1))

    def new(self, prefix: str) -> str:
        return f"{prefix}-{next(self._numbers)}"

    def nonce(self) -> str:
        return f"nonce-{next(self._numbers)}"


def _no_tools() -> Tools:
    raise AssertionError("no attempt is made here")


@contextmanager
def services_at(folder: Path) -> Iterator[Services]:
    """An open store, not yet served."""
    clock = Now()
    with Store.open(folder, clock=clock, inline=True, limits=Limits(wal=32_768)) as store:
        ended: list[RunState] = []
        yield Services(
            store=store, clock=clock, ids=Names(), plans=Plans(store.blobs), watchers=Watchers.new(), rules=RunRules(),
            lease=Lease("me", 30_000, lambda: 0.0), folder=folder, tools=_no_tools, strays=Strays("none"), report=ended.append,
        )  # fmt: skip


def admit(workflow: Workflow, request: str = "req-1", **more: Any) -> Admit:
    fields: dict[str, Any] = {"inputs": {}, "by": ANNA, "request": RequestKey(request, "ab"), **more}
    return Admit(workflow_id=workflow.workflow_id, version=1, digest=digest(workflow), **fields)


async def made(services: Services, workflow: Workflow, request: str = "req-1", **more: Any) -> str:
    """A run that was admitted and committed; its id."""

    await services.store.put_blob(encode(workflow))
    wanted = admit(workflow, request, **more)
    found = prepare(services, wanted, services.plans.get(wanted.digest))
    assert not isinstance(found, Refusal), found
    await services.store.commit(found[0])
    return found[2].run_id


def hold(epoch: int = 1, claimant: str = "me") -> Acquire:
    return Acquire(claimant, epoch, 30_000)
