"""`penstock check` looks at what a workflow file needs beside it: scripts, and targets."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.actors.cli.conftest import Penstock


def test_check_looks_for_scripts_and_targets(alone: Penstock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file, here = tmp_path / "w.wf", tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    scripts = "\n".join(f'  script s{n} {{ run = "{run}" }}' for n, run in enumerate(("/no/such x", "./gone.sh", "./here.sh", "true"), 1))
    file.write_text(f'workflow w {{\n  meta {{ targets = ["repo", "nowhere"] }}\n{scripts}\n}}\n')
    (here / "here.sh").touch(0o755)
    [result] = json.loads(alone("check", str(file), "--json").output)
    assert [(one["code"], one["line"]) for one in result["problems"]] == [("unknown_target", 2), ("script_not_found", 3)]
    assert [(one["code"], one["line"]) for one in result["warnings"]] == [("script_not_found", 4)]
    (tmp_path / "penstock.toml").write_text(f'[flow]\ntargets = []\nskills_dir = "{tmp_path}"\n')
    (tmp_path / "gone.sh").touch(0o755)
    [result] = json.loads(alone("check", str(file), "--json").output)
    assert ([one["code"] for one in result["problems"]], result["warnings"]) == (["script_not_found"], [])
    (tmp_path / "penstock.toml").write_text("nonsense")
    assert alone("check", str(file)).exit_code == 2


CHILD = "workflow child { inputs { topic required } call look }"
PARENT = """workflow parent {
  call workflow child
  foreach each { over = tickets workflow = gone max_parallel = 1 ordered = true }
  if hidden.m { call act }
}
"""


def test_check_looks_for_the_workflows_that_a_file_begins(alone: Penstock, tmp_path: Path) -> None:
    child, parent, project = tmp_path / "c.wf", tmp_path / "parent.wf", tmp_path / ".penstock" / "workflows"
    child.write_text(CHILD)
    parent.write_text(PARENT)
    [result] = json.loads(alone("check", str(parent), "--json").output)
    assert [(one["code"], one["line"]) for one in result["problems"]] == [("foreach_provider_unknown", 3)]
    assert [(one["code"], one["line"]) for one in result["warnings"]] == [("sub_workflow_unseen", 2), ("sub_workflow_unseen", 3)]
    results = json.loads(alone("check", str(parent), str(child), "--json").output)
    assert [(one["code"], one["line"]) for one in results[0]["problems"]] == [("condition_node_not_produced", 4)]
    parent.write_text(PARENT.replace("hidden", "look"))
    (tmp_path / "penstock.toml").write_text('[item_providers.tickets]\ncommand = ["tickets"]\n')
    results = json.loads(alone("check", str(parent), str(child), "--json").output)
    codes = [("sub_workflow_input_missing", 2), ("foreach_order_unsupported", 3)]
    assert sorted((one["code"], one["line"]) for one in results[0]["problems"]) == sorted(codes)
    assert (results[1]["ok"], [one["code"] for one in results[0]["warnings"]]) == (True, ["sub_workflow_unseen"])
    project.mkdir(parents=True)
    (project / "gone.yaml").write_text("workflow: gone\nnodes:\n  - {id: a, workflow: parent}\n")
    results = json.loads(alone("check", str(parent), str(child), "--json").output)
    assert ("workflow_reference_cycle", 3) in [(one["code"], one["line"]) for one in results[0]["problems"]]
    (project / "gone.yaml").write_text("nonsense: [")
    results = json.loads(alone("check", str(parent), str(child), "--json").output)
    assert [one["code"] for one in results[0]["warnings"]] == ["sub_workflow_unseen"]
