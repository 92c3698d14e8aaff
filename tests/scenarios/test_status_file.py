"""The status file beside a run's work: it tells where the run stands, is replaced as a whole, and never leads anywhere else."""

# ruff: noqa: ASYNC240  # stories look at the disk between two steps: nothing else waits for the loop

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
import trio

from tests.scenarios.flows import flow, gate, step
from tests.scenarios.harness import House
from tests.scenarios.inside import system_of
from tests.scenarios.script import Hold, fail

TOP = 'workspace: "{{ inputs.w }}"\ninputs: {w: {type: string}}'


@pytest.fixture
def w(tmp_path: Path) -> Path:
    (tmp_path / "w").mkdir()
    return tmp_path / "w"


def read(w: Path, run_id: str) -> dict[str, Any]:
    return dict(json.loads((w / ".penstock" / "runs" / run_id / "status.json").read_text()))


def git(w: Path, *words: str) -> bytes:
    return subprocess.run(["git", "-C", str(w), *words], capture_output=True, check=True).stdout


def written(d: House) -> int:
    """How many files the writer has written."""
    (row,) = [row for row in system_of(d).tree() if row.path == "statuses"]
    return int(row.status.split()[0])


async def test_it_says_where_the_run_stands_while_it_works_rests_and_has_ended(d: House, w: Path) -> None:
    hold = Hold()
    d.script.on("b", hold)
    text = flow(step("a"), step("b", "needs: [a]"), gate("ask", "needs: [b]"), step("c", "needs: [ask]"), top=TOP)
    run_id = await d.begin(text, inputs={"w": str(w)})
    await hold.begun()
    await trio.sleep(1)
    assert {name: value for name, value in read(w, run_id).items() if name not in ("updated_at_ms", "seq")} == {
        "run_id": run_id, "workflow_id": "story", "status": "running", "detail": None, "completed_nodes": ["a"],
        "pending_nodes": ["b", "ask", "c"], "blocked_nodes": ["ask", "c"], "node_attempts": {"a": 1, "b": 1}, "last_failure": None,
        "learning_summary": None,
    }  # fmt: skip
    hold.open()
    await d.run_until(run_id, "awaiting_approval")
    await trio.testing.wait_all_tasks_blocked()
    assert (read(w, run_id)["status"], read(w, run_id)["completed_nodes"]) == ("awaiting_approval", ["a", "b"])
    await d.decide(run_id, "approve")
    run = await d.run_until(run_id)
    await trio.testing.wait_all_tasks_blocked()
    found = read(w, run_id)
    assert (found["status"], found["completed_nodes"], found["seq"]) == ("completed", ["a", "b", "ask", "c"], run["seq"])
    assert found["updated_at_ms"] == run["updated_at_ms"]


async def test_a_failure_is_told_with_its_node(d: House, w: Path) -> None:
    d.script.on("a", fail())
    run_id = await d.begin(flow(step("a"), step("b", "needs: [{node: a, until: settled}]"), top=TOP), inputs={"w": str(w)})
    await d.run_until(run_id)
    await trio.testing.wait_all_tasks_blocked()
    found = read(w, run_id)
    assert (found["status"], found["last_failure"]["node_id"], found["blocked_nodes"]) == ("failed", "a", [])


async def test_many_commits_make_few_files_and_the_last_one_lands(d: House, w: Path) -> None:
    nodes = [step(f"n{i}", f"needs: [n{i - 1}]" if i else "") for i in range(40)]
    run_id = await d.begin(flow(*nodes, top=TOP), inputs={"w": str(w)})
    await d.run_until(run_id)
    await trio.testing.wait_all_tasks_blocked()
    assert len(read(w, run_id)["completed_nodes"]) == 40
    assert written(d) < 10


async def test_git_does_not_see_it(d: House, w: Path) -> None:
    git(w, "init", "-q")
    run_id = await d.begin(flow(step("a"), top=TOP), inputs={"w": str(w)})
    await d.run_until(run_id)
    await trio.testing.wait_all_tasks_blocked()
    assert read(w, run_id)["status"] == "completed"
    assert git(w, "status", "--porcelain") == b""


