"""A runtime in memory, and a real socket served by the real tree in front of it."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import orjson
import trio
from attrs import define, field

from actors.control.limits import Limits
from actors.control.peers import Rights
from actors.control.port import Page
from actors.control.server import ControlSettings, control_branch
from actors.refusals import Principal, Refusal
from supervision import ChildSpec, System
from supervision.testing import run_tree


class FakeRuntime:
    """Answers each method with what the test put into `answers`: a value, a Refusal, an exception, or a function of the arguments."""

    def __init__(self, **answers: Any) -> None:
        self.answers: dict[str, Any] = answers
        self.calls: list[tuple[str, Any, Principal, Any]] = []
        self.refusals: list[tuple[Principal, str, str | None, Refusal]] = []
        self.logs: dict[str, list[dict[str, Any]]] = {}
        self.ended: set[str] = set()
        self.changes: list[dict[str, Any]] = []
        self.watching: list[tuple[str | None, Callable[[], None]]] = []

    def __getattr__(self, name: str) -> Any:
        if "_" not in name or name.startswith("_"):
            raise AttributeError(name)

        async def method(params: Any, by: Principal, request: Any = None) -> Any:
            self.calls.append((name, params, by, request))
            answer = self.answers.get(name, {})
            if callable(answer):
                answer = await answer(params, by, request)
            if isinstance(answer, Exception):
                raise answer
            return answer

        return method

    def called(self, name: str) -> list[Any]:
        """The params of each call of a method."""
        return [params for method, params, _, _ in self.calls if method == name]

    def append(self, run_id: str, event: str, *, ended: bool = False, **fields: Any) -> None:
        """Write an event into a run's log and tell who watches."""
        log = self.logs.setdefault(run_id, [])
        log.append({"seq": len(log) + 1, "event": event, "at_ms": 1000 + len(log), **fields})
        if ended:
            self.ended.add(run_id)
        self.changes.append({"run_id": run_id, "status": fields.get("status", "running"), "seq": len(log), "event": event})
        self.hint(run_id)

    def hint(self, run_id: str) -> None:
        for watched, wake in list(self.watching):
            if watched in (None, run_id):
                wake()

    async def history_page(self, run_id: str, after: int, limit: int) -> Page | Refusal:
        return await self.run_page(run_id, after, limit)

    async def run_page(self, run_id: str, after: int, limit: int) -> Page | Refusal:
        if run_id not in self.logs:
            return Refusal("run_not_found", f"there is no run {run_id}")
        events = self.logs[run_id][after : after + limit]
        position = events[-1]["seq"] if events else after
        endings = tuple(event["seq"] for event in events if event.get("event") == "run_completed")
        return Page(events, position, run_id in self.ended and position == len(self.logs[run_id]), endings)

    async def run_totals(self, run_id: str, upto: int) -> dict[str, Any]:
        return {"total_turns": upto}

    async def system_page(self, after: int | None, limit: int) -> Page:
        if after is None:
            return Page((), len(self.changes))
        events = self.changes[after : after + limit]
        return Page(events, after + len(events))

    def watch(self, run_id: str | None, wake: Callable[[], None]) -> Callable[[], None]:
        entry = (run_id, wake)
        self.watching.append(entry)
        return lambda: self.watching.remove(entry)

    async def audit_refusal(self, by: Principal, method: str, request_id: str | None, refusal: Refusal) -> None:
        self.refusals.append((by, method, request_id, refusal))


@define
class Wire:
    """A raw connection: what is sent is what the test says, byte for byte."""

    stream: trio.SocketStream
    buffer: bytearray = field(factory=bytearray)
    number: int = 0

    async def send(self, data: bytes) -> None:
        await self.stream.send_all(data)

    async def ask(self, method: str, params: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Send a request; the first line that comes back."""
        self.number += 1
        await self.send(request(method, params, self.number))
        return await self.line()

    async def line(self) -> dict[str, Any]:
        """The next line, decoded. Raises EOFError when the server has closed."""
        while (end := self.buffer.find(b"\n")) < 0:
            chunk = await self.stream.receive_some(65536)
            if not chunk:
                raise EOFError
            self.buffer += chunk
        line = bytes(self.buffer[:end])
        del self.buffer[: end + 1]
        value: dict[str, Any] = orjson.loads(line)
        return value

    async def rest(self) -> list[dict[str, Any]]:
        """All lines until the server closes."""
        lines = []
        with suppress(EOFError):
            while True:
                lines.append(await self.line())
        return lines

    async def closed(self) -> bool:
        """Whether the server has nothing more to say."""
        try:
            await self.line()
        except (EOFError, trio.BrokenResourceError):
            return True
        return False


def request(method: str, params: Mapping[str, Any] | None = None, number: int = 1) -> bytes:
    return orjson.dumps({"jsonrpc": "2.0", "id": number, "method": method, "params": params or {}}) + b"\n"


@define
class Served:
    """A daemon's control branch with a fake runtime behind it."""

    path: Path
    runtime: FakeRuntime
    system: System
    events: list[Any]
    wires: list[Wire] = field(factory=list)

    async def wire(self) -> Wire:
        wire = Wire(await trio.open_unix_socket(self.path))
        self.wires.append(wire)
        return wire

    async def left_with(self, sessions: int) -> None:
        """Wait until no more than so many sessions are alive."""
        with trio.fail_after(20):
            while len(self.sessions()) > sessions:  # noqa: ASYNC110  sessions end in the kernel's own tasks, which know no test
                await trio.sleep(0.05)

    def sessions(self) -> tuple[str, ...]:
        return self.system.dynamic("control/sessions").children()


@asynccontextmanager
async def served(
    runtime: FakeRuntime | None = None,
    *,
    limits: Limits | None = None,
    rights: Rights | None = None,
    is_step_process: Callable[[int], bool] = lambda pid: False,
) -> AsyncGenerator[Served, None]:
    """Serve `runtime` on a socket in a folder of its own."""
    folder = Path(tempfile.mkdtemp(prefix="pk-"))
    path = folder / "run" / "control.sock"
    events: list[Any] = []
    settings = ControlSettings(path, "1.2.3", is_step_process, rights or Rights(), limits or Limits())
    mine = runtime or FakeRuntime()
    try:
        async with run_tree([ChildSpec("control", lambda: control_branch(settings, mine))], observe=events.append) as system:
            here = Served(path, mine, system, events)
            try:
                yield here
            finally:
                for wire in here.wires:
                    await trio.aclose_forcefully(wire.stream)
    finally:
        shutil.rmtree(folder)
