"""Agents with a command line, from the definition to the ledger, with real processes (engine spec 6, 8; 11 E01 to E03, E19)."""

from __future__ import annotations

import pytest

from tests.scenarios.commanded import KEY, KINDS, flow, good, node, on_stage, told
from tests.scenarios.harness import House
from tests.scenarios.models import BAD, UNDERSTUDY, agent, crew

MODELS = {"claude": "claude-sonnet-4-5", "codex": "gpt-5-mini", "gemini": "nobody-knows", "plain": "m"}


@pytest.mark.parametrize("dialect", list(KINDS))
async def test_e01_the_whole_attempt_is_one_process_that_is_told_its_task_once(real: House, dialect: str) -> None:
    stage = await on_stage(real, good(garbage=100, stderr=f"using {KEY}\n"), dialect=dialect)
    run, [row] = await told(real, flow(model=MODELS[dialect]))
    assert await real.names(run["run_id"]) == [
        "run_created", "run_execution_claimed", "run_started", "node_started", "artifact_expected", "prompt_sent", "artifact_validated",
        "node_completed", "run_completed", "report_written",
    ]  # fmt: skip
    assert (run["status"], run["nodes"][0]["output"]) == ("completed", {"n": 1})
    [asked] = stage.asked
    folder = real.places.data / "runs" / run["run_id"]
    assert asked["cwd"] == str(folder / "work")
    assert asked["stdin"].startswith("You write notes.\n\n=== BEGIN PENSTOCK TASK draft ===")
    assert ("write_file" in asked["stdin"], "relative to the folder" in asked["stdin"]) == (False, True)
    assert (asked["env"]["AGENT_KEY"], "OTHER_KEY" in asked["env"], "PENSTOCK_OUTPUT" in asked["env"]) == (KEY, False, False)
    expected = {
        "claude": ("s-1", 100, 20, 0.25, True, 1), "codex": ("s-1", 100, 20, 0.000065, True, 1), "gemini": ("s-1", 100, 20, 0.0, False, 1),
        "plain": ("", len(asked["stdin"]) // 4 + 1, 31, 0.0, False, 0),
    }  # fmt: skip
    found = (row["session_id"], row["input_tokens"], row["output_tokens"], row["cost_usd"], row["priced"], row["tool_calls"])
    assert (found, row["status"], row["backend"], row["model"]) == (expected[dialect], "ok", "stage", MODELS[dialect])
    logs = {one["stream"]: one["text"] for one in (await real.call("run.logs", run_id=run["run_id"]))["logs"]}
    assert ("Done." in logs["out"], logs["err"]) == (True, "using [secret AGENT_KEY]\n")
    assert "Welcome!" in (folder / "logs" / "draft.1.1.transcript").read_text()
    await real.stop()
    outside = [file for file in real.folder.rglob("*") if file.is_file() and stage.folder not in file.parents]
    assert not [file for file in outside if KEY.encode() in file.read_bytes()]


@pytest.mark.parametrize("dialect", ["claude", "codex", "gemini"])
async def test_e02_a_repair_goes_on_with_the_session(real: House, dialect: str) -> None:
    stage = await on_stage(real, good(writes={"notes.json": BAD}), good(used=[300, 50]), dialect=dialect)
    run, rows = await told(real)
    assert (run["status"], run["nodes"][0]["attempt"], [row["status"] for row in rows]) == ("completed", 2, ["ok", "ok"])
    first, second = stage.asked
    resumed = {"claude": ["--resume", "s-1"], "codex": ["resume", "s-1"], "gemini": ["--resume", "s-1"]}[dialect]
    assert ([word in first["argv"] for word in resumed], [word in second["argv"] for word in resumed]) == ([False] * 2, [True] * 2)
    assert second["stdin"].startswith("=== BEGIN")
    assert "did not validate" in second["stdin"]
    used = [200, 30] if dialect == "codex" else [300, 50]  # which counts the whole session up
    assert [rows[1]["input_tokens"], rows[1]["output_tokens"]] == used


async def test_e02_one_that_knows_no_sessions_is_told_again_as_an_argument(real: House) -> None:
    stage = await on_stage(real, good(writes={"notes.json": BAD}), good(), dialect="plain", prompt="argument")
    run, _ = await told(real)
    assert (run["status"], [one["stdin"] for one in stage.asked]) == ("completed", ["", ""])
    assert ["You write notes." in one["argv"][-1] for one in stage.asked] == [True, True]
    assert "did not validate" in stage.asked[1]["argv"][-1]


async def test_e03_one_that_never_writes_fails_for_good(real: House) -> None:
    await on_stage(real, {"session": "s-1", "answer": "Here you are."})
    run, rows = await told(real)
    assert (run["status"], run["last_failure"]["reason"], len(rows)) == ("failed", "artifact_timeout_exhausted", 2)


async def test_without_an_artifact_its_answer_is_the_output(real: House) -> None:
    await on_stage(real, {"session": "s-1", "answer": "All is well."})
    run, _ = await told(real, flow(node("")))
    assert (run["status"], run["nodes"][0]["output"]) == ("completed", "All is well.")


async def test_e19_a_budget_is_looked_at_before_a_process_begins_and_booked_when_it_is_over(real: House) -> None:
    stage = await on_stage(real, good(writes={}, used=[1_000, 200]))
    run_id = await real.begin(flow(top="limits: {tokens: 1000, cost_usd: 9}", model="sonnet"))  # without a price: it says its own
    run = await real.run_until(run_id, "paused")
    assert (run["stop_reason"], run["total_tokens"], run["estimated_cost_usd"], run["tool_calls"]) == (
        "budget_tokens_reached",
        1_200,
        0.25,
        1,
    )
    assert len(stage.asked) == 1


async def test_another_agent_stands_in_for_one_that_fails(real: House) -> None:
    stage = await on_stage(real, {"session": "s-1", "stderr": "Invalid API key\n", "exit": 1}, good(session="t-1"), second="codex")
    run, rows = await told(real, crew(agent(), personas=UNDERSTUDY))
    assert (run["status"], run["nodes"][0]["attempt"]) == ("completed", 1)
    assert [(row["backend"], row["model"], row.get("error_code"), row["session_id"]) for row in rows] == [
        ("stage", "gpt-5-mini", "provider_unauthorized", "s-1"), ("understudy", "gpt-5", None, "t-1"),
    ]  # fmt: skip
    assert stage.asked[1]["argv"][:2] == ["exec", "--json"]
    written = (real.places.data / "runs" / run["run_id"] / "logs" / "draft.1.1.transcript").read_text()
    assert ('"s-1"' in written, '"t-1"' in written) == (True, True)
