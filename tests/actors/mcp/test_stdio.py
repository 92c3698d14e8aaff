"""Servers that are programs: used, killed, slow, ill-mannered, and never left behind."""

from __future__ import annotations

import os
import re
import signal
from pathlib import Path
from typing import Any

import pytest
import trio

from actors.config.mcp import McpServer
from actors.mcp.catalog import Catalog
from actors.mcp.connect import Connector
from actors.mcp.messages import UseTool
from actors.mcp.results import said_of
from actors.mcp.servers import Servers
from actors.mcp.wire import Wire
from actors.refusals import Refusal
from tests.actors.mcp.conftest import Served, program

pytestmark = pytest.mark.slow


async def listed(servers: Servers, name: str = "tests") -> Catalog:
    found = await servers.tools(name)
    assert isinstance(found, Catalog), found
    return found


async def use(servers: Servers, tool: str, name: str = "tests", use: str = "u", **given: Any) -> str:
    """What a use came to, or the code of its refusal."""
    catalog = await listed(servers, name)
    answer = await servers.use(name, UseTool(use, tool, catalog.tools[tool].sha256, given))
    return answer.code if isinstance(answer, Refusal) else said_of(answer).text


async def until(holds: Any) -> None:
    with trio.fail_after(10):
        while not holds():  # noqa: ASYNC110  # another process does it
            await trio.sleep(0.01)


def alive(pid: int) -> bool:
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False


def pids(notes: Path) -> list[int]:
    return [int(line.split()[1]) for line in notes.read_text().splitlines() if line.startswith("started")]


async def test_a_server_is_started_when_it_is_used_and_answers(served: Served, tmp_path: Path) -> None:
    servers = await served.start(program("pages", str(tmp_path / "notes"), env=("SHOWN",), read_only=("echo",)))
    assert await servers.about("tests") == {"state": "stopped", "starts": 0, "uses": 0}
    catalog = await listed(servers)
    assert len(catalog.tools) == 10
    assert (catalog.tools["echo"].spec.name, catalog.tools["echo"].spec.effect, catalog.tools["slow"].spec.effect) == (
        "mcp__tests__echo", "none", "once",
    )  # fmt: skip
    assert await use(servers, "echo", text="hello") == "hello"
    assert await use(servers, "parts") == "[image image/png, 3 bytes, left out]\n[link to n: file:///x]\ninside"
    long = await use(servers, "long")
    assert (len(long.encode()), long[-25:]) == (65_536 + 26, "\n[... 100000 bytes in all]"[-25:])
    names = set((await use(servers, "environment")).split())
    assert {"SHOWN", "PATH", "PENSTOCK_STORE", "PENSTOCK_ATTEMPT"} <= names
    assert not {"HIDDEN", "OPENAI_API_KEY"} & names
    assert await use(servers, "asks") == "done"
    await until(lambda: (tmp_path / "notes").read_text().count("heard") == 2)
    assert "heard {}" in (tmp_path / "notes").read_text()
    about = await servers.about("tests")
    assert (about["state"], about["answers_as"], about["version"], about["starts"], about["uses"]) == (
        "running",
        "tests 7",
        "2025-11-25",
        1,
        5,
    )
    assert "running, 1 starts, 5 uses" in [row.status for row in served.system.tree()]


async def test_a_server_that_dies_fails_the_use_under_way_and_is_started_for_the_next(served: Served, tmp_path: Path) -> None:
    servers = await served.start(program("well", str(tmp_path / "notes")))
    assert await use(servers, "die") == "mcp_server_died"
    about = await servers.about("tests")
    assert (about["state"], "ended with 3: I was asked to die" in about["trouble"]) == ("failed", True)
    assert (tmp_path / "mcp" / "tests.err").read_text() == "I was asked to die\n"
    assert await use(servers, "echo", text="again") == "again"
    os.kill(pids(tmp_path / "notes")[-1], signal.SIGKILL)
    assert await use(servers, "echo", text="and again") == "and again"
    assert (tmp_path / "mcp" / "tests.before.err").exists()
    assert await use(servers, "giant") == "mcp_too_large"
    assert await use(servers, "echo", text="after all") == "after all"


async def test_one_that_fails_again_and_again_is_not_started_at_once(served: Served) -> None:
    servers = await served.start(program("quits"))
    said = [str(await servers.tools("tests")) for _ in range(3)]
    assert [re.findall(r"mcp_\w+", text)[0] for text in said] == ["mcp_server_died", "mcp_server_died", "mcp_server_unavailable"]
    about = await servers.about("tests")
    assert (about["starts"], 0 < about["again_in_ms"] <= 500, "no licence" in said[2]) == (2, True, True)


@pytest.mark.parametrize(
    ("manner", "code"),
    [("refuses", "mcp_refused"), ("old", "mcp_version_unsupported"), ("endless", "mcp_too_large"), ("mute", "mcp_timeout")],
)
async def test_a_server_that_cannot_be_greeted_is_ended(served: Served, tmp_path: Path, manner: str, code: str) -> None:
    servers = await served.start(program(manner, str(tmp_path / "notes"), start_ms=400 if manner == "mute" else 30_000))
    found = await servers.tools("tests")
    assert isinstance(found, Refusal)
    assert found.code == code
    await until(lambda: not alive(pids(tmp_path / "notes")[0]))


