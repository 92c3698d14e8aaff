"""Set-up: what it installs and how, and that it does so only when something changed. The interpreter is a stand-in that notes its calls."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.architecture.sources import ROOT

STAND_IN = """#!/bin/sh
case "$*" in
  -V) echo Python 3.11.0 ;;
  "-m venv "*) for at; do :; done; mkdir -p "$at/bin" && cp "$0" "$at/bin/python" ;;
  "-m pip"*|*" -m pip"*) echo "$*" >> calls ;;
esac
case "$*" in *"$REFUSED"*) [ -z "$REFUSED" ] || exit 1 ;; esac
"""


class Checkout:
    """A copy of what set-up looks at, and a Python that only pretends."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        locks = ("requirements.lock", "tests/requirements.lock", "tests/llmock.lock", "tests/mcp.lock")
        for name in (*locks, "pyproject.toml", "bin/setup", "bin/penstock", "bin/penstockd"):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
        self.python = folder.parent / "python"
        self.python.write_text(STAND_IN)
        self.python.chmod(0o755)

    def setup(self, what: str, *, refused: str = "") -> tuple[int, list[str]]:
        """Exit status, and the calls of pip."""
        (self.folder / "calls").write_text("")
        env = {"PATH": "/usr/bin:/bin", "HOME": os.environ["HOME"], "PENSTOCK_PYTHON": str(self.python), "REFUSED": refused}
        argv = [str(self.folder / "bin/setup"), what]
        done = subprocess.run(argv, check=False, capture_output=True, text=True, cwd="/", env=env, timeout=60)
        return done.returncode, (self.folder / "calls").read_text().splitlines()


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return Checkout(tmp_path / "a folder with blanks")


def test_the_first_set_up_installs_the_lock_with_hashes_and_then_penstock(checkout: Checkout) -> None:
    code, calls = checkout.setup("run")
    assert code == 0
    assert "--require-hashes --no-deps -r requirements.lock" in calls[0]
    assert calls[1].endswith("--no-deps --no-build-isolation --force-reinstall -e .")


def test_the_second_set_up_does_nothing(checkout: Checkout) -> None:
    checkout.setup("run")
    assert checkout.setup("run") == (0, [])


def test_what_the_tests_need_contains_what_running_needs(checkout: Checkout) -> None:
    assert "-r tests/requirements.lock" in checkout.setup("test")[1][0]
    assert checkout.setup("run") == (0, [])


def test_each_server_that_tests_talk_to_gets_an_environment_of_its_own(checkout: Checkout) -> None:
    calls = checkout.setup("test")[1]
    into = [call.split("--python ")[1].split()[0] for call in calls]
    assert into == [".venv/bin/python", ".venv/llmock/bin/python", ".venv/mcp/bin/python", ".venv/bin/python"]
    assert "--require-hashes --no-deps -r tests/llmock.lock" in calls[1]
    assert "--require-hashes --no-deps -r tests/mcp.lock" in calls[2]


def test_what_running_needs_does_not_contain_what_the_tests_need(checkout: Checkout) -> None:
    checkout.setup("run")
    assert "-r tests/requirements.lock" in checkout.setup("test")[1][0]


@pytest.mark.parametrize("changed", ["requirements.lock", "pyproject.toml", "bin/penstock"])
def test_a_change_of_what_was_installed_installs_it_again(checkout: Checkout, changed: str) -> None:
    checkout.setup("run")
    with (checkout.folder / changed).open("a") as file:
        file.write("# changed\n")
    assert len(checkout.setup("run")[1]) == 2


def test_a_set_up_that_failed_is_tried_again(checkout: Checkout) -> None:
    checkout.setup("run")
    (checkout.folder / "requirements.lock").write_text("")
    code, _ = checkout.setup("run", refused="--require-hashes")
    assert code != 0
    code, calls = checkout.setup("run")
    assert (code, len(calls)) == (0, 2)


def test_an_environment_that_was_moved_is_made_anew(checkout: Checkout) -> None:
    checkout.setup("run")
    (checkout.folder / ".venv/bin/pytest").write_text("#!/the/old/place/.venv/bin/python")
    checkout.folder = checkout.folder.rename(checkout.folder.with_name("moved"))
    assert len(checkout.setup("run")[1]) == 2
    assert not (checkout.folder / ".venv/bin/pytest").exists()


def test_an_environment_whose_interpreter_is_gone_gets_another(checkout: Checkout) -> None:
    checkout.setup("run")
    (checkout.folder / ".venv/bin/python").unlink()
    assert len(checkout.setup("run")[1]) == 2
