from __future__ import annotations

import json
from typing import Any, NoReturn

import pytest
import trio

from actors.control.limits import Limits
from actors.refusals import Refusal
from supervision import Failed
from tests.actors.control.fakes import FakeRuntime, Wire, request, served

START = {"workflow_id": "w", "request_id": "r1"}


async def test_a_ping_is_answered_and_the_first_reply_names_version_and_protocol() -> None:
    async with served() as here:
        wire = await here.wire()
        first, second = await wire.ask("system.ping"), await wire.ask("system.ping")
    assert first["result"]["pong"] is True
    assert first["penstock"] == {"protocol": 1, "version": "1.2.3"}
    assert "penstock" not in second


async def test_two_lines_in_one_write_are_answered_in_order() -> None:
    async with served() as here:
        wire = await here.wire()
        await wire.send(request("system.ping", number=7) + request("system.ping", number=8))
        assert [(await wire.line())["id"], (await wire.line())["id"]] == [7, 8]


async def test_one_byte_per_write_is_a_line_all_the_same() -> None:
    async with served() as here:
        wire = await here.wire()
        for byte in request("system.ping", number=3):
            await wire.send(bytes([byte]))
        assert (await wire.line())["id"] == 3


@pytest.mark.parametrize(
    ("line", "number"),
    [
        (b"garbage", -32700),
        (b"", -32700),
        (b"{", -32700),
        (b"\xff\xfe", -32700),
        (b'\xef\xbb\xbf{"jsonrpc":"2.0"}', -32700),
        ('{"jsonrpc":"2.0","id":1,"method":"system.ping"}'.encode("utf-16"), -32700),
        (b'{"jsonrpc":"2.0","id":1,"id":2,"method":"system.ping"}', -32700),
        (b'{"jsonrpc":"2.0","id":1,"method":"system.ping","params":{"a":NaN}}', -32700),
        (b'{"jsonrpc":"2.0","id":1,"method":"system.ping","params":{"a":1e999}}', -32700),
        (b'{"jsonrpc":"2.0","id":1,"method":"system.ping","params":{"a":' + b"9" * 5000 + b"}}", -32700),
        (b'{"jsonrpc":"2.0","id":1,"method":"system.ping","params":{"a":"\\ud800"}}', -32700),
        (b'{"jsonrpc":"2.0","id":1,"method":"system.ping","params":{"a":"\\u0000"}}', -32700),
        (b"[" * 100_000, -32700),
        (b'{"jsonrpc":"2.0","id":1,"method":"system.ping","params":' + b'{"a":' * 65 + b"1" + b"}" * 65 + b"}", -32700),
        (b"{" + b",".join(b'"%d":0' % n for n in range(100_000)) + b"}", -32700),
        (b'{"jsonrpc":"2.0","id":1,"method":"' + b"x" * (513 << 10) + b'"}', -32700),
        (b"[" + b"[]," * 70 + b'"' + b'\\"' * 500_000, -32700),
        (b"[" + b"[]," * 70 + b'"' + b"\\" * 999_999, -32700),
        (b"[]", -32600),
        (b"null", -32600),
        (b'"text"', -32600),
        (b'{"jsonrpc":"1.0","id":1,"method":"system.ping"}', -32600),
        (b'{"jsonrpc":"2.0","method":"system.ping"}', -32600),
        (b'{"jsonrpc":"2.0","id":null,"method":"system.ping"}', -32600),
        (b'{"jsonrpc":"2.0","id":true,"method":"system.ping"}', -32600),
        (b'{"jsonrpc":"2.0","id":1.5,"method":"system.ping"}', -32600),
        (b'{"jsonrpc":"2.0","id":"","method":"system.ping"}', -32600),
        (b'{"jsonrpc":"2.0","id":1,"method":1}', -32600),
        (b'{"jsonrpc":"2.0","id":1,"method":"system.ping","params":[]}', -32600),
        (b'{"jsonrpc":"2.0","id":1,"method":"system.ping","extra":1}', -32600),
        (b'{"jsonrpc":"2.0","id":1,"method":"no.such"}', -32601),
        (b'{"jsonrpc":"2.0","id":1,"method":"run.get"}', -32602),
    ],
    ids=lambda value: repr(value[:60]) if isinstance(value, bytes) else None,
)
async def test_a_bad_line_is_refused_and_the_connection_stays(line: bytes, number: int) -> None:
    async with served() as here:
        wire = await here.wire()
        await wire.send(line + b"\n")
        answer = await wire.line()
        assert answer["error"]["code"] == number
        assert answer["error"]["data"]["code"] in {"bad_request", "method_unknown", "params_invalid"}
        assert (await wire.ask("system.ping"))["result"]["pong"] is True


async def test_the_id_of_a_bad_request_comes_back_when_it_could_be_read() -> None:
    async with served() as here:
        wire = await here.wire()
        await wire.send(b'{"jsonrpc":"2.0","id":"mine","method":"system.ping","params":[]}\n')
        assert (await wire.line())["id"] == "mine"


