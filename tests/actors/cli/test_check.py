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
