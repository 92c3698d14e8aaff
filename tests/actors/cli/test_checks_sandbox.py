"""What the doctor says of the sandbox for commands of agents."""

from __future__ import annotations

import platform
import shutil

import pytest

from actors.agent.tools.seccomp import MACHINES
from actors.cli import probe
from actors.cli.checks_sandbox import look_at_sandbox
from tests.actors.cli.conftest import Penstock


@pytest.mark.parametrize(
    ("program", "machine", "trouble", "level", "words"),
    [
        (None, "x86_64", None, "warn", "not on PATH"),
        ("/b/bwrap", "x86_64", None, "ok", "behind a filter"),
        ("/b/bwrap", "aarch64", "did not run", "warn", "did not run"),
        ("/b/bwrap", "riscv64", None, "warn", "no filter of system calls for riscv64"),
    ],
    ids=["missing", "sound", "forbidden", "unfiltered"],
)
def test_the_doctor_looks_for_the_sandbox(
    monkeypatch: pytest.MonkeyPatch, program: str | None, machine: str, trouble: str | None, level: str, words: str
) -> None:
    monkeypatch.setattr("shutil.which", lambda _: program)
    monkeypatch.setattr(platform, "machine", lambda: machine)
    monkeypatch.setattr(probe, "probe", lambda *around: (trouble, 1.0) if program in around else ("not in it", 1.0))
    [(said, text, advice)] = look_at_sandbox()
    assert (said, words in text, bool(advice)) == (level, True, level == "warn")


@pytest.mark.skipif(
    shutil.which("bwrap") is None or platform.machine() not in MACHINES,
    reason="bubblewrap is not installed, or this machine has no filter: what the doctor says of a sandbox that runs is not seen",
)
def test_the_doctor_tries_the_sandbox_that_agents_get(alone: Penstock) -> None:
    assert "runs commands without network and other processes, behind a filter of system calls" in " ".join(alone("doctor").output.split())