async def test_without_a_workspace_or_by_the_setting_there_is_none(house: House, w: Path) -> None:
    await house.start()
    await house.run_until(await house.begin(flow(step("a"))))
    assert list(house.folder.rglob("*.penstock")) == []
    await house.stop()
    house.configure("runs", status_file=False)
    await house.start()
    await house.run_until(await house.begin(flow(step("a"), top=TOP), inputs={"w": str(w)}))
    assert list(w.iterdir()) == []


@pytest.mark.parametrize("part", [".penstock", ".penstock/runs", ".penstock/runs/RUN"])
async def test_nothing_is_written_over_a_link(d: House, w: Path, tmp_path: Path, part: str) -> None:
    hold = Hold()
    d.script.on("a", hold)
    run_id = await d.begin(flow(step("a"), top=TOP), inputs={"w": str(w)})
    await hold.begun()
    await trio.sleep(1)
    (tmp_path / "elsewhere").mkdir()
    at = w / part.replace("RUN", run_id)
    at.rename(tmp_path / "moved")
    at.symlink_to(tmp_path / "elsewhere")
    hold.open()
    assert (await d.run_until(run_id))["status"] == "completed"
    await trio.testing.wait_all_tasks_blocked()
    assert list((tmp_path / "elsewhere").iterdir()) == []


async def test_a_link_in_place_of_the_file_is_replaced_and_not_followed(d: House, w: Path, tmp_path: Path) -> None:
    hold = Hold()
    d.script.on("a", hold)
    run_id = await d.begin(flow(step("a"), top=TOP), inputs={"w": str(w)})
    await hold.begun()
    await trio.sleep(1)
    precious = tmp_path / "precious"
    precious.write_text("mine")
    for name in ("status.json", "status.json.part"):
        (w / ".penstock" / "runs" / run_id / name).unlink(missing_ok=True)
        (w / ".penstock" / "runs" / run_id / name).symlink_to(precious)
    hold.open()
    await d.run_until(run_id)
    await trio.testing.wait_all_tasks_blocked()
    assert (precious.read_text(), read(w, run_id)["status"]) == ("mine", "completed")
    assert not (w / ".penstock" / "runs" / run_id / "status.json").is_symlink()


async def test_a_workspace_that_takes_nothing_does_not_trouble_the_run(d: House, w: Path) -> None:
    (w / ".penstock").write_text("a file")
    run_id = await d.begin(flow(step("a"), top=TOP), inputs={"w": str(w)})
    assert (await d.run_until(run_id))["status"] == "completed"
    assert (w / ".penstock").read_text() == "a file"


async def test_a_file_that_a_crash_left_behind_the_log_is_written_anew_and_no_other_is_made(d: House, w: Path) -> None:
    run_id = await d.begin(flow(step("a"), top=TOP), inputs={"w": str(w)})
    other = await d.begin(flow(gate("ask"), top=TOP), inputs={"w": str(w)})
    await d.run_until(run_id)
    await d.run_until(other, "awaiting_approval")
    await d.stop()
    file = w / ".penstock" / "runs" / run_id / "status.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), "status": "running", "updated_at_ms": 1}))
    (w / ".penstock" / "runs" / other / "status.json").unlink()
    await d.start()
    await trio.testing.wait_all_tasks_blocked()
    assert read(w, run_id)["status"] == "completed"
    assert not (w / ".penstock" / "runs" / other / "status.json").exists()


async def test_it_goes_with_its_run(d: House, w: Path) -> None:
    run_id, other = [await d.begin(flow(step("a"), top=TOP), inputs={"w": str(w)}) for _ in range(2)]
    for one in (run_id, other):
        await d.run_until(one)
    await d.call("run.purge", run_id=run_id)
    assert [path.name for path in (w / ".penstock" / "runs").iterdir()] == [other]
