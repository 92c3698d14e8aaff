"""An agent that uses a program and a service, over real pipes and the loopback, in one run."""

from __future__ import annotations

from pathlib import Path

import pytest
from attrs import evolve

from actors.agent.provider.messages import ToolResult
from actors.config.mcp import McpServer
from tests.actors.mcp.conftest import program
from tests.actors.mcp.test_http import Elsewhere
from tests.actors.outside.served import serving
from tests.scenarios.harness import House
from tests.scenarios.models import GOOD, agent, ask, crew, told, writes
from tests.scenarios.tooling import crafted

pytestmark = pytest.mark.slow


async def test_an_agent_uses_a_program_that_dies_and_a_service(real: House, tmp_path: Path) -> None:
    async with serving() as web:
        Elsewhere(web)
        near = program("well", str(tmp_path / "notes"), name="near", read_only=("echo", "die"))
        servers = (near, McpServer("far", url=web.url, read_only=("echo",)))
        real.config, real.serves = evolve(real.config, mcp=servers), False
        await real.restart()
        run = await told(
            real, ask("mcp__near__echo", text="hello"), ask("mcp__near__die"), ask("mcp__near__echo", text="again"),
            ask("mcp__far__echo", n=1), writes("notes.json", GOOD), flow=crew(agent(), personas=crafted("mcp.near.*, mcp.far.echo")),
        )  # fmt: skip
    assert run["status"] == "completed"
    heard = [turn.text for turn in real.models.requests[-1].turns if isinstance(turn, ToolResult)]
    assert [heard[0], heard[1].partition(":")[0], *heard[2:]] == ["hello", "mcp_server_died", "again", "{'n': 1} None"]
    uses = (await real.call("tool.list", run_id=run["run_id"]))["uses"]
    assert [(use["tool"], use["state"]) for use in uses] == [
        ("mcp__near__echo", "ok"), ("mcp__near__die", "error"), ("mcp__near__echo", "ok"), ("mcp__far__echo", "ok"),
        ("write_file", "ok"),
    ]  # fmt: skip
    assert (tmp_path / "notes").read_text().count("started") == 2
    pins = (await real.call("mcp.pins", run_id=run["run_id"]))["pins"]
    assert {row["server"] for row in pins} == {"near", "far"}
