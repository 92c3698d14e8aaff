"""A Prometheus of the same machine asks over HTTP; nobody else is answered, and nothing waits for it."""

from __future__ import annotations

import socket

import pytest
import trio
from prometheus_client.parser import text_string_to_metric_families

from actors.telemetry.scraping import MOST, answer_to
from tests.scenarios.flows import flow, step
from tests.scenarios.harness import House

GET = "GET /metrics HTTP/1.1\r\nHost: localhost:9464\r\n\r\n"


def taken() -> tuple[socket.socket, int]:
    """A port of the loopback that somebody has."""
    sock = socket.socket()
    sock.bind(("127.0.0.1", 0))
    return sock, sock.getsockname()[1]


async def connect(port: int) -> trio.SocketStream:
    with trio.fail_after(30):
        while True:
            try:
                return await trio.open_tcp_stream("127.0.0.1", port)
            except OSError:
                await trio.sleep(0.01)


async def ask(port: int, request: str = GET) -> str:
    async with await connect(port) as stream:
        await stream.send_all(request.encode())
        with trio.fail_after(30):
            return b"".join([chunk async for chunk in stream]).decode()


async def test_the_numbers_are_answered_over_http_on_the_loopback(real: House) -> None:
    sock, port = taken()
    sock.close()
    await real.stop()
    real.configure("telemetry", metrics_listen=f"127.0.0.1:{port}")
    await real.start()
    await real.run_until(await real.begin(flow(step("x"))))
    head, _, body = (await ask(port)).partition("\r\n\r\n")
    assert (head.split("\r\n")[0], f"Content-Length: {len(body)}" in head) == ("HTTP/1.1 200 OK", True)
    found = {(sample.name, *sample.labels.values()): sample.value for one in text_string_to_metric_families(body) for sample in one.samples}
    assert found["penstock_runs", "completed"] == 1
    assert (await ask(port, GET.replace("localhost", "evil.test"))).startswith("HTTP/1.1 403")
    idle = [await connect(port) for _ in range(MOST)]
    with trio.fail_after(4):  # as soon as all of them were let in
        while await ask(port) != "":
            await trio.lowlevel.checkpoint()
    for stream in idle:
        await stream.aclose()
    assert await ask(port, "x" * 10_000) == ""
    rows = {row["path"]: row["status"] for row in (await real.call("system.tree"))["rows"]}
    assert rows["scraping/apart/metrics"].startswith(f"http://127.0.0.1:{port}/metrics: ")
    assert rows["scraping/apart/metrics"].endswith(" times asked")


async def test_an_address_that_is_taken_is_tried_again_and_nothing_waits_for_it(house: House) -> None:
    sock, port = taken()
    with sock:
        sock.listen()
        house.configure("telemetry", metrics_listen=f"127.0.0.1:{port}")
        await house.start()
        assert (await house.run_until(await house.begin(flow(step("x")))))["status"] == "completed"
        rows = {row["path"]: row["status"] for row in (await house.call("system.tree"))["rows"]}
        assert "cannot listen" in rows["scraping/apart/metrics"]
    await trio.sleep(60)
    rows = {row["path"]: row["status"] for row in (await house.call("system.tree"))["rows"]}
    assert rows["scraping/apart/metrics"].endswith("0 times asked")


@pytest.mark.parametrize(
    ("first", "host", "status"),
    [
        ("GET /metrics HTTP/1.1", "127.0.0.1:9464", 200), ("GET /metrics?x=1 HTTP/1.0", "[::1]:9464", 200),
        ("GET /metrics HTTP/1.1", "localhost", 200), ("POST /metrics HTTP/1.1", "localhost", 405), ("GET / HTTP/1.1", "localhost", 404),
        ("", "localhost", 404), ("GET /metrics HTTP/1.1", "penstock.example:9464", 403), ("GET /metrics HTTP/1.1", "localhost.evil", 403),
    ],
    ids=["v4", "v6", "name", "post", "root", "nothing", "page", "near"],
)  # fmt: skip
def test_only_one_question_by_a_name_of_the_loopback_is_answered(first: str, host: str, status: int) -> None:
    assert answer_to(f"{first}\r\nAccept: */*\r\nhost: {host}\r\n\r\n".encode()).startswith(str(status))


def test_a_request_that_names_nobody_or_two_is_not_answered() -> None:
    assert {answer_to(b"GET /metrics HTTP/1.1\r\n\r\n"), answer_to(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nHost: x\r\n\r\n")} == {
        "403 Forbidden"
    }
