"""Agents with a command line that fail, hang, fall silent or are ended, with real processes (engine spec 6; 11 E05)."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

import pytest

from actors.agent.cli import transcript
from tests.scenarios.commanded import ARTIFACT, failures, flow, gone, good, node, on_stage, parent, told, until, until_heard
from tests.scenarios.harness import House
from tests.scenarios.models import GOOD


async def test_what_writes_without_end_is_ended(real: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transcript, "MOST_OUTPUT", 10_000)
    stage = await on_stage(real, good(garbage=20_000, hangs=True))
    run, _ = await told(real, flow(node("", attempts=1)))
    assert (run["status"], run["nodes"][0]["error"]["code"]) == ("failed", "provider_too_large")
    assert gone(stage.asked[0]["pid"])


async def test_when_the_guardian_dies_its_agent_does_and_is_started_again(real: House) -> None:
    stage = await on_stage(real, {"session": "s-1", "hangs": True}, good())
    run_id = await real.begin(flow())
    await until_heard(real, run_id)
    os.kill(parent(stage.asked[0]["pid"]), signal.SIGKILL)
    run = await real.run_until(run_id)
    assert (run["status"], await failures(real, run)) == ("completed", ["provider_agent_failed"])


@pytest.mark.parametrize(
    ("step", "code"),
    [
        ({"session": "s-1"}, "provider_truncated"),
        ({"session": "s-1", "dies": True}, "provider_agent_failed"),
        ({"session": "s-1", "stderr": "Error: 529 overloaded\n", "exit": 1}, "provider_overloaded"),
        ({"garbage": 9 << 20, "exit": 3}, "provider_agent_failed"),
    ],
    ids=["no_result", "dies", "says_why", "huge_line"],
)
async def test_what_comes_to_nothing_is_tried_again_in_the_session_where_there_is_one(real: House, step: dict[str, Any], code: str) -> None:
    stage = await on_stage(real, step, good(session="s-2"))
    run, rows = await told(real)
    assert (run["status"], await failures(real, run)) == ("completed", [code])
    assert [(row.get("error_code"), row["session_id"]) for row in rows] == [(code, step.get("session", "")), (None, "s-2")]
    assert stage.asked[1]["stdin"].startswith("You were cut off" if "session" in step else "You write notes.")


async def test_a_session_that_cannot_be_resumed_is_given_up(real: House) -> None:
    lost = {"stderr": "No conversation found with that session\n", "exit": 1}
    stage = await on_stage(real, good(writes={}), lost, good(session="s-2"))
    run, _ = await told(real, flow(node(attempts=3)))
    assert (run["status"], ["--resume" in one["argv"] for one in stage.asked]) == ("completed", [False, True, False])
    assert stage.asked[2]["stdin"].startswith("You write notes.")


async def test_what_hangs_behind_its_result_is_ended_and_has_done_its_work(real: House) -> None:
    stage = await on_stage(real, good(hangs=True), after_result_ms=100)
    run, [row] = await told(real)
    assert (run["status"], run["nodes"][0]["attempt"], row["status"]) == ("completed", 1, "ok")
    assert gone(stage.asked[0]["pid"])


async def test_e05_a_file_that_was_written_before_the_time_ran_out_counts(real: House) -> None:
    await on_stage(real, {"session": "s-1", "writes": {"notes.json": GOOD}, "hangs": True})
    run, [row] = await told(real, flow(node(f"{ARTIFACT}, timeout: 1s")))
    assert (run["status"], row["error_code"], row["priced"]) == ("completed", "node_absolute_timeout", False)
    [done] = [event for event in await real.events(run["run_id"]) if event["event"].startswith("node_completed")]
    assert done["warnings"][0].startswith("salvaged")


async def test_a_file_of_one_that_failed_counts_too(real: House) -> None:
    await on_stage(real, {"session": "s-1", "writes": {"notes.json": GOOD}, "exit": 1})
    run, [row] = await told(real)
    assert (run["status"], run["nodes"][0]["attempt"], row["error_code"]) == ("completed", 1, "provider_agent_failed")


async def test_a_cancel_ends_the_whole_tree_of_one_that_hears_no_signal(real: House) -> None:
    real.configure("nodes", kill_grace_ms=100)
    child = real.folder / "child"
    stage = await on_stage(real, {"session": "s-1", "deaf": True, "child": str(child), "hangs": True})
    run_id = await real.begin(flow())
    await until(lambda: bool(stage.asked) and child.exists() and child.read_text().isdigit())
    await real.call("run.cancel", run_id=run_id)
    assert (await real.run_until(run_id))["status"] == "cancelled"
    assert [gone(int(child.read_text())), gone(stage.asked[0]["pid"])] == [True, True]


async def test_a_pause_ends_it_and_a_resume_goes_on_with_its_session(real: House) -> None:
    stage = await on_stage(real, {"session": "s-1", "hangs": True}, good())
    run_id = await real.begin(flow())
    await until_heard(real, run_id)
    await real.call("run.pause", run_id=run_id)
    await real.run_until(run_id, "paused")
    assert gone(stage.asked[0]["pid"])
    await real.call("run.resume", run_id=run_id)
    assert (await real.run_until(run_id))["status"] == "completed"
    assert ("--resume" in stage.asked[1]["argv"], stage.asked[1]["stdin"].startswith("You were cut off")) == (True, True)
    rows = (await real.call("ledger.run", run_id=run_id))["calls"]
    assert [(row.get("error_code"), row["session_id"]) for row in rows] == [("call_lost", "s-1"), (None, "s-1")]


async def test_whatever_it_writes_is_no_silence(real: House) -> None:
    await on_stage(real, {"session": "s-1", "hangs": True}, good(chatters=9))
    run, _ = await told(real, flow(node(f"{ARTIFACT}, idle_timeout: 700ms")))
    assert (run["status"], await failures(real, run)) == ("completed", ["artifact_timeout"])


async def test_one_that_is_not_there_cannot_be_bound_and_one_that_goes_fails(real: House, tmp_path: Path) -> None:
    program = tmp_path / "agent"
    program.write_text("#!/bin/sh\nexit 1\n")
    program.chmod(0o700)
    await on_stage(real, good(), dialect="plain", words=(str(program),))
    run_id = await real.begin(flow("{id: z, wait: {timer: 100ms}}", node("needs: [z]")))
    program.rename(tmp_path / "away")
    run = await real.run_until(run_id)
    assert (run["status"], run["nodes"][1]["error"]["code"]) == ("failed", "provider_misconfigured")
    assert "set the backend's command" in run["nodes"][1]["error"]["message"]
    refused = await real.refused("run.start", text=flow())
    assert "there is no program" in refused.message
