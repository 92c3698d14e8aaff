"""The campaign of the examples, from the command line, in real processes."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.process.house import BIN, House, until

pytestmark = pytest.mark.slow
EXAMPLE = Path(__file__).parents[2] / "examples" / "campaign"


def penstock(house: House, *words: str) -> str:
    """What the command prints; it must succeed."""
    command: list[str | Path] = [BIN / "penstock", "--data", house.data, "--socket", house.socket, "--config", house.config, *words]
    told = subprocess.run(command, check=False, capture_output=True, text=True)
    assert told.returncode == 0, told.stderr
    return str(told.stdout)


def shown(house: House) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(penstock(house, "campaign", "show", "better", "--json"))
    return found


def test_the_example_is_measured_improved_approved_applied_and_completed(house: House) -> None:
    house.config.write_text('[campaign]\nreconcile_every = "100ms"\n')
    house.start()
    penstock(house, "workflow", "put", str(EXAMPLE / "notice.yaml"))
    assert "draft; begin it with" in penstock(house, "campaign", "create", "notice", "--workspace", str(EXAMPLE), "--id", "better")
    assert penstock(house, "campaign", "start", "better") == "better: draft (waiting_baseline_replay)\n"
    until(lambda: shown(house)["campaign"]["status"] == "awaiting_promotion_approval", 30.0, lambda: shown(house))
    page = penstock(house, "campaign", "show", "better")
    assert "fetch retry_policy.max_attempts: 1 -> 2" in page
    assert "passed          0.0%     100.0%" in page
    winner = shown(house)["experiments"][0]["experiment_id"]
    assert f"penstock campaign approve better {winner}" in page
    assert penstock(house, "campaign", "approve", "better", winner).startswith("better: draft")
    assert penstock(house, "campaign", "apply", "better", winner) == f"{winner} is in notice, version 2\n"
    until(lambda: shown(house)["campaign"]["status"] == "completed", 30.0, lambda: shown(house))
    assert sorted(one["status"] for one in shown(house)["experiments"]) == ["discarded", "promotion_approved"]
    assert shown(house)["campaign"]["last_pause_reason"] == "mutations_exhausted"
    live = house.call("workflow.get", workflow_id="notice")["definition"]
    assert live["flow"]["nodes"][0]["retry_policy"]["max_attempts"] == 2
    assert penstock(house, "campaign", "ls").split()[6:11] == ["better", "completed", "notice", "2", "mutations_exhausted"]
    told = penstock(house, "campaign", "events", "better")
    assert "winner applied" in told
    assert "campaign completed: mutations_exhausted" in told
    assert "campaign_id: better" in penstock(house, "campaign", "rm", "better")
    assert penstock(house, "campaign", "ls") == "No campaigns.\n"
