"""The scripts that a newcomer starts: what they refuse before they do anything."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.architecture.sources import ROOT

SCRIPTS = ("bin/setup", "bin/test", "bin/try", ".ci/run")


def _run(*argv: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    env = {"PATH": os.environ["PATH"], "HOME": os.environ["HOME"]}
    return subprocess.run([str(ROOT / argv[0]), *argv[1:]], check=False, capture_output=True, text=True, cwd=cwd, env=env, timeout=60)


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_script_is_executable_and_its_syntax_is_sound(script: str) -> None:
    assert (ROOT / script).stat().st_mode & 0o111
    subprocess.run(["bash", "-n", str(ROOT / script)], check=True)


def test_continuous_integration_runs_what_a_developer_runs() -> None:
    lines = [line for line in (ROOT / ".ci/run").read_text().splitlines() if line and not line.startswith("#")]
    assert lines == ['exec "$(dirname "$0")/../bin/test"']


def test_try_explains_itself() -> None:
    done = _run("bin/try", "--help")
    assert done.returncode == 0
    assert "bin/try [PATH] [--yes]" in done.stdout


def test_try_refuses_an_unknown_option() -> None:
    assert _run("bin/try", "--frobnicate").returncode == 2


def test_try_takes_one_repository_at_a_time() -> None:
    assert _run("bin/try", "/a", "/b").returncode == 2


def test_try_refuses_a_folder_that_is_no_repository(tmp_path: Path) -> None:
    done = _run("bin/try", str(tmp_path))
    assert done.returncode == 66
    assert str(tmp_path) in done.stderr


def test_setup_refuses_an_unknown_set() -> None:
    assert _run("bin/setup", "everything").returncode == 2
