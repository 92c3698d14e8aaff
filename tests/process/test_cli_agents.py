"""An agent with a command line under a real daemon that is killed: it goes with the daemon, and its session goes on with the next one."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from tests.process.house import House, until
from tests.scenarios.commanded import FAKE, Stage, good

pytestmark = pytest.mark.slow
HEAD = "schemas: {notes: {type: object, required: [n]}}\n"
NODE = "  - {id: draft, agent: writer, instructions: Write., artifact: {path: notes.json, schema: notes}}\n"


def test_a_daemon_that_is_killed_takes_its_agent_with_it_and_the_next_goes_on_with_the_session(house: House, tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.plan({"session": "s-1", "hangs": True}, good(session="s-2"))
    (house.folder / "personas").mkdir()
    (house.folder / "personas" / "writer.yaml").write_text("backend: helper\nmodel: some-model\nsystem: You write.\n")
    command = json.dumps([sys.executable, str(FAKE), str(tmp_path), "claude"])
    house.config.write_text(f'[backends.helper]\nkind = "claude-cli"\ncommand = {command}\n')
    house.start()
    run_id = house.run(NODE, head=HEAD)
    until(lambda: [row["session_id"] for row in house.call("ledger.run", run_id=run_id)["calls"]] == ["s-1"], 10.0, lambda: run_id)
    house.kill()
    until(lambda: not Path(f"/proc/{stage.asked[0]['pid']}").exists(), 10.0, lambda: run_id)
    house.start()
    run = house.reach(run_id)
    assert (run["status"], run["nodes"][0]["output"], run["unpriced"]) == ("completed", {"n": 1}, True)
    _, again = stage.asked
    assert (again["argv"][-2:], again["stdin"].startswith("You were cut off")) == (["--resume", "s-1"], True)
    rows = house.call("ledger.run", run_id=run_id)["calls"]
    assert [(row.get("error_code"), row["session_id"], row["priced"]) for row in rows] == [("call_lost", "s-1", False), (None, "s-2", True)]
    house.end()
