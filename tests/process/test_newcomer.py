"""The first command of the README as a newcomer gives it: a fresh clone, an empty home, nothing in the environment."""

from __future__ import annotations

import os
import subprocess
import tempfile
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parents[2]


def test_try_works_in_a_fresh_clone_with_an_empty_home() -> None:
    with tempfile.TemporaryDirectory(prefix="new-") as place:
        home, clone = Path(place, "home"), Path(place, "clone")
        home.mkdir()
        subprocess.run(["git", "clone", "--quiet", ROOT, clone], check=True, timeout=60)
        env = {"PATH": os.defpath + ":/usr/local/bin", "HOME": str(home)}
        done = subprocess.run([clone / "bin" / "try", "--yes"], env=env, cwd=home, capture_output=True, text=True, timeout=180, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "run completed" in done.stdout
        (report,) = home.glob(".local/share/penstock/runs/*/work/report.md")
        assert str(clone) in report.read_text()
        status = subprocess.run(["git", "-C", clone, "status", "--porcelain"], check=True, capture_output=True, text=True)
        assert status.stdout == "", "it has left traces in the clone"
