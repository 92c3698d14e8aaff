"""Servers at an address: answers as JSON and as events, sessions that are lost, secrets that stay, and ill manners."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest
import trio

import actors.mcp.http
from actors.config.mcp import McpServer
from actors.mcp.catalog import Catalog
from actors.mcp.messages import UseTool
from actors.mcp.results import said_of
from actors.mcp.servers import Servers
from actors.refusals import Refusal
from tests.actors.mcp.conftest import Served
from tests.actors.mcp.test_stdio import until
from tests.actors.outside.served import Asked, Server, answer

TOKEN = "t0ken-of-the-tests"
TOOL = {"name": "echo", "description": "Says the same.", "inputSchema": {"type": "object"}}
CHANGED = {"jsonrpc": "2.0", "method": "notifications/tools/list_changed"}
Answered = Callable[[Asked, dict[str, Any]], bytes | None]


def events(*messages: Any) -> bytes:
    """An answer that is a stream of events."""
    body = b"".join(b"event: message\ndata: " + orjson.dumps(one) + b"\n\n" for one in messages)
    return answer(200, body, Content_Type="text/event-stream")


def result(message: dict[str, Any], value: Any) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": message.get("id"), "result": value}


class Elsewhere:
    """A server of the protocol. `uses` says what a use of a tool is answered, `streams` whether all is said in events."""

    def __init__(self, web: Server, *, streams: bool = False) -> None:
        self.web, self.streams, self.sessions = web, streams, 0
        self.unasked: list[dict[str, Any]] | None = None
        self.tool = TOOL
        self.uses: Answered = lambda asked, message: self.said(
            message, {"content": [{"type": "text", "text": f"{message['params']['arguments']} {asked.headers.get('authorization')}"}]}
        )
        web.respond = self.respond

    def respond(self, asked: Asked) -> bytes | None:
        if asked.method == "DELETE":
            return answer(200)
        if asked.method == "GET":
            return answer(405) if self.unasked is None else events(*self.unasked)
        message = orjson.loads(asked.body)
        match message["method"]:
            case "initialize":
                self.sessions += 1
                value = {"protocolVersion": "2025-06-18", "capabilities": {"tools": {}}, "serverInfo": {"name": "web"}}
                return answer(200, result(message, value), Content_Type="application/json", Mcp_Session_Id=f"s{self.sessions}")
            case "tools/list":
                return self.said(message, {"tools": [self.tool]})
            case "tools/call":
                return self.uses(asked, message)
        return answer(202)

    def said(self, message: dict[str, Any], value: Any) -> bytes:
        if self.streams:
            return events({"jsonrpc": "2.0", "method": "notifications/progress"}, result(message, value))
        return answer(200, result(message, value), Content_Type="application/json")

    def asked(self, method: str) -> list[Asked]:
        """The requests of that method of the protocol."""
        return [one for one in self.web.asked if one.body and orjson.loads(one.body).get("method") == method]


@pytest.fixture
async def servers(served: Served, web: Server, tmp_path: Path) -> Servers:
    (tmp_path / "token").write_text(f"{TOKEN}\n")
    here = McpServer("here", url=f"{web.url}/mcp?k=1", token_file=str(tmp_path / "token"), headers={"x-team": "a"}, start_ms=2_000)
    return await served.start(here, McpServer("unset", url=web.url, token_env="UNSET"), McpServer("nobody", url="http://127.0.0.1:1/"))


async def use(servers: Servers, **given: Any) -> str:
    catalog = await servers.tools("here")
    assert isinstance(catalog, Catalog), catalog
    return outcome(await servers.use("here", UseTool("u", "echo", catalog.tools["echo"].sha256, given)))


def outcome(answer: Any) -> str:
    return answer.code if isinstance(answer, Refusal) else said_of(answer).text


@pytest.mark.parametrize("streams", [False, True], ids=["json", "events"])
async def test_a_server_elsewhere_is_used_in_a_session(servers: Servers, served: Served, web: Server, streams: bool) -> None:
    there = Elsewhere(web, streams=streams)
    assert await use(servers, n=1) == "{'n': 1} Bearer ***"
    greeting, *others = [one for one in web.asked if one.method == "POST"]
    assert ("mcp-session-id" in greeting.headers, greeting.headers["x-team"], greeting.path) == (False, "a", "/mcp?k=1")
    assert {(one.headers["mcp-session-id"], one.headers["mcp-protocol-version"]) for one in others} == {("s1", "2025-06-18")}
    assert {one.headers["authorization"] for one in web.asked} == {f"Bearer {TOKEN}"}
    assert (await servers.about("here"))["answers_as"] == "web"
    served.system.stop()
    await served.system.wait_ended()
    assert ([one.method for one in web.asked][-1], there.sessions) == ("DELETE", 1)


async def test_a_lost_session_is_begun_anew_and_the_use_with_it(servers: Servers, web: Server) -> None:
    there = Elsewhere(web)
    usual = there.uses
    there.uses = lambda asked, message: answer(404) if asked.headers["mcp-session-id"] == "s1" else usual(asked, message)
    assert await use(servers, n=2) == "{'n': 2} Bearer ***"
    assert (there.sessions, len(there.asked("tools/call"))) == (2, 2)


async def test_what_a_server_says_unasked_is_heard(servers: Servers, web: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(actors.mcp.http, "AGAIN_S", 0.05)
    there = Elsewhere(web)
    there.unasked = []
    catalog = await servers.tools("here")
    assert isinstance(catalog, Catalog)
    there.tool = TOOL | {"description": "Another."}
    there.unasked.append(CHANGED)
    with trio.fail_after(10):
        while "tools" in await servers.about("here"):  # noqa: ASYNC110  # what it knew is forgotten when it has heard
            await trio.sleep(0.01)
    refused = await servers.use("here", UseTool("u", "echo", catalog.tools["echo"].sha256, {}))
    assert outcome(refused) == "mcp_tool_changed"


@pytest.mark.parametrize(
    ("reply", "code"),
    [
        (lambda message: answer(500, b"oh"), "mcp_http_status"),
        (lambda message: answer(401, b"who are you"), "mcp_unauthorized"),
        (lambda message: answer(302, Location="http://localhost:1/"), "mcp_redirected"),
        (lambda message: answer(200, b"{}", Content_Type="application/json"), "mcp_broken_off"),
        (lambda message: answer(200, b"x" * (5 << 20), Content_Type="application/json"), "mcp_too_large"),
        (lambda message: answer(200, b"data: " + b"x" * (5 << 20), Content_Type="text/event-stream"), "mcp_too_large"),
        (lambda message: events({"jsonrpc": "2.0", "method": "notifications/progress"}), "mcp_broken_off"),
        (lambda message: answer(200, b"{}", Content_Encoding="gzip"), "mcp_malformed"),
        (lambda message: b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n[1, 2", "mcp_broken_off"),
        (lambda message: answer(200, result(message, [1]), Content_Type="application/json"), "mcp_malformed"),
        (
            lambda message: answer(200, {"jsonrpc": "2.0", "id": message["id"], "error": {"code": 1}}, Content_Type="application/json"),
            "mcp_refused",
        ),
        (lambda message: answer(200, b"<html>", Content_Type="text/html"), "mcp_malformed"),
    ],
    ids=["500", "401", "302", "no-answer", "giant", "giant-event", "no-end", "packed", "half", "no-result", "error", "page"],
)
async def test_answers_that_are_none_have_names(servers: Servers, web: Server, reply: Any, code: str) -> None:
    there = Elsewhere(web)
    there.uses = lambda asked, message: reply(message)
    assert await use(servers) == code
    there.uses = lambda asked, message: there.said(message, {"content": []})
    assert await use(servers) == "(no text)"


async def test_a_use_without_an_answer_is_taken_back(web: Server, served: Served) -> None:
    servers = await served.start(McpServer("here", url=web.url, timeout_ms=200))
    there = Elsewhere(web)
    there.uses = lambda asked, message: None
    assert await use(servers) == "mcp_timeout"
    await until(lambda: there.asked("notifications/cancelled"))
    assert orjson.loads(there.asked("notifications/cancelled")[0].body)["params"]["requestId"] == 3


async def test_what_cannot_be_reached_or_is_not_set_says_so(servers: Servers) -> None:
    assert outcome(await servers.tools("nobody")) == "mcp_unreachable"
    assert outcome(await servers.tools("unset")) == "mcp_misconfigured"
