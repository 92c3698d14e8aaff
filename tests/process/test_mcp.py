"""MCP servers of a real daemon: tried by the doctor, used by an agent, and gone with a daemon that is killed."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.process.house import BIN, House, living, until

pytestmark = pytest.mark.slow
SCRIPT = Path(__file__).parents[1] / "actors" / "mcp" / "server.py"
CONFIG = """
[mcp.tests]
command = [{python}, "-I", "-S", {script}, "{manner}"]
env = ["PROCESS_TEST"]
[mcp.broken]
command = ["/no/such/program"]
"""


def configure(house: House, manner: str) -> None:
    house.config.write_text(CONFIG.format(python=json.dumps(sys.executable), script=json.dumps(str(SCRIPT)), manner=manner))


def _servers(house: House) -> list[int]:
    return [pid for pid in living(house.mark) if str(SCRIPT) in Path(f"/proc/{pid}/cmdline").read_text()]


@pytest.mark.parametrize("manner", ["well", "stays"])
def test_a_daemon_that_is_killed_leaves_no_server_behind(house: House, manner: str) -> None:
    configure(house, manner)
    name, _, value = house.mark.partition("=")
    house.start(env={name: value})
    assert len(house.call("mcp.tools", server="tests")["tools"]) == 10
    [pid] = _servers(house)
    assert pid != house.daemon.pid
    house.kill()
    until(lambda: not _servers(house), 2.0)
    house.start(env={name: value})
    assert [row["state"] for row in house.call("mcp.list")["servers"]] == ["stopped", "stopped"]
    assert len(house.call("mcp.tools", server="tests")["tools"]) == 10
    house.end()
    assert _servers(house) == []


def test_the_doctor_tries_each_server_with_and_without_a_daemon(house: House) -> None:
    configure(house, "pages")
    name, _, value = house.mark.partition("=")
    house.start(env={name: value})

    def found() -> list[tuple[str, str]]:
        words: list[str | Path] = [BIN / "penstock", "--data", house.data, "--config", house.config, "doctor", "--json"]
        said = subprocess.run(words, capture_output=True, env={name: value, "PATH": str(BIN)}, check=False).stdout
        return [(row["level"], row["text"]) for row in json.loads(said) if row["check"] == "mcp"]

    asked = found()
    house.end()
    for rows in (asked, found()):
        assert [level for level, _ in rows] == ["fail", "ok"]
        assert "mcp_not_started" in rows[0][1]
        assert rows[1][1] == "mcp.tests: 10 tools"
    assert _servers(house) == []
