"""What people do with what was learned, from the command line, in real processes."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.process.house import BIN, House

pytestmark = pytest.mark.slow
FLOW = """penstock: 1
workflow: notes
metadata: {plan_package: {plan_revision: 1}}
nodes:
  - {id: draft, shell: "true"}
"""
PATCH = {"learning_id": "patch", "workflow_id": "notes", "kind": "graph_patch", "status": "approved", "summary": "split the node"}
FACT = {"content": "release notes are written in English", "category": "decision", "importance": 0.9}


def penstock(house: House, *words: str | Path, code: int = 0) -> str:
    """What the command prints, or says of its failure."""
    command: list[str | Path] = [BIN / "penstock", "--data", house.data, "--socket", house.socket, "--config", house.config, *words]
    told = subprocess.run(command, check=False, capture_output=True, text=True)
    assert told.returncode == code, told.stderr
    return str(told.stdout if code == 0 else told.stderr)


def test_a_person_remembers_facts_and_stores_a_changed_draft(house: House, tmp_path: Path) -> None:
    house.start()
    for name, text in (("notes.yaml", FLOW), ("patch.json", json.dumps(PATCH)), ("facts.json", json.dumps([FACT])), ("no.json", "{}")):
        (tmp_path / name).write_text(text)
    penstock(house, "workflow", "put", tmp_path / "notes.yaml")
    penstock(house, "learning", "put", tmp_path / "patch.json")
    assert "revision_not_found" in penstock(house, "learning", "draft", "patch", code=66)
    assert "Draft wfplan-session-" in penstock(house, "learning", "spawn-revision", "patch", "--title", "Two nodes")
    assert "Store it: penstock learning put-revision patch" in penstock(house, "learning", "show", "patch")
    definition = json.loads(penstock(house, "learning", "draft", "patch"))
    definition["flow"]["nodes"][0]["title"] = "Draft"
    (tmp_path / "next.json").write_text(json.dumps(definition))
    assert "version: 2" in penstock(house, "workflow", "put", tmp_path / "next.json")
    penstock(house, "learning", "spawn-revision", "patch")
    assert penstock(house, "learning", "put-revision", "patch").startswith("notes is version 3 now")

    assert "holds no list" in penstock(house, "learning", "distill", "talk", "--facts", tmp_path / "no.json", code=2)
    told = penstock(house, "learning", "distill", "talk", "--facts", tmp_path / "facts.json", "--workflow", "notes")
    assert "1 new fact, 0 known before" in told
    learning_id = told.split("\n")[1].split()[0]
    penstock(house, "learning", "review", learning_id, "approve")
    assert "remembered for the project notes" in penstock(house, "learning", "promote", learning_id, "--reason", "it holds")
    assert "workflow:notes, reviewed by uid:" in penstock(house, "learning", "show", learning_id)