@pytest.mark.parametrize("size", [1 << 20, (1 << 20) + 1, 10 << 20])
async def test_a_frame_may_have_one_mebibyte_and_no_more(size: int) -> None:
    start, end = b'{"jsonrpc":"2.0","id":1,"method":"system.ping","pad":[', b"]}"
    texts = b",".join([b'"' + b"x" * 1021 + b'"'] * 2000)[: size - len(start) - len(end)]
    frame = start + texts.ljust(size - len(start) - len(end)) + end
    async with served() as here:
        wire = await here.wire()
        try:
            await wire.send(frame + b"\n")
        except trio.BrokenResourceError:
            assert size > 1 << 20  # it was cut off before it could send all of it
            return
        answer = await wire.line()
        if size > 1 << 20:
            assert "at most 1048576 bytes" in answer["error"]["message"]
            assert await wire.closed()
        else:
            assert answer["error"]["code"] in {-32600, -32700}
            assert (await wire.ask("system.ping"))["result"]["pong"] is True


async def test_a_line_that_does_not_end_is_refused_after_five_seconds(autojump_clock: trio.testing.MockClock) -> None:
    async with served() as here:
        wire = await here.wire()
        began = trio.current_time()
        await wire.send(b'{"jsonrpc"')
        assert (await wire.line())["error"]["data"]["code"] == "bad_request"
        assert await wire.closed()
        assert trio.current_time() - began == pytest.approx(5.0, abs=0.1)


async def dribble(wire: Wire) -> NoReturn:
    while True:
        await wire.send(b" ")
        await trio.sleep(1.0)


async def test_bytes_that_dribble_in_do_not_win_time(autojump_clock: trio.testing.MockClock) -> None:
    async with served() as here:
        wire = await here.wire()
        began = trio.current_time()
        with pytest.raises(trio.BrokenResourceError):
            await dribble(wire)
        assert trio.current_time() - began <= 7.0


async def test_a_silent_connection_ends_after_a_minute_and_one_that_is_owed_an_answer_does_not(
    autojump_clock: trio.testing.MockClock,
) -> None:
    async def slow(*_: Any) -> dict[str, Any]:
        await trio.sleep(300)
        return {"ok": True}

    async with served(FakeRuntime(store_verify=slow)) as here:
        silent, busy = await here.wire(), await here.wire()
        await busy.send(request("store.verify"))
        assert (await silent.line())["error"]["data"]["code"] == "idle"
        assert trio.current_time() == pytest.approx(60.0, abs=1.0)
        assert (await busy.line())["result"] == {"ok": True}


async def test_a_client_that_closes_its_side_still_gets_its_answers() -> None:
    async with served() as here:
        wire = await here.wire()
        await wire.send(request("system.ping", number=1) + request("system.ping", number=2))
        await wire.stream.send_eof()
        assert [(await wire.line())["id"], (await wire.line())["id"]] == [1, 2]
        assert await wire.closed()


async def test_a_client_that_goes_leaves_nothing_behind() -> None:
    async with served() as here:
        keeper = await here.wire()
        await keeper.ask("system.ping")
        for payload in (b"", b"{", request("system.ping"), request("run.follow", {"run_id": "r"})):
            here.runtime.logs.setdefault("r", [])
            wire = await here.wire()
            await wire.send(payload)
            await trio.aclose_forcefully(wire.stream)
        await here.left_with(1)
        assert here.runtime.watching == []


async def test_an_error_of_the_runtime_is_answered_and_ends_this_session_alone() -> None:
    async with served(FakeRuntime(run_get=ZeroDivisionError("oops"))) as here:
        other, wire = await here.wire(), await here.wire()
        await other.ask("system.ping")
        answer = await wire.ask("run.get", {"run_id": "r"})
        assert answer["error"]["code"] == -32603
        assert answer["error"]["data"]["code"] == "internal"
        assert "oops" not in json.dumps(answer)
        assert await wire.closed()
        assert (await other.ask("system.ping"))["result"]["pong"] is True
        assert any(isinstance(event.exit, Failed) for event in here.events)


async def test_an_orderly_stop_says_goodbye_and_removes_the_socket() -> None:
    async with served() as here:
        wire = await here.wire()
        await wire.ask("system.ping")
        here.system.stop()
        farewell = await wire.line()
        assert farewell["method"] == "session.closed"
        assert farewell["params"]["closed"]["code"] == "shutting_down"
        assert await wire.closed()
    assert not here.path.exists()


async def test_a_reply_under_way_is_finished_when_the_daemon_stops() -> None:
    async with served() as here:

        async def stopping(*_: Any) -> dict[str, Any]:
            here.system.stop()
            await trio.sleep(0.05)
            return {"stopping": True}

        here.runtime.answers["system_shutdown"] = stopping
        wire = await here.wire()
        assert (await wire.ask("system.shutdown"))["result"] == {"stopping": True}


async def test_a_refusal_of_the_runtime_carries_its_code_and_data() -> None:
    refusal = Refusal("run_not_found", "there is no run r", {"run_id": "r"})
    async with served(FakeRuntime(run_get=refusal)) as here:
        answer = await (await here.wire()).ask("run.get", {"run_id": "r"})
    assert answer["error"] == {"code": -32000, "message": "there is no run r", "data": {"code": "run_not_found", "run_id": "r"}}


async def test_a_reply_beyond_four_mebibytes_is_refused_instead_of_sent() -> None:
    async with served(FakeRuntime(run_report={"markdown": "x" * 5_000_000}), limits=Limits()) as here:
        answer = await (await here.wire()).ask("run.report", {"run_id": "r"})
    assert answer["error"]["data"]["code"] == "reply_too_large"


async def test_a_large_reply_passes_although_it_exceeds_what_may_wait() -> None:
    async with served(FakeRuntime(run_report={"markdown": "x" * 2_000_000})) as here:
        answer = await (await here.wire()).ask("run.report", {"run_id": "r"})
    assert len(answer["result"]["markdown"]) == 2_000_000
