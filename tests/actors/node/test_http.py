"""Attempts that make a request: what is sent, what an answer comes to, and who is not asked. Servers are on the loopback."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
import trio
from attrs import evolve

from actors.node.executor import perform
from actors.node.messages import Failure, Success
from actors.node.orders import HttpOrder, WorkOrder
from actors.node.tools import Tools
from actors.outside.trouble import Trouble
from tests.actors.outside.served import Server, answer, serving

Order = Callable[..., WorkOrder]


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    async with serving() as made:
        yield made


@pytest.fixture
def near(tools: Tools, server: Server) -> Tools:
    """The tools of a daemon that allows the server."""
    return allowing(tools, server.url.removeprefix("http://"))


def allowing(tools: Tools, *hosts: str) -> Tools:
    return evolve(tools, settings=evolve(tools.settings, http_hosts=hosts))


async def failed(order: WorkOrder, tools: Tools) -> Failure:
    found = await perform(order, tools)
    assert isinstance(found, Failure), found
    return found


async def test_a_request_is_sent_as_it_was_ordered(order: Order, near: Tools, server: Server) -> None:
    server.respond = lambda _: answer(201, {"id": 7})
    action = HttpOrder("POST", f"{server.url}/a%2Fb?c=d#e", {"X-Run": "run-1", "Idempotency-Key": "key-1"}, body={"b": [1, None], "a": "ü"})
    assert await perform(order(action, output="json"), near) == Success({"id": 7})
    [asked] = server.asked
    assert (asked.method, asked.path, asked.body) == ("POST", "/a%2Fb?c=d", '{"a":"ü","b":[1,null]}'.encode())
    told = {name: asked.headers[name] for name in ("x-run", "idempotency-key", "content-type", "host")}
    assert told == {"x-run": "run-1", "idempotency-key": "key-1", "content-type": "application/json", "host": server.url[7:]}


async def test_a_text_is_sent_as_it_is_and_says_what_it_is(order: Order, near: Tools, server: Server) -> None:
    await perform(order(HttpOrder("PUT", server.url, body="x=1")), near)
    await perform(order(HttpOrder("PUT", server.url, {"content-type": "text/csv"}, body="a,b")), near)
    assert [(asked.headers["content-type"], asked.body) for asked in server.asked] == [
        ("text/plain; charset=utf-8", b"x=1"), ("text/csv", b"a,b"),
    ]  # fmt: skip


async def test_the_forms_of_an_answer(order: Order, near: Tools, server: Server) -> None:
    server.respond = lambda _: b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\na\nb\n"
    ask = HttpOrder("GET", server.url)
    assert await perform(order(ask), near) == Success("a\nb")
    assert await perform(order(ask, output="lines"), near) == Success(["a", "b"])
    broken = await failed(order(ask, output="json"), near)
    assert (broken.code, broken.failure_class) == ("output_invalid_json", "artifact_contract_unmet")
    assert "the answer's body" in broken.message


@pytest.mark.parametrize(
    ("status", "expect", "kind", "unknown"),
    [
        (404, (), "contract_miss", False), (401, (), "provider_terminal", False), (403, (), "provider_terminal", False),
        (429, (), "provider_transient", False), (503, (), "provider_transient", True), (200, (404,), "contract_miss", False),
    ],
)  # fmt: skip
async def test_a_status_that_was_not_expected(
    order: Order, near: Tools, server: Server, *, status: int, expect: tuple[int, ...], kind: str, unknown: bool
) -> None:
    server.respond = lambda _: answer(status, {"why": "so"}, **{"retry-after": "30"})
    failure = await failed(order(HttpOrder("POST", server.url, expect=expect)), near)
    assert (failure.code, failure.failure_class, failure.unknown) == ("http_status", kind, unknown)
    assert (failure.detail["status"], json.loads(failure.detail["body"]), failure.detail["retry_after"]) == (status, {"why": "so"}, "30")
    assert f"status {status}" in failure.message
    assert not (await failed(order(HttpOrder("GET", server.url, expect=expect)), near)).unknown


async def test_what_is_expected_is_a_success(order: Order, near: Tools, server: Server) -> None:
    server.respond = lambda _: answer(404, "gone")
    assert isinstance(await perform(order(HttpOrder("GET", server.url, expect=(200, 404))), near), Success)


async def test_who_is_not_asked(order: Order, tools: Tools, server: Server) -> None:
    ask = order(HttpOrder("GET", server.url))
    private = await failed(ask, tools)
    assert (private.code, private.failure_class, server.url[7:] in private.message) == ("http_host_private", "configuration", True)
    denied = await failed(ask, allowing(tools, "example.org"))
    assert (denied.code, denied.failure_class) == ("http_host_denied", "configuration")
    assert server.asked == []


async def test_a_server_that_does_not_answer_is_given_up(order: Order, near: Tools, server: Server, autojump_clock: object) -> None:
    server.respond = lambda _: None
    failure = await failed(order(HttpOrder("POST", server.url), total_ms=200), near)
    assert (failure.code, failure.failure_class, failure.unknown) == ("node_absolute_timeout", "timeout", True)


async def test_half_an_answer_and_nobody(order: Order, near: Tools, server: Server, tools: Tools) -> None:
    server.respond = lambda _: b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"
    broken = await failed(order(HttpOrder("POST", server.url)), near)
    assert (broken.code, broken.failure_class, broken.unknown) == ("http_broken", "provider_transient", True)
    listener = (await trio.open_tcp_listeners(0, host="127.0.0.1"))[0]
    port = listener.socket.getsockname()[1]
    await listener.aclose()
    nobody = await failed(order(HttpOrder("POST", f"http://127.0.0.1:{port}")), allowing(tools, f"127.0.0.1:{port}"))
    assert (nobody.code, nobody.failure_class, nobody.unknown) == ("http_unreachable", "provider_transient", False)


async def test_an_answer_that_is_too_large(order: Order, near: Tools, server: Server) -> None:
    server.respond = lambda _: answer(200, "x" * (1 << 20))
    failure = await failed(order(HttpOrder("GET", server.url)), near)
    assert (failure.code, failure.failure_class) == ("http_output_too_large", "contract_miss")


class Vault:
    """Knows one secret."""

    async def resolve(self, handle: str, _: Any) -> str:
        if handle == "forge":
            return "s3cret"
        raise Trouble("secret_unreadable", f"nothing under {handle}")


async def test_a_secret_reaches_the_server_alone(order: Order, near: Tools, server: Server) -> None:
    knowing = evolve(near, vault=Vault())  # type: ignore[arg-type]  # a stand-in
    await perform(order(HttpOrder("GET", server.url, secrets={"Authorization": ("Bearer ", "forge")})), knowing)
    assert server.asked[0].headers["authorization"] == "Bearer s3cret"
    failure = await failed(order(HttpOrder("GET", server.url, secrets={"Authorization": ("", "other")})), knowing)
    assert (failure.code, failure.failure_class) == ("secret_unreadable", "configuration")
