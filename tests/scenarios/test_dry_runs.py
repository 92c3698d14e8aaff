"""Dry runs through the socket: the plan is told, and nothing is done."""

from __future__ import annotations

from pathlib import Path

import pytest

from actors.runtime import loading
from tests.scenarios.flows import flow, gate, step
from tests.scenarios.harness import House

TEXT = flow(
    step("a"),
    step("go", 'command: [rm, "-rf", "{{ inputs.what }}", "{{ nodes.a.output }}"], needs: [a]'),
    gate("ask", 'needs: [go], prompt: "Was {{ inputs.what }} right?"'),
    top='inputs: {what: {type: string}}\noutput: {said: "{{ nodes.ask.decision }}"}',
    last=(step("tidy"),),
)


def files(d: House) -> set[Path]:
    return {path for path in d.folder.rglob("*") if "penstock." not in path.name}


def entries(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


async def test_r02_a_dry_run_is_completed_at_once_with_its_plan_and_does_nothing(d: House) -> None:
    first = await d.begin(TEXT, dry_run=True, inputs={"what": "x"})  # stores the definition, once
    before = files(d)
    run_id = await d.begin(TEXT, dry_run=True, inputs={"what": "x"})
    run = await d.run(run_id)
    assert (run["status"], run["trigger_type"], run["detail"], run["dry_run"]) == ("completed", "manual_dry_run", {"code": "dry_run"}, True)
    assert run["created_at_ms"] == run["started_at_ms"] == run["finished_at_ms"]
    assert (run["nodes"], run["epoch"], run["open_gates"]) == ([], 0, [])
    plan = run["output"]["plan"]
    assert [node["node_id"] for node in plan["nodes"]] == ["a", "go", "ask", "tidy"]
    assert plan["nodes"][1]["command"] == ["rm", "-rf", "x", "{{ nodes.a.output }}"]
    assert plan["nodes"][2]["prompt"] == "Was x right?"
    assert plan["problems"] == []
    assert await d.names(run_id) == ["run_created", "run_completed"]
    await d.restart()
    assert (d.script.calls(), files(d)) == ([], before)
    assert [line["run_id"] for line in (await d.call("run.list"))["runs"]] == [run_id, first]
    assert (await d.run(run_id)) == run


async def test_r103_a_missing_input_fails_the_dry_run_and_is_named(d: House) -> None:
    run_id = await d.begin(TEXT, dry_run=True)
    run = await d.run(run_id)
    assert (run["status"], run["detail"]["code"], run["detail"]["node_ids"]) == ("failed", "dry_run_invalid", ["ask", "go"])
    found = {(problem["code"], problem["path"], problem["value"]) for problem in run["output"]["plan"]["problems"]}
    assert found == {
        ("missing_required_input", "inputs.what", None), ("reference_unknown", "nodes.go.command", "inputs.what"),
        ("reference_unknown", "nodes.ask.prompt", "inputs.what"),
    }  # fmt: skip
    assert await d.names(run_id) == ["run_created", "run_failed"]
    assert d.script.calls() == []
    assert await d.why(run_id) == ["dry_run"]


async def test_a_workspace_that_is_not_there_is_a_problem_and_one_that_is_stays_free(d: House, tmp_path: Path) -> None:
    text = flow(step("a"), top='workspace: "{{ inputs.w }}"\ninputs: {w: {type: string}}')
    wrong = await d.run(await d.begin(text, dry_run=True, inputs={"w": "/not/there"}))
    assert [(found["code"], found["path"], found["value"]) for found in wrong["output"]["plan"]["problems"]] == [
        ("workspace_missing", "workspace", "/not/there")
    ]
    right = await d.run(await d.begin(text, dry_run=True, inputs={"w": str(tmp_path)}))
    assert (right["status"], right["output"]["plan"]["workspace"], entries(tmp_path)) == ("completed", str(tmp_path), [])
    run_id = await d.begin(text, inputs={"w": str(tmp_path)})
    assert (await d.run_until(run_id))["status"] == "completed"


@pytest.mark.parametrize("inputs", [{"what": "x"}, {}])
async def test_nothing_can_be_done_to_a_dry_run(d: House, inputs: dict[str, str]) -> None:
    run_id = await d.begin(TEXT, dry_run=True, inputs=inputs)
    assert (await d.refused("run.retry", run_id=run_id, node_id="a")).code == "run_is_dry_run"
    assert (await d.refused("run.resume", run_id=run_id)).code == "run_already_terminal"
    assert (await d.refused("run.pause", run_id=run_id)).code == "run_not_pausable"
    assert (await d.call("run.cancel", run_id=run_id))["already_terminal"]
    assert len(await d.names(run_id)) == 2


async def test_its_report_is_composed_and_never_written(d: House) -> None:
    run_id = await d.begin(TEXT, dry_run=True, inputs={"what": "x"})
    report = await d.call("run.report", run_id=run_id)
    assert (report["path"], report["report"]["status"], "run_id" in report) == (None, "completed", True)
    assert not (d.folder / "data" / "runs").exists()


async def test_what_is_no_definition_or_too_large_is_refused_and_no_run_is_made(d: House) -> None:
    wrong = await d.refused("run.start", text=flow(step("a", 'with: {x: "{{ inputs.none }}"}')), dry_run=True)
    assert wrong.code == "invalid_workflow"
    large = await d.refused("run.start", text=TEXT, folder=str(d.script.folder), dry_run=True, inputs={"what": "x" * 100_000})
    assert large.code == "inputs_too_large"
    assert (await d.call("run.list"))["runs"] == []


async def test_the_same_request_again_gets_the_same_run(d: House) -> None:
    first = await d.call("run.start", text=TEXT, folder=str(d.script.folder), dry_run=True, request_id="r1", inputs={"what": "x"})
    again = await d.call("run.start", text=TEXT, folder=str(d.script.folder), dry_run=True, request_id="r1", inputs={"what": "x"})
    assert first == again
    assert (await d.refused("run.start", text=TEXT, folder=str(d.script.folder), request_id="r1")).code == "request_conflict"
    assert len((await d.call("run.list"))["runs"]) == 1


async def test_a_large_plan_is_cut_to_what_an_event_holds(d: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loading, "AT_ONCE", 10**6)  # under virtual time a thread takes for ever
    nodes = [step(f"n{i}", f'command: [echo, "{"x" * 60}"]') for i in range(1_500)]
    run_id = await d.begin(flow(*nodes), dry_run=True)
    plan = (await d.run(run_id))["output"]["plan"]
    assert plan["omitted"] + len(plan["nodes"]) == 1_500
    assert len(plan["nodes"]) > 500
