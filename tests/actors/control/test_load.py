from __future__ import annotations

import contextlib
import errno
from typing import Any
from unittest.mock import Mock

import pytest
import trio
from trio._socket import _SocketType

from actors.control.limits import Limits
from actors.control.methods import METHODS
from actors.control.peers import Doorkeeper
from supervision.testing import crash, settled
from tests.actors.control.fakes import FakeRuntime, Wire, request, served

FEW = Limits(connections=4, connections_per_uid=3, reserved_connections=2, reserved_per_uid=2, slots=2, reserved_slots=2)


def test_each_uid_has_its_own_bound_and_all_together_have_one() -> None:
    keeper = Doorkeeper(FEW)
    alive: list[str] = []
    entries = []
    for number, uid in enumerate([1, 1, 1, 1, 1, 1, 2, 2, 3]):
        entry = keeper.admit(f"s{number}", uid, alive.copy)
        entries.append(entry)
        alive += [f"s{number}"] if entry else []
    assert entries == ["ordinary"] * 3 + ["reserved"] * 2 + [None, "ordinary", None, None]


def test_a_place_is_free_again_when_its_session_has_ended() -> None:
    keeper = Doorkeeper(FEW)
    alive = {f"s{number}" for number in range(3) if keeper.admit(f"s{number}", 1, tuple)}
    assert keeper.admit("s3", 1, lambda: alive) == "reserved"
    assert keeper.admit("s4", 1, lambda: {"s0", "s3"}) == "ordinary"


async def test_beyond_the_ordinary_connections_only_the_methods_that_must_work_are_served() -> None:
    async with served(FakeRuntime(run_cancel={"ok": 1}, gate_decide={"ok": 2}), limits=FEW) as here:
        ordinary = [await here.wire() for _ in range(3)]
        for wire in ordinary:
            await wire.ask("system.ping")
        late = await here.wire()
        assert (await late.ask("run.events", {"run_id": "r"}))["error"]["data"]["code"] == "overloaded"
        assert (await late.ask("run.cancel", {"run_id": "r", "request_id": "a"}))["result"] == {"ok": 1}
        assert (await late.ask("gate.decide", {"run_id": "r", "decision": "approve", "request_id": "b"}))["result"] == {"ok": 2}
        assert "reserved uid" in "".join(row.status for row in here.system.tree())


async def test_when_every_connection_is_taken_the_next_is_told_at_once() -> None:
    async with served(limits=FEW) as here:
        held = [await here.wire() for _ in range(5)]
        for wire in held:
            await wire.ask("system.ping")
        for _ in range(20):
            wire = await here.wire()
            assert (await wire.line())["error"]["data"]["code"] == "overloaded"
            assert await wire.closed()
        await trio.aclose_forcefully(held[0].stream)
        await settled()
        again = await here.wire()
        assert (await again.ask("run.events", {"run_id": "r"}))["result"] == {}


async def test_a_reserved_connection_is_given_back_after_five_silent_seconds(autojump_clock: trio.testing.MockClock) -> None:
    async with served(limits=FEW) as here:
        for wire in [await here.wire() for _ in range(4)]:
            await wire.ask("system.ping")
        last = here.wires[-1]
        assert (await last.line())["error"]["data"]["code"] == "idle"
        assert trio.current_time() == pytest.approx(5.0, abs=0.5)


async def test_while_ordinary_requests_fill_their_slots_the_reserved_ones_are_answered() -> None:
    release = trio.Event()

    async def stuck(*_: Any) -> dict[str, Any]:
        await release.wait()
        return {"late": True}

    async with served(FakeRuntime(run_why=stuck, run_get={"run": {}}), limits=FEW) as here:
        slow = [await here.wire() for _ in range(2)]
        for wire in slow:
            await wire.send(request("run.why", {"run_id": "r"}))
        await settled()
        quick = await here.wire()
        refused = await quick.ask("run.logs", {"run_id": "r"})
        assert refused["error"]["data"] == {"code": "overloaded", "retry_after_ms": 1000}
        for name in ("system.ping", "system.info", "gate.list", "run.list"):
            assert "result" in await quick.ask(name)
        assert (await quick.ask("run.get", {"run_id": "r"}))["result"] == {"run": {}}
        release.set()
        assert [(await wire.line())["result"] for wire in slow] == [{"late": True}] * 2


def test_status_cancel_approve_and_shutdown_are_reserved() -> None:
    reserved = {name for name, method in METHODS.items() if method.reserved}
    assert reserved >= {"system.ping", "system.info", "system.shutdown", "run.get", "run.cancel", "gate.get", "gate.list", "gate.decide"}


async def test_a_thousand_sockets_idle_and_dribbling_do_not_keep_a_client_out(autojump_clock: trio.testing.MockClock) -> None:
    limits = Limits(connections_per_uid=100, reserved_per_uid=10)
    async with served(FakeRuntime(run_get={"run": {}}), limits=limits) as here:
        crowd: list[Wire] = []
        for number in range(300):
            wire = await here.wire()
            crowd.append(wire)
            if number % 2:
                await _quietly(wire.send(b"{"))
        await trio.sleep(7)
        client = await here.wire()
        assert "result" in await client.ask("run.get", {"run_id": "r"})
        await trio.sleep(70)
        assert len(here.sessions()) == 0
        assert "result" in await (await here.wire()).ask("run.events", {"run_id": "r"})


async def _quietly(sending: Any) -> None:
    with contextlib.suppress(trio.BrokenResourceError):
        await sending


async def test_without_file_descriptors_the_listener_waits_and_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    accept = _SocketType.accept
    errors = [OSError(errno.EMFILE, "too many"), OSError(errno.ENFILE, "too many")]

    async def scarce(self: _SocketType) -> Any:
        if errors:
            raise errors.pop()
        return await accept(self)

    monkeypatch.setattr(_SocketType, "accept", scarce)
    async with served() as here:
        assert (await (await here.wire()).ask("system.ping"))["result"]["pong"] is True
        assert errors == []
        assert not [event for event in here.events if event.happening == "restarting"]


async def test_a_listener_that_breaks_is_restarted_and_sessions_live_on(monkeypatch: pytest.MonkeyPatch) -> None:
    async with served() as here:
        wire = await here.wire()
        await wire.ask("system.ping")
        crash(here.system, "control/listener")
        here.system.ref("control/listener").tell_nowait("anything")
        await settled()
        assert (await wire.ask("system.ping"))["result"]["pong"] is True
        assert (await (await here.wire()).ask("system.ping"))["result"]["pong"] is True


async def test_a_peer_that_is_gone_before_it_is_looked_at_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("actors.control.server.read_peer", Mock(side_effect=OSError(errno.ENOTCONN, "gone")))
    async with served() as here:
        assert await (await here.wire()).closed()
        assert here.sessions() == ()
