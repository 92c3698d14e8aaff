"""Getting pages: which hosts and addresses may be reached, and what of an answer the model hears. Servers are on the loopback."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator
from typing import Any

import pytest
import trio

from actors.agent.provider.messages import ToolCall
from actors.agent.tools import http
from actors.agent.tools.hands import Hands
from actors.agent.tools.http import SHOWN, SPECS, Http
from actors.agent.tools.source import Said
from actors.outside import reaching
from actors.outside.addresses import is_public
from actors.workflow.hosts import host_entry, reach
from tests.actors.outside.served import Server, answer, serving


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.216.34", True), ("2606:2800:220:1:248:1893:25c8:1946", True), ("64:ff9b::5db8:d822", True), ("2002:5db8:d822::1", True),
        ("127.0.0.1", False), ("127.1.2.3", False), ("0.0.0.0", False), ("10.1.2.3", False), ("172.16.0.1", False), ("192.168.1.1", False),
        ("169.254.169.254", False), ("100.64.0.1", False), ("192.0.0.8", False), ("198.18.0.1", False), ("224.0.0.1", False),
        ("240.0.0.1", False), ("255.255.255.255", False), ("::1", False), ("::", False), ("fe80::1", False), ("fe80::1%eth0", False),
        ("fc00::1", False), ("fd00:ec2::254", False), ("fec0::1", False), ("ff02::1", False), ("2001:db8::1", False),
        ("::ffff:127.0.0.1", False), ("::ffff:169.254.169.254", False), ("::ffff:10.0.0.1", False), ("::127.0.0.1", False),
        ("64:ff9b::7f00:1", False), ("64:ff9b:1::a00:1", False), ("2002:7f00:1::", False), ("2001:0:7f00:1::1", False),
        ("localhost", False), ("", False),
    ],
)  # fmt: skip
def test_which_addresses_are_public(address: str, *, public: bool) -> None:
    assert is_public(address) is public


@pytest.mark.parametrize(
    ("raw", "entry"),
    [
        ("Example.ORG", "example.org"), (" a.b:8443 ", "a.b:8443"), ("*.example.org", "*.example.org"), ("[::1]:80", "[::1]:80"),
        ("127.0.0.1:1", "127.0.0.1:1"), ("localhost", "localhost"), ("*", None), ("http://a", None), ("a/b", None), ("a:0", None),
        ("a:65536", None), ("a@b", None), ("", None), ("a..b", None), ("-a", None), ("*.*.a", None), ("a.b" * 100, None), ("ü.de", None),
    ],
)  # fmt: skip
def test_how_hosts_are_written(raw: str, entry: str | None) -> None:
    assert host_entry(raw) == entry


@pytest.mark.parametrize(
    ("host", "port", "lists", "found"),
    [
        ("a.org", 443, [], "denied"),
        ("a.org", 443, [()], "denied"),
        ("a.org", 443, [("a.org",)], "allowed"),
        ("a.org", 80, [("a.org",)], "allowed"),
        ("a.org", 8080, [("a.org",)], "denied"),
        ("a.org", 8080, [("a.org:8080",)], "named"),
        ("a.org", 8080, [("a.org:8080",), ("*.org:8080",)], "allowed"),
        ("a.org", 443, [("a.org",), ("b.org",)], "denied"),
        ("a.org", 443, [("a.org:443",), ("a.org:443",)], "named"),
        ("x.a.org", 443, [("*.a.org",)], "allowed"),
        ("a.org", 443, [("*.a.org",)], "denied"),
        ("evil-a.org", 443, [("a.org", "*.a.org")], "denied"),
        ("[::1]", 80, [("[::1]",)], "allowed"),
        ("[::1]", 8080, [("[::1]:8080",)], "named"),
        ("a.org.evil.com", 443, [("a.org",)], "denied"),
    ],
)
def test_a_host_has_to_stand_in_every_list(host: str, port: int, lists: list[tuple[str, ...]], found: str) -> None:
    assert reach(host, port, lists) == found


class Names(trio.abc.HostnameResolver):
    """Who answers for names, and how often he was asked."""

    def __init__(self, **known: str) -> None:
        self.asked = 0
        self._known = known

    async def getaddrinfo(self, host: Any, port: Any, *_: Any, **__: Any) -> Any:
        self.asked += 1
        listed = self._known.get(host.decode().partition(".")[0], "").split()
        if not listed:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        if listed == ["never"]:
            await trio.sleep_forever()
        return [(socket.AF_INET6 if ":" in one else socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, port)) for one in listed]

    async def getnameinfo(self, *_: Any) -> Any:
        raise NotImplementedError


@pytest.fixture
async def web(nursery: trio.Nursery) -> AsyncIterator[Server]:
    async with serving() as server:
        yield server


async def get(url: str, *hosts: tuple[str, ...] | None) -> Said:
    return await Hands((Http(hosts, SPECS),)).use(ToolCall("c", "http_get", {"url": url}))


def place(web: Server) -> str:
    return web.url.removeprefix("http://")


async def test_a_text_of_a_host_that_is_allowed_by_name_comes_to_the_model(web: Server) -> None:
    web.respond = lambda _: answer(200, b"caf\xe9\0", Content_Type="text/plain; charset=latin-1")
    said = await get(f"{web.url}/a?b=c#d", (place(web),), None)
    assert (said.state, said.text) == ("ok", "HTTP 200, text/plain\n\ncafé\ufffd")
    assert (web.asked[0].path, web.asked[0].headers["host"]) == ("/a?b=c", place(web))


@pytest.mark.parametrize(
    ("status", "body", "kind", "state", "words"),
    [
        (404, b"gone", "text/html", "error", "HTTP 404, text/html\n\ngone"),
        (200, b"{}", "application/vnd.x+json", "ok", "HTTP 200, application/vnd.x+json\n\n{}"),
        (200, b"\x89PNG", "image/png", "error", "HTTP 200, image/png: that is no text"),
        (200, b"ok", "text/plain; charset=nonsense", "ok", "HTTP 200, text/plain\n\nok"),
        (200, b"x" * (SHOWN + 1), "text/plain", "ok", f"x\n[... only the first {SHOWN} bytes]"),
        (200, b"x" * SHOWN, "text/plain", "ok", "xxx"),
        (302, b"", "text/plain", "error", "redirects elsewhere"),
        (200, b"packed", "text/plain\r\nContent-Encoding: gzip", "error", "packed its answer"),
    ],
    ids=["missing", "json", "image", "charset", "long", "just-so", "redirected", "packed"],
)
async def test_what_of_an_answer_is_told(web: Server, status: int, body: bytes, kind: str, state: str, words: str) -> None:
    web.respond = lambda _: answer(status, body, Content_Type=kind, Location="http://169.254.169.254/latest")
    said = await get(web.url, (place(web),))
    assert (said.state, words in said.text, len(said.text) < SHOWN + 200) == (state, True, True)


@pytest.mark.parametrize(
    "url",
    ["ftp://a.org/", "file:///etc/passwd", "http://", "http://u:p@a.org/", "http://a.org:0/", "http://a.org:99999/", "http://a.org /",
     "http://a.org\\@b/", "http://ü.de/", "//a.org/", "javascript:alert(1)", "http://a.org/\r\nHost: b"],
)  # fmt: skip
async def test_what_is_no_address_is_refused(url: str) -> None:
    said = await get(url, ("a.org", "ü.de"))
    assert (said.state, said.text.startswith("That is no address") or "do not fit" in said.text) == ("error", True)


async def test_hosts_that_nobody_allows_are_not_even_looked_up() -> None:
    trio.socket.set_custom_hostname_resolver(names := Names(a="93.184.216.34"))
    for hosts in ((None, None), ((), None), (("b.org",), None), (("a.org",), ("b.org",)), (("a.org:8080",), None)):
        said = await get("https://a.org/", *hosts)
        assert (said.state, "a.org:443 is not one of the hosts" in said.text) == ("denied", True)
    assert names.asked == 0


@pytest.mark.parametrize("addresses", ["127.0.0.1", "169.254.169.254", "::1", "::ffff:127.0.0.1", "10.0.0.1 192.168.0.1"])
async def test_a_name_that_leads_into_a_private_network_is_refused(addresses: str) -> None:
    trio.socket.set_custom_hostname_resolver(Names(a=addresses))
    said = await get("http://A.org/", ("a.org",))
    assert (said.state, "private network" in said.text) == ("denied", True)


async def test_a_name_is_looked_up_once_and_what_was_looked_at_is_connected_to(web: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second answer would lead elsewhere. The first of two addresses does not answer."""
    port = place(web).rpartition(":")[2]
    trio.socket.set_custom_hostname_resolver(names := Names(a="127.0.0.2 127.0.0.1"))
    monkeypatch.setattr(reaching, "is_public", lambda address: address.startswith("127."))
    web.respond = lambda asked: answer(301, Location="/there") if asked.path == "/" else answer(200, b"hi", Content_Type="text/plain")
    said = await get(f"http://a.org:{port}/", (f"*.org:{port}",))
    assert (said.text, names.asked) == ("HTTP 200, text/plain\n\nhi", 1)
    assert [(asked.path, asked.headers["host"]) for asked in web.asked] == [("/", f"a.org:{port}"), ("/there", f"a.org:{port}")]


async def test_what_cannot_be_had_is_told(web: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    trio.socket.set_custom_hostname_resolver(Names(a="127.0.0.1 127.0.0.2"))
    web.respond = lambda _: b"hello\r\n\r\n"
    where = f"a.org:{place(web).rpartition(':')[2]}"
    assert "broke off" in (await get(f"http://{where}/", (where,))).text  # who has answered is not asked again elsewhere
    trio.socket.set_custom_hostname_resolver(Names(slow="never"))
    assert "is not known" in (await get("http://gone.org/", ("gone.org",))).text
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, and not listening
        where = f"127.0.0.1:{taken.getsockname()[1]}"
        assert "cannot be reached" in (await get(f"http://{where}/", (where,))).text
    monkeypatch.setattr(http, "TIME_S", 0.1)
    assert "within 0.1 s" in (await get("http://slow.org/", ("slow.org",))).text
    web.respond = lambda _: None
    assert "0.1 s" in (await get(web.url, (place(web),))).text
