"""One run as `penstock show` prints it."""

from __future__ import annotations

import pytest

from actors.cli.ending import conclude
from actors.cli.run_page import print_run


def test_nodes_stand_below_their_group_and_values_are_json(capsys: pytest.CaptureFixture[str]) -> None:
    nodes = [("g", None), ("inner", "g"), ("deep", "inner"), ("after", None)]
    print_run({
        "run_id": "run-1", "workflow_id": "w", "version": 1, "inputs": {"deep": False, "name": "a"},
        "nodes": [
            {"node_id": name, "kind": "shell", "status": "pending", "attempt": 0, **({} if group is None else {"group": group})}
            for name, group in nodes
        ],
    })  # fmt: skip
    lines = capsys.readouterr().out.splitlines()
    assert lines[1:3] == ["  input deep = false", "  input name = a"]
    assert [line.split("  shell")[0].rstrip() for line in lines[4:]] == ["g", "  inner", "    deep", "after"]


def test_the_node_to_retry_is_the_one_that_failed_the_run(capsys: pytest.CaptureFixture[str]) -> None:
    error = {"code": "exit", "message": "no"}
    nodes = [{"node_id": name, "kind": "shell", "status": "failed", "attempt": 1, "error": error} for name in ("branch", "last")]
    conclude(
        {"run_id": "r", "status": "failed", "nodes": nodes, "detail": {"code": "nodes_failed", "node_ids": ["last"]}},
        embedded=False,
        as_json=False,
    )
    assert "penstock retry r last " in capsys.readouterr().out
    conclude({"run_id": "r", "status": "failed", "nodes": nodes, "detail": {"code": "budget"}}, embedded=False, as_json=False)
    assert "penstock retry r branch " in capsys.readouterr().out
