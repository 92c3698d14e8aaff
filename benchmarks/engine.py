"""The ordinary engine in this process: opened as the daemon opens it, runs started as the control socket starts them."""

# ruff: noqa: ASYNC110  # the repository lies one folder up; a benchmark may look now and then

from __future__ import annotations

import hashlib
import sys
import time
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import trio
from attrs import evolve

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from flows import FOLDER

from actors.assembly import Assembly
from actors.config.secrets import SecretSource
from actors.config.settings import Config, Scheduler, Storage
from actors.control.params import GateDecide, RunStart, WorkflowText
from actors.garbage import look_rarely
from actors.paths import resolve
from actors.refusals import Principal, Refusal, RequestKey

__all__ = ["Engine", "opened", "settings"]

ME = Principal(0)
ENDED = ("completed", "failed", "cancelled", "blocked")


def settings(concurrency: int, commit: str) -> Config:
    """The defaults, but for the number of runs at once and where COMMIT runs."""
    return Config(scheduler=Scheduler(max_concurrent_runs=concurrency), storage=Storage(commit=commit))


def key(name: str) -> RequestKey:
    return RequestKey(name, hashlib.sha256(name.encode()).hexdigest())


class Engine:
    """A served assembly, and when each run reached each status."""

    def __init__(self, assembly: Assembly) -> None:
        self.assembly = assembly
        self.runtime = assembly.runtime
        self.began: dict[str, float] = {}
        self.ended: dict[str, float] = {}
        self.parked: dict[str, float] = {}
        self.unwell: list[str] = []
        self._seen = assembly.services.watchers.newest
        self._moved = trio.Event()

    @property
    def commits(self) -> int:
        """Database transactions so far."""
        return int(self.assembly.store.info()["commits"])

    async def follow(self) -> None:
        """Read status changes as a subscription does."""
        watchers = self.assembly.services.watchers
        wake = trio.Event()

        def hear() -> None:
            if watchers.newest != self._seen:
                wake.set()

        watchers.watch(None, hear)
        while True:
            await wake.wait()
            wake = trio.Event()
            now = time.perf_counter()
            for change in watchers.changes(self._seen, 100_000):
                self._seen = change.number
                if change.status == "running":
                    self.began.setdefault(change.run_id, now)
                elif change.status == "awaiting_approval":
                    self.parked[change.run_id] = now
                elif change.status in ENDED:
                    self.ended[change.run_id] = now
                    if change.status != "completed":
                        self.unwell.append(f"{change.run_id} {change.status}")
            self._moved.set()
            self._moved = trio.Event()

    async def until(self, reached: dict[str, float], count: int) -> None:
        """Wait until so many runs have reached what the dict records."""
        while len(reached) < count:
            await self._moved.wait()
        if self.unwell:
            raise RuntimeError(f"{len(self.unwell)} runs went wrong, the first: {self.unwell[0]}")

    async def store(self, text: str) -> str:
        """Put a definition into the library; its id."""
        answer = await self.runtime.workflow_put(WorkflowText(text, "json", folder=FOLDER), ME, key(f"put-{len(text)}"))
        return str(_sound(answer)["workflow_id"])

    async def start(self, workflow: str, number: int) -> str:
        """Start one run; the same number is the same request."""
        asked = RunStart(workflow_id=workflow, inputs={"run": number})
        return str(_sound(await self.runtime.run_start(asked, ME, key(f"{workflow}-{number}")))["run_id"])

    async def start_all(self, workflow: str, numbers: Iterable[int], clients: int) -> None:
        """Start many, by so many clients of which each waits for its reply."""
        todo = iter(numbers)

        async def client() -> None:
            for number in todo:
                await self.start(workflow, number)

        async with trio.open_nursery() as nursery:
            for _ in range(clients):
                nursery.start_soon(client)

    async def approve(self, run_id: str) -> None:
        """Answer the run's gate."""
        _sound(await self.runtime.gate_decide(GateDecide(run_id, "approve"), ME, key(f"approve-{run_id}")))

    async def at_rest(self) -> None:
        """Wait until no run is open as an actor."""
        while self.assembly.system.dynamic("runs").children():
            await trio.sleep(0.005)


def _sound(answer: Any) -> dict[str, Any]:
    if isinstance(answer, Refusal):
        raise TypeError(f"refused: {answer.code}: {answer.message}")
    return dict(answer)


@asynccontextmanager
async def opened(
    folder: str, concurrency: int, commit: str, *, listen: bool = False, secrets: tuple[SecretSource, ...] = ()
) -> AsyncIterator[Engine]:  # fmt: skip
    """A data folder, served until the block ends."""
    places = resolve({}, data=folder, config=Path(folder, "none.toml"))
    with Assembly.open(places, evolve(settings(concurrency, commit), secrets=secrets), lambda _: None, listen=listen) as assembly:
        await assembly.sweep()
        async with trio.open_nursery() as nursery:
            await nursery.start(assembly.system.run)
            look_rarely()
            engine = Engine(assembly)
            async with trio.open_nursery() as following:
                following.start_soon(engine.follow)
                yield engine
                following.cancel_scope.cancel()
            assembly.system.stop()
