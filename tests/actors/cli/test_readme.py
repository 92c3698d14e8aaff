"""The first workflow of README.md, typed off and run."""

from __future__ import annotations

import json
import re
from pathlib import Path

from tests.actors.cli.conftest import Penstock

README = (Path(__file__).parents[3] / "README.md").read_text()


def typed_off(folder: Path) -> Path:
    for name, code in re.findall(r"`(hello\.\w+)`:\n\n```\w+\n(.*?)```", README, re.DOTALL):
        (folder / name).write_text(code)
    return folder / "hello.yaml"


def test_the_first_workflow_of_the_readme_is_right_and_runs(alone: Penstock, tmp_path: Path) -> None:
    file = typed_off(tmp_path)
    assert alone("check", str(file)).output == f"{file}: ok\n"
    run = json.loads(alone("run", str(file), "-i", "name=you", "--yes", "--json").stdout)
    assert (run["status"], run["output"]) == ("completed", {"said": "said.txt"})
    assert (tmp_path / "data" / "runs" / run["run_id"] / "work" / "said.txt").read_text() == "HELLO YOU!\n"


def test_what_the_readme_shows_of_a_run_is_what_is_printed(alone: Penstock, tmp_path: Path) -> None:
    [shown] = re.findall(r"\$ penstock run hello\.yaml -i name=you\n(.*?)```", README, re.DOTALL)
    printed = alone("run", str(typed_off(tmp_path)), "-i", "name=you").output
    assert [_plain(line) for line in printed.splitlines()] == [_plain(line) for line in shown.splitlines()]


def _plain(line: str) -> str:
    """Without times, durations and the run's id."""
    return re.sub(r"run-[0-9a-f]{8}-[0-9a-f…-]+", "RUN", re.sub(r"\d+(\.\d+)?s\b|\d\d:\d\d:\d\d|\d+ seconds?", "T", line))
