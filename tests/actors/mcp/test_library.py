"""Servers made with the protocol's own library, from an environment of its own: written by others than us, over both ways."""

from __future__ import annotations

import subprocess
from collections.abc import Generator

import pytest

from actors.config.mcp import McpServer
from tests.actors.mcp.conftest import Served
from tests.actors.mcp.test_stdio import listed, use
from tests.architecture.sources import ROOT

pytestmark = pytest.mark.slow
PYTHON = ROOT / ".venv" / "mcp" / "bin" / "python"
SERVER = """
import socket, sys, threading
from mcp.server import MCPServer

server = MCPServer("library")

@server.tool()
def add(a: int, b: int) -> int:
    "Adds two numbers."
    return a + b

@server.tool()
def fail() -> str:
    raise ValueError("as it was asked to")
"""
OVER_HTTP = (
    SERVER
    + """
import uvicorn

def end():
    sys.stdin.read()
    web.should_exit = True

sock = socket.socket()
sock.bind(("127.0.0.1", 0))
sock.listen()
print(sock.getsockname()[1], flush=True)
web = uvicorn.Server(uvicorn.Config(server.streamable_http_app(), log_level="error"))
threading.Thread(target=end, daemon=True).start()
web.run(sockets=[sock])
"""
)


async def adds(served: Served, server: McpServer) -> None:
    """A server that adds is greeted, listed and used, also wrongly."""
    servers = await served.start(server)
    catalog = await listed(servers)
    assert sorted(catalog.tools) == ["add", "fail"]
    assert catalog.tools["add"].spec.description == "Adds two numbers."
    assert await use(servers, "add", a=2, b=3) == "5"
    assert await use(servers, "fail") == "Error executing tool fail"
    assert "validation error" in (await use(servers, "add", a="two", b=3)).lower()
    about = await servers.about("tests")
    assert (about["state"], about["answers_as"].split()[0], about["version"]) == ("running", "library", "2025-11-25")


async def test_a_program(served: Served) -> None:
    await adds(served, McpServer("tests", command=(str(PYTHON), "-c", SERVER + "server.run()")))


@pytest.fixture
def address() -> Generator[str, None, None]:
    """Where a server listens, which ends when its standard input does."""
    with subprocess.Popen([PYTHON, "-c", OVER_HTTP], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        port = process.stdout.readline().strip()
        assert port.isdigit(), "the server has not started; run bin/setup test"
        yield f"http://127.0.0.1:{port}/mcp"
        process.stdin.close()


async def test_a_service(served: Served, address: str) -> None:
    await adds(served, McpServer("tests", url=address))
