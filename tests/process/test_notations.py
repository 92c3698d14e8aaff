"""A `.wf` file as a process meets it: checked, stored, the same version from another notation, and run."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.process.house import BIN, House

pytestmark = pytest.mark.slow
TRIAL = """workflow Trial {
  do {
    script first { run = "echo one" }
    script first { run = "echo two" }
  }
  always { script last { run = "echo three" } }
}
"""


def penstock(house: House, *words: str | Path) -> subprocess.CompletedProcess[str]:
    argv = [str(BIN / "penstock"), "--data", str(house.data), "--config", str(house.config), *map(str, words)]
    return subprocess.run(argv, check=False, capture_output=True, text=True, timeout=30, stdin=subprocess.DEVNULL)


def test_a_wf_file_is_checked_stored_converted_and_run(house: House, tmp_path: Path) -> None:
    house.start()
    wf, yaml, wrong = tmp_path / "trial.wf", tmp_path / "trial.yaml", tmp_path / "wrong.wf"
    wf.write_text(TRIAL)
    wrong.write_text("workflow Trial {\n  script s { timeout = 30m }\n}\n")
    assert penstock(house, "check", wf).stdout == f"{wf}: ok\n"
    assert penstock(house, "fmt", wf).stdout == f"{wf}: changed\n"
    stored = json.loads(penstock(house, "workflow", "put", wf, "--json").stdout)
    assert penstock(house, "convert", wf, "--to", "yaml", "-o", yaml).returncode == 0
    again = json.loads(penstock(house, "workflow", "put", yaml, "--json").stdout)
    assert (stored["workflow_id"], stored["created"], again["created"]) == ("trial", True, False)
    assert (again["digest"], again["version"]) == (stored["digest"], 1)
    refused = penstock(house, "workflow", "put", wrong)
    assert (refused.returncode, "2:26" in refused.stderr, "invalid_workflow" in refused.stderr) == (1, True, True)
    ran = penstock(house, "run", wf)
    assert ran.returncode == 0, ran
    assert [ran.stdout.index(f"{node}  completed") for node in ("first", "first.2", "last")] == sorted(
        ran.stdout.index(f"{node}  completed") for node in ("first", "first.2", "last")
    )


def test_workflows_of_a_project_are_listed_run_by_name_and_stored_with_those_that_begin_them(house: House, tmp_path: Path) -> None:
    house.start()
    flows = tmp_path / ".penstock" / "workflows"
    flows.mkdir(parents=True)
    (flows / "outer.wf").write_text("workflow outer { call workflow Inner }")
    (flows / "Inner.wf").write_text('workflow Inner { script s { run = "echo one" } call workflow deep }')
    (flows / "deep.yaml").write_text("penstock: 1\nworkflow: deep\nnodes: [{id: d, shell: echo deep}]\n")
    (flows / "broken.wf").write_text("workflow broken {")

    def here(*words: str | Path) -> subprocess.CompletedProcess[str]:
        argv = [str(BIN / "penstock"), "--data", str(house.data), "--config", str(house.config), *map(str, words)]
        return subprocess.run(argv, check=False, capture_output=True, text=True, timeout=30, stdin=subprocess.DEVNULL, cwd=tmp_path)

    listed = here("workflow", "discover", "--json")
    assert (listed.returncode, [one["name"] for one in json.loads(listed.stdout)["workflows"]]) == (2, ["Inner", "deep", "outer"])
    assert [one["file"] for one in json.loads(listed.stdout)["warnings"]] == [str(flows / "broken.wf")]
    ran = here("run", "outer", "--json")
    assert (ran.returncode, json.loads(ran.stdout)["status"]) == (0, "completed")
    stored = [line for line in ran.stderr.splitlines() if line.startswith("stored: ")]
    assert stored == [f"stored: deep version 1 ({flows / 'deep.yaml'})", f"stored: inner version 1 ({flows / 'Inner.wf'})"]
    (flows / "Inner.wf").write_text('workflow Inner { script s { run = "echo two" } }')
    again = here("workflow", "put", flows / "outer.wf")
    assert [line for line in again.stderr.splitlines() if "stored" in line] == [f"stored: inner version 2 ({flows / 'Inner.wf'})"]
    (flows / "broken.wf").unlink()
    put = here("workflow", "discover", "--put")
    assert (put.returncode, put.stdout.split()[0], put.stderr) == (0, "Inner", "")
    for name in ("inner", "deep", "outer"):
        assert here("workflow", "rm", name).returncode == 0
    (flows / "Inner.wf").write_text('workflow Inner { script s { run = "echo two" } call workflow deep }')
    (flows / "deep.yaml").rename(flows / "other.yaml")
    put = here("workflow", "discover", "--put")
    assert (put.returncode, [line.split()[1] for line in put.stderr.splitlines()]) == (0, ["deep", "inner", "outer"])
    (beside := tmp_path / "beside").mkdir()
    (beside / "near.wf").write_text('workflow near { script s { run = "true" } }')
    (beside / "top.wf").write_text("workflow top { call workflow near }")
    assert here("check", beside / "top.wf").returncode == 0
    assert here("run", beside / "top.wf").stderr.splitlines() == [f"stored: near version 1 ({beside / 'near.wf'})"]
