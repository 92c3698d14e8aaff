"""Looking where no daemon runs: what is stored is read from the store itself."""

from __future__ import annotations

import json
from pathlib import Path

from tests.actors.cli.conftest import Penstock

FLOW = """
penstock: 1
workflow: asks
nodes:
  - {id: a, shell: "echo one"}
  - {id: ok, gate: human_approval, needs: [a], prompt: "Go on?"}
"""


def begun(alone: Penstock, tmp_path: Path) -> str:
    """A run that waits at its gate, and whose daemon has ended."""
    (tmp_path / "asks.yaml").write_text(FLOW)
    result = alone("run", str(tmp_path / "asks.yaml"), "--json")
    assert result.exit_code == 5, result.output
    return str(json.loads(result.stdout)["run_id"])


def test_everything_that_only_looks_works_without_a_daemon(alone: Penstock, tmp_path: Path) -> None:
    run_id = begun(alone, tmp_path)
    for words, said in (
        (["ls", "--status", "awaiting_approval"], run_id), (["show", run_id], "shell"), (["logs", run_id], "one"),
        (["gates"], "Go on?"), (["events", run_id], "ok  waits for a person: Go on?"), (["workflow", "ls"], "asks"),
        (["workflow", "versions", "asks"], "1 "), (["workflow", "show", "asks"], "definition"),
        (["events", run_id, "--verbose"], "approval_gate_opened"),
    ):  # fmt: skip
        result = alone(*words)
        assert (result.exit_code, said in result.output) == (0, True), (words, result.output)


def test_why_without_a_daemon_names_the_command_that_carries_one(alone: Penstock, tmp_path: Path) -> None:
    run_id = begun(alone, tmp_path)
    [reason] = json.loads(alone("why", run_id, "--json").stdout)["reasons"]
    assert (reason["code"], reason["next"][0].startswith(f"penstock approve {run_id} ok")) == ("awaiting_gate", True)
    assert alone("approve", run_id).exit_code == 0
    assert "completed" in alone("report", run_id).output


def test_a_refusal_is_the_same_as_that_of_a_daemon(alone: Penstock, tmp_path: Path) -> None:
    run_id = begun(alone, tmp_path)
    assert (alone("show", "run-none").exit_code, alone("report", run_id).exit_code) == (66, 1)
    assert "code: params_invalid" in alone("show", "x" * 5000).stderr


def test_a_run_that_rests_can_be_cancelled_without_a_daemon(alone: Penstock, tmp_path: Path) -> None:
    run_id = begun(alone, tmp_path)
    assert alone("cancel", run_id).exit_code == 0
    assert alone("ls", "--status", "cancelled").output.splitlines()[1].startswith(run_id)


def test_an_input_that_no_workflow_declares_is_a_warning(alone: Penstock, tmp_path: Path) -> None:
    begun(alone, tmp_path)
    assert "warning: " in alone("run", str(tmp_path / "asks.yaml"), "-i", "nam=x").stderr
