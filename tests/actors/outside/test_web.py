"""Requests to addresses that the settings name, against a real server on the loopback."""

from __future__ import annotations

import gzip
import socket

import pytest
import trio

from actors.outside.trouble import Trouble
from actors.outside.web import LARGEST, Request, fetch
from tests.actors.outside.served import Server, answer


async def trouble(url: str, method: str = "GET", timeout_s: float = 5.0) -> Trouble:
    with pytest.raises(Trouble) as caught:
        await fetch(Request(method, url, timeout_s, {"Authorization": "Bearer s3cret"}))
    assert "s3cret" not in str(caught.value)
    return caught.value


async def test_status_headers_and_body_come_as_they_are(web: Server) -> None:
    web.respond = lambda _: answer(403, {"a": 1}, X_RateLimit_Remaining="0", ETag='"e1"')
    reply = await fetch(Request("POST", f"{web.url}/x?y=1", 5.0, {"Penstock-Event": "test"}, b"body"))
    assert (reply.status, reply.body, reply.headers["x-ratelimit-remaining"], reply.headers["etag"]) == (403, b'{"a":1}', "0", '"e1"')
    [asked] = web.asked
    assert (asked.method, asked.path, asked.body, asked.headers["penstock-event"]) == ("POST", "/x?y=1", b"body", "test")


async def test_a_redirect_on_the_same_host_is_followed_with_what_was_sent(web: Server) -> None:
    web.respond = lambda asked: answer(301, Location="/new") if asked.path == "/old" else answer(200, {"ok": True})
    reply = await fetch(Request("GET", f"{web.url}/old", 5.0, {"Authorization": "Bearer x"}))
    assert (reply.status, [asked.headers.get("authorization") for asked in web.asked]) == (200, ["Bearer x", "Bearer x"])


@pytest.mark.parametrize("location", ["http://localhost:1/", "https://127.0.0.1/", "//other.example/"])
async def test_a_redirect_to_another_host_is_not_followed(web: Server, location: str) -> None:
    web.respond = lambda _: answer(302, Location=location)
    assert (await trouble(web.url)).code == "http_redirected"


async def test_what_is_posted_is_not_posted_elsewhere(web: Server) -> None:
    web.respond = lambda _: answer(307, Location="/new")
    assert (await trouble(web.url, "POST")).code == "http_redirected"


async def test_redirects_without_end_end(web: Server) -> None:
    web.respond = lambda _: answer(302, Location="/again")
    assert (await trouble(web.url)).code == "http_redirected"
    assert len(web.asked) == 4


async def test_half_an_answer_is_none(web: Server) -> None:
    web.respond = lambda _: b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n[1, 2"
    assert (await trouble(web.url)).code == "http_broken"


async def test_what_is_no_http_is_none(web: Server) -> None:
    web.respond = lambda _: b"hello\r\n\r\n"
    assert (await trouble(web.url)).code == "http_broken"


async def test_no_more_is_taken_than_is_allowed(web: Server) -> None:
    web.respond = lambda _: answer(200, b"x" * (LARGEST * 3))
    assert (await trouble(web.url)).code == "http_too_large"
    web.respond = lambda _: answer(200, b"x" * LARGEST)
    assert len((await fetch(Request("GET", web.url, 5.0))).body) == LARGEST


async def test_what_is_packed_is_not_unpacked(web: Server) -> None:
    web.respond = lambda _: answer(200, gzip.compress(b"x" * (LARGEST + 1)), Content_Encoding="gzip")
    assert (await trouble(web.url)).code == "http_broken"
    assert web.asked[0].headers["accept-encoding"] == "identity"


async def test_a_silent_server_is_given_up(web: Server) -> None:
    web.respond = lambda _: None
    assert (await trouble(web.url, timeout_s=0.2)).code == "http_timeout"


async def test_nobody_listens() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        assert (await trouble(f"http://127.0.0.1:{taken.getsockname()[1]}/")).code == "http_unreachable"


async def test_proxies_of_the_environment_are_not_used(web: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    assert (await fetch(Request("GET", web.url, 5.0))).status == 200


def test_what_is_shown_of_a_request_holds_no_secret() -> None:
    request = Request("GET", "https://forge.example/", 1.0, {"Authorization": "Bearer s3cret"}, b"s3cret")
    assert "s3cret" not in repr(request)


async def test_a_server_that_shakes_no_hands_is_given_up_and_left() -> None:
    listeners = await trio.open_tcp_listeners(0, host="127.0.0.1")
    port = listeners[0].socket.getsockname()[1]
    left = trio.Event()

    async def silent(stream: trio.SocketStream) -> None:
        while await stream.receive_some(1024):
            pass
        left.set()

    async with trio.open_nursery() as nursery:
        nursery.start_soon(trio.serve_listeners, silent, listeners)
        assert (await trouble(f"https://127.0.0.1:{port}/", timeout_s=0.3)).code == "http_timeout"
        with trio.fail_after(5):
            await left.wait()
        nursery.cancel_scope.cancel()
