from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import trio

from actors.control.client import CallRefused, Client, Disconnected, NoDaemon, Stream
from actors.refusals import Refusal
from tests.actors.control.fakes import FakeRuntime, served


async def in_thread(work: Callable[[], object]) -> object:
    with trio.fail_after(10):
        return await trio.to_thread.run_sync(work, abandon_on_cancel=True)


async def test_a_call_returns_the_result_or_raises_the_refusal() -> None:
    refusal = Refusal("run_not_found", "there is no run r", {"run_id": "r"})
    async with served(FakeRuntime(run_list={"runs": []}, run_get=refusal)) as here:

        def work() -> None:
            with Client(here.path) as client:
                assert client.call("run.list") == {"runs": []}
                with pytest.raises(CallRefused) as caught:
                    client.call("run.get", {"run_id": "r"})
                assert (caught.value.code, caught.value.number, caught.value.data["run_id"]) == ("run_not_found", -32000, "r")

        await in_thread(work)


async def test_a_stream_gives_events_in_order_and_ends_with_the_run() -> None:
    runtime = FakeRuntime(run_list={"runs": []})
    for number in range(300):
        runtime.append("r", "tick", ended=number == 299)
    async with served(runtime) as here:

        def work() -> None:
            with Client(here.path) as client:
                stream = Stream(client, "run.follow", {"run_id": "r"})
                assert client.call("run.list") == {"runs": []}
                assert [event["seq"] for event in stream] == list(range(1, 301))
                assert stream.poll(0.0) is None

        await in_thread(work)


async def test_a_poll_without_news_returns_after_its_time() -> None:
    runtime = FakeRuntime()
    runtime.logs["r"] = []
    async with served(runtime) as here:

        def work() -> object:
            with Client(here.path) as client:
                return Stream(client, "run.follow", {"run_id": "r"}).poll(0.05)

        assert await in_thread(work) is None


async def test_a_stream_that_the_daemon_closes_says_why() -> None:
    runtime = FakeRuntime()
    runtime.logs["r"] = []
    async with served(runtime) as here:

        def work() -> None:
            with Client(here.path) as client:
                stream = Stream(client, "run.follow", {"run_id": "r"})
                trio.from_thread.run_sync(here.system.stop)
                with pytest.raises(CallRefused) as caught:
                    stream.poll(5.0)
                assert caught.value.code == "shutting_down"

        await in_thread(work)


async def test_a_frame_that_is_too_large_is_reported_with_the_daemons_words() -> None:
    async with served() as here:

        def work() -> None:
            with Client(here.path) as client, pytest.raises((CallRefused, Disconnected)):
                client.call("workflow.check", {"text": "x" * (9 << 20)})

        await in_thread(work)


def test_nobody_there_is_told_from_not_allowed(tmp_path: Path) -> None:
    with pytest.raises(NoDaemon) as caught:
        Client(tmp_path / "control.sock")
    assert not caught.value.denied


def test_a_client_with_patience_waits_for_a_daemon_that_starts(short: Path) -> None:
    path = short / "s"

    def late() -> None:
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(str(path))
            server.listen(1)
            server.accept()[0].close()

    starter = threading.Timer(0.1, late)
    starter.start()
    Client(path, patience=5.0).close()
    starter.join()


@pytest.fixture
def short() -> Iterator[Path]:
    import tempfile

    with tempfile.TemporaryDirectory(prefix="pk-") as folder:
        yield Path(folder)


@pytest.mark.parametrize("answer", [b"", b"garbage\n", b"[]\n", b'{"jsonrpc":"2.0","id":1', b"x" * (9 << 20)])
def test_a_server_that_talks_nonsense_is_disconnected(short: Path, answer: bytes) -> None:
    def serve() -> None:
        connection, _ = server.accept()
        with connection:
            connection.recv(1000)
            try:
                connection.sendall(answer)
            except OSError:
                return

    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(short / "s"))
        server.listen(1)
        thread = threading.Thread(target=serve)
        thread.start()
        with Client(short / "s") as client, pytest.raises(Disconnected):
            client.call("system.ping")
        thread.join()


def test_a_server_that_never_answers_is_given_up(short: Path) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(short / "s"))
        server.listen(1)
        with Client(short / "s") as client, pytest.raises(Disconnected, match="may still take effect"):
            client.call("system.ping", timeout=0.05)


def test_a_server_that_breaks_off_in_anger_is_heard(short: Path) -> None:
    said = json.dumps({"jsonrpc": "2.0", "id": None, "error": {"code": -32000, "message": "full", "data": {"code": "overloaded"}}})

    def serve() -> None:
        connection, _ = server.accept()
        connection.sendall(said.encode() + b"\n")
        connection.close()

    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(short / "s"))
        server.listen(1)
        thread = threading.Thread(target=serve)
        thread.start()
        client = Client(short / "s")
        thread.join()
        with client, pytest.raises(CallRefused) as caught:
            client.call("system.ping")
    assert caught.value.code == "overloaded"