@pytest.mark.parametrize("manner", ["loud", "deep"])
async def test_lines_that_are_no_messages_are_passed_over(served: Served, manner: str) -> None:
    servers = await served.start(program(manner))
    assert await use(servers, "echo", text="hello") == "hello"


async def test_a_use_that_takes_too_long_is_taken_back_and_harms_no_other(served: Served, tmp_path: Path) -> None:
    servers = await served.start(program("well", str(tmp_path / "notes"), timeout_ms=300))
    assert await use(servers, "slow") == "mcp_timeout"
    await until(lambda: "cancelled" in (tmp_path / "notes").read_text())
    assert await use(servers, "echo", text="on") == "on"
    assert len(pids(tmp_path / "notes")) == 1


async def test_whoever_is_cancelled_waits_no_more_and_the_server_lives_on(served: Served, tmp_path: Path, nursery: trio.Nursery) -> None:
    servers = await served.start(program("well", str(tmp_path / "notes")))
    await listed(servers)
    with trio.CancelScope() as scope:
        nursery.start_soon(cancel_when, scope, lambda: "use slow" in (tmp_path / "notes").read_text())
        await use(servers, "slow")
    assert scope.cancelled_caught
    await until(lambda: "cancelled" in (tmp_path / "notes").read_text())
    assert await use(servers, "echo", text="on") == "on"
    assert len(pids(tmp_path / "notes")) == 1


async def cancel_when(scope: trio.CancelScope, holds: Any) -> None:
    await until(holds)
    scope.cancel()


async def test_a_tool_that_changes_under_its_user_is_refused(served: Served) -> None:
    servers = await served.start(program())
    before = (await listed(servers)).tools["echo"].sha256
    assert await use(servers, "change") == "done"
    refused = await servers.use("tests", UseTool("u", "echo", before, {"text": "x"}))
    assert isinstance(refused, Refusal)
    assert (refused.code, refused.data) == ("mcp_tool_changed", {"sent": False})
    assert await use(servers, "echo", text="as it is now") == "as it is now"
    gone = await servers.use("tests", UseTool("u", "never", before, {}))
    assert isinstance(gone, Refusal)
    assert gone.code == "mcp_tool_unknown"


async def test_a_server_that_nobody_uses_is_ended(served: Served, tmp_path: Path) -> None:
    servers = await served.start(program("well", str(tmp_path / "notes"), idle_ms=300))
    assert await use(servers, "echo", text="hello") == "hello"
    [pid] = pids(tmp_path / "notes")
    await until(lambda: not alive(pid))
    assert (await servers.about("tests"))["state"] == "stopped"
    assert await use(servers, "echo", text="hello") == "hello"
    assert len(pids(tmp_path / "notes")) == 2


async def test_with_the_tree_all_servers_end(served: Served, tmp_path: Path) -> None:
    servers = await served.start(program("well", str(tmp_path / "a"), name="a"), program("stays", str(tmp_path / "b"), name="b"))
    for name in ("a", "b"):
        await listed(servers, name)
    served.system.stop()
    await served.system.wait_ended()
    assert not any(alive(pid) for name in ("a", "b") for pid in pids(tmp_path / name))
    refused = await servers.tools("a")
    assert isinstance(refused, Refusal)
    assert refused.code == "mcp_server_died"


@pytest.mark.parametrize(
    ("settings", "code"),
    [
        ({"command": ("/no/such/program",)}, "mcp_not_started"),
        ({"command": ("true", "\0")}, "mcp_not_started"),
        ({"command": ("true",), "folder": "/no/such/folder"}, "mcp_misconfigured"),
        ({"command": ("true",), "env": ("UNSET",)}, "mcp_misconfigured"),
    ],
    ids=["program", "word", "folder", "variable"],
)
async def test_what_cannot_be_started_says_so(served: Served, settings: dict[str, Any], code: str) -> None:
    servers = await served.start(McpServer("tests", **settings))
    found = await servers.tools("tests")
    assert isinstance(found, Refusal)
    assert found.code == code
    unknown = await servers.tools("other")
    assert isinstance(unknown, Refusal)
    assert (unknown.code, unknown.data) == ("mcp_server_unknown", {"server": "other", "servers": ["tests"]})


async def test_an_error_of_ours_ends_the_actor_and_the_next_one_serves(served: Served, connector: Connector) -> None:
    await served.start()
    broken = [True]

    def wire(server: McpServer) -> Wire:
        if broken:
            broken.clear()
            raise RuntimeError("a defect")
        return connector.wire(server)

    servers = Servers((program(),), wire, lambda: served.system)
    refused = await servers.tools("tests")
    assert isinstance(refused, Refusal)
    assert (refused.code, refused.data) == ("mcp_server_died", {"sent": True})
    assert await use(servers, "echo", text="well") == "well"
