"""Stories of agent nodes: what they are asked for, what they leave, and what a run makes of that (engine spec 11, E01 to E06, E17, E18)."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import orjson
import pytest
import trio

from actors.agent.provider.again import Patience
from actors.agent.provider.messages import ProviderFailure, TokenUsage
from tests.scenarios.harness import House
from tests.scenarios.models import BAD, GOOD, agent, ask, crew, fails, says, takes, told, writes


async def test_e01_an_agent_writes_a_valid_artifact(d: House) -> None:
    run = await told(d, writes("notes.json", GOOD))
    assert await d.names(run["run_id"]) == [
        "run_created", "run_execution_claimed", "run_started", "node_started", "artifact_expected", "prompt_sent", "artifact_validated",
        "node_completed", "run_completed", "report_written",
    ]  # fmt: skip
    assert (run["status"], run["nodes"][0]["output"]) == ("completed", {"n": 1})
    assert len(d.models.requests) == 1  # the file is there: nothing more is asked
    answer = await d.call("run.report", run_id=run["run_id"])
    assert answer["path"] == run["report_path"]


async def test_e02_what_does_not_validate_is_repaired_with_the_errors_in_hand(d: House) -> None:
    run = await told(d, writes("notes.json", BAD), writes("notes.json", GOOD))
    assert (run["status"], run["nodes"][0]["attempt"]) == ("completed", 2)
    assert await d.names(run["run_id"], ("artifact_invalid", "prompt_sent", "prompt_repaired", "artifact_validated", "node_failed")) == [
        "prompt_sent", "artifact_invalid", "node_failed", "prompt_repaired", "artifact_validated",
    ]  # fmt: skip
    assert [(row["attempt"], row["valid"]) for row in run["artifacts"]] == [(1, False), (2, True)]
    first, second = d.models.requests
    assert len(second.turns) == 4  # the same conversation, with the answer of the tool and the repair
    assert second.turns[:1] == first.turns
    assert "did not validate" in str(second.turns[3])
    assert '"one" is not of type "integer"' in str(second.turns[3])


async def test_e02_what_is_no_json_is_repaired_too(d: House) -> None:
    run = await told(d, writes("notes.json", "{n: 1"), writes("notes.json", GOOD))
    assert (run["status"], [row["valid"] for row in run["artifacts"]]) == ("completed", [False, True])


async def test_e03_an_agent_that_never_writes_fails_for_good(d: House) -> None:
    run = await told(d, says("here are your notes"), says("here they are again"))
    assert (run["status"], run["detail"]["code"]) == ("failed", "nodes_failed")
    assert run["last_failure"]["reason"] == "artifact_timeout_exhausted"
    assert (await d.names(run["run_id"])).count("artifact_timeout") == 2
    report = (await d.call("run.report", run_id=run["run_id"]))["report"]
    assert report["nodes"][0]["error"] == "artifact_timeout_exhausted"
    assert "ended without the file notes.json" in str(d.models.requests[1].turns[-1])


async def test_e04_the_event_names_five_errors_and_the_row_all(d: House) -> None:
    many = orjson.dumps({f"k{i}": i for i in range(9)}).decode()
    flow = crew(agent(more="artifact: {path: notes.json, schema: words}"))
    run = await told(d, writes("notes.json", many), writes("notes.json", many), flow=flow)
    invalid = [event for event in await d.events(run["run_id"]) if event["event"] == "artifact_invalid"]
    assert [len(event["errors"]) for event in invalid] == [5, 5]
    assert [len(row["errors"]) for row in run["artifacts"]] == [9, 9]
    assert run["nodes"][0]["error"]["code"] == "artifact_invalid_after_repair"


async def test_e05_a_file_that_was_written_before_the_time_ran_out_counts(d: House, tmp_path: Path) -> None:
    async def slow(*_: Any) -> Any:
        (tmp_path / "notes.json").write_text(GOOD)
        await trio.sleep(100)

    flow = crew(agent(more="artifact: {path: notes.json, schema: notes}, timeout: 60s"), top=f"workspace: {tmp_path}")
    run = await told(d, slow, flow=flow)
    assert (run["status"], run["nodes"][0]["attempt"]) == ("completed", 1)
    [done] = [event for event in await d.events(run["run_id"]) if event["event"].startswith("node_completed")]
    assert done["warnings"][0].startswith("salvaged")


async def test_an_agent_whose_time_runs_out_without_the_file_is_told_so(d: House) -> None:
    flow = crew(agent(more="artifact: {path: notes.json, schema: notes}, timeout: 60s"))
    run = await told(d, takes(100, says()), writes("notes.json", GOOD), flow=flow)
    assert (run["status"], run["nodes"][0]["attempt"]) == ("completed", 2)
    [failed] = [event for event in await d.events(run["run_id"]) if event["event"] == "node_failed"]
    assert (failed["code"], failed["failure_class"]) == ("artifact_timeout", "timeout")
    calls = (await d.call("ledger.run", run_id=run["run_id"]))["calls"]
    assert [row.get("error_code") for row in calls] == ["node_absolute_timeout", None]


async def test_silence_is_heard_before_the_time_is_over(d: House) -> None:
    flow = crew(agent(more="idle_timeout: 30s, timeout: 1h"))
    run = await told(d, takes(31, says()), takes(29, says("made it")), flow=flow)
    assert (run["status"], run["nodes"][0]["output"]) == ("completed", "made it")
    [failed] = [event for event in await d.events(run["run_id"]) if event["event"] == "node_failed"]
    assert failed["code"] == "node_idle_timeout"


async def test_e06_without_an_artifact_its_text_is_the_output(d: House) -> None:
    run = await told(d, says("All is well."), flow=crew(agent(more="")))
    assert (run["status"], run["nodes"][0]["output"], run["nodes"][0]["attempt"]) == ("completed", "All is well.", 1)
    assert "artifact_expected" not in await d.names(run["run_id"])


async def test_what_it_finishes_with_is_the_output_too(d: House) -> None:
    run = await told(d, ask("finish", summary="Nothing to do."), flow=crew(agent(more="")))
    assert run["nodes"][0]["output"] == "Nothing to do."


async def test_an_output_that_is_no_json_is_asked_for_again(d: House) -> None:
    run = await told(d, says("well…"), says('```json\n{"a": 1}\n```'), flow=crew(agent(more="output: json")))
    assert (run["nodes"][0]["output"], run["nodes"][0]["attempt"]) == ({"a": 1}, 2)
    assert "was not accepted" in str(d.models.requests[1].turns[-1])


async def test_services_are_told_the_schema_of_an_answer_that_is_the_output(d: House) -> None:
    told_of = agent(more="output: json, contract: {schema: notes}")
    run = await told(d, says('{"n": 4}'), flow=crew(told_of))
    assert (run["status"], run["nodes"][0]["output"]) == ("completed", {"n": 4})
    schema = d.models.requests[0].response_schema
    assert schema is not None
    assert schema["required"] == ["n"]
    await told(d, says('{"n": 4}'), flow=crew(agent(more="output: json"), name="other"))
    assert d.models.requests[-1].response_schema is None


@pytest.mark.parametrize("path", ["../x", "/etc/x", "a/../../x"])
async def test_e17_a_path_that_leads_out_is_refused_when_the_file_is_read(d: House, path: str) -> None:
    refused = await d.refused("run.start", text=crew(agent(more=f"artifact: {{path: {path}, schema: notes}}")))
    [problem] = refused.data["problems"]
    assert (problem["code"], path in problem["message"]) == ("artifact_path_escapes", True)


async def test_e18_an_old_file_is_not_taken_for_a_new_one(d: House, tmp_path: Path) -> None:
    (tmp_path / "notes.json").write_text(GOOD)
    run = await told(d, says("it is there"), says("it is"), flow=crew(agent(), top=f"workspace: {tmp_path}"))
    assert run["last_failure"]["reason"] == "artifact_timeout_exhausted"


async def test_trouble_of_a_provider_is_tried_again_in_the_same_conversation(d: House) -> None:
    run = await told(d, ask("list_dir", path="."), fails(), writes("notes.json", GOOD))
    assert (run["status"], run["nodes"][0]["attempt"]) == ("completed", 2)
    assert (await d.names(run["run_id"])).count("prompt_repaired") == 0
    [failed] = [event for event in await d.events(run["run_id"]) if event["event"] == "node_failed"]
    assert (failed["failure_class"], failed["category"]) == ("provider_transient", "provider_server_error")
    assert d.models.requests[2].turns == d.models.requests[1].turns
    assert d.models.requests[2].idempotency_key == d.models.requests[1].idempotency_key
    calls = (await d.call("ledger.run", run_id=run["run_id"]))["calls"]
    assert [(row["turn"], row["status"], row.get("error_code")) for row in calls] == [
        (1, "ok", None), (2, "error", "provider_overloaded"), (3, "ok", None),
    ]  # fmt: skip


async def test_trouble_of_a_provider_leaves_three_attempts_whatever_the_policy_says(d: House) -> None:
    run = await told(d, fails(), fails(), says("done"), flow=crew(agent(more="")))  # whose policy says two
    assert (run["status"], run["nodes"][0]["attempt"]) == ("completed", 3)
    failed = [event for event in await d.events(run["run_id"]) if event["event"] == "node_failed"]
    assert [(event["terminal"], event["max_attempts"]) for event in failed] == [(False, 3), (False, 3)]


async def test_each_repetition_of_a_call_is_a_row_of_its_own(d: House) -> None:
    async def busy(*_: Any) -> Any:
        raise ProviderFailure("provider_rate_limited", "slow down", usage=TokenUsage(10, 0), retry_after_ms=60_000)

    d.models.patience = Patience()
    flow = crew(agent(more="artifact: {path: notes.json, schema: notes}, idle_timeout: 30s"))  # to wait as one was asked to is no silence
    run = await told(d, busy, writes("notes.json", GOOD), flow=flow)
    calls = (await d.call("ledger.run", run_id=run["run_id"]))["calls"]
    assert [(row["turn"], row["status"], row["input_tokens"]) for row in calls] == [(1, "error", 10), (2, "ok", 100)]
    assert (run["total_tokens"], run["nodes"][0]["attempt"]) == (130, 1)


async def test_an_answer_that_no_log_can_hold_is_trouble_of_the_provider(d: House) -> None:
    run = await told(d, ask("list_dir", path=float("nan")), says("ok"), flow=crew(agent(more="")))
    [failed] = [event for event in await d.events(run["run_id"]) if event["event"] == "node_failed"]
    assert (failed["code"], run["status"], run["total_tokens"]) == ("provider_malformed", "completed", 240)


async def test_a_backend_that_is_gone_by_then_fails_the_attempt(d: House) -> None:
    run_id = await d.begin(
        crew("{id: z, wait: {timer: 5s}}", agent(more="needs: [z], retry: {max_attempts: 1}").replace("retry: {max_attempts: 2}, ", ""))
    )
    d.models.down["stage"] = "is gone"
    run = await d.run_until(run_id)
    assert (run["nodes"][1]["error"]["code"], run["status"]) == ("provider_unknown", "failed")


async def test_what_a_folder_refuses_is_said_before_any_call(d: House, tmp_path: Path) -> None:
    (tmp_path / "out").symlink_to("/etc")
    run = await told(d, flow=crew(agent(more="artifact: {path: out/notes.json, schema: notes}"), top=f"workspace: {tmp_path}"))
    assert (run["nodes"][0]["error"]["code"], d.models.requests) == ("artifact_path_escapes", [])


async def test_trouble_after_a_file_that_does_not_fit_is_told_as_trouble(d: House, tmp_path: Path) -> None:
    async def torn(*_: Any) -> Any:
        (tmp_path / "notes.json").write_text(BAD)
        raise ProviderFailure("provider_truncated", "cut")

    run = await told(d, torn, writes("notes.json", GOOD), flow=crew(agent(), top=f"workspace: {tmp_path}"))
    assert [event["code"] for event in await d.events(run["run_id"]) if event["event"] == "node_failed"] == ["provider_truncated"]
    assert run["status"] == "completed"


async def test_a_file_without_a_schema_may_hold_anything_and_long_words_are_cut(d: House) -> None:
    run = await told(d, writes("notes.txt", "x"), flow=crew(agent(more="artifact: notes.txt")))
    assert (run["status"], run["nodes"][0]["output"]) == ("completed", "")
    run = await told(d, says("w " * 40_000), flow=crew(agent(more="output: lines"), name="long"))
    assert (run["status"], len(run["nodes"][0]["output"][0])) == ("completed", 65_536)


async def test_a_model_that_declines_is_no_success_and_an_answer_that_was_cut_is_marked(d: House) -> None:
    run = await told(d, says("I would rather not", stop="refusal"), says("cut", stop="length"), flow=crew(agent(more="")))
    failed, done = [event for event in await d.events(run["run_id"]) if event["event"].startswith(("node_failed", "node_completed"))]
    assert (failed["code"], done["warnings"][0][:10]) == ("model_refused", "answer_cut")
    run = await told(d, says("no", stop="refusal"), writes("notes.json", GOOD))
    [failed] = [event for event in await d.events(run["run_id"]) if event["event"] == "node_failed"]
    assert (failed["code"], "the model declined" in failed["message"]) == ("artifact_timeout", True)


async def test_an_archive_holds_the_conversations(d: House) -> None:
    d.configure("retention", archive=True)
    await d.restart()
    run = await told(d, writes("notes.json", BAD), writes("notes.json", GOOD))
    answer = await d.call("run.purge", run_id=run["run_id"])
    with gzip.open(answer["archive"]) as file:
        archive = orjson.loads(file.read())
    [(name, facts)] = archive["conversations"].items()
    assert (name, [fact["event"] for fact in facts].count("model_call_answered")) == (f"run:{run['run_id']}:node:draft", 2)
    assert facts[1]["text"].startswith("=== BEGIN")
