"""What /proc says is read without being fooled by names, pids used again or kernels without a list of children."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from actors.node.guardian.inside import procfs


def test_a_command_may_have_any_name(tmp_path: Path) -> None:
    program = tmp_path / "a) S 1 (b"
    program.symlink_to("/bin/sleep")
    with subprocess.Popen([program, "1000"]) as process:
        found = procfs.stat(process.pid)
        process.kill()
    assert found is not None
    assert (found.parent, found.state) == (os.getpid(), b"S") or found.state == b"R"


def test_nobody_has_no_stat_no_children_and_no_environment() -> None:
    with subprocess.Popen(["true"]) as gone:
        pass
    assert procfs.stat(gone.pid) is None
    assert procfs.children(gone.pid) == []
    assert procfs.environment(gone.pid) == b""


def test_children_are_found_without_help_of_the_kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    with subprocess.Popen(["sleep", "1000"]) as child:
        expected = procfs.children(os.getpid())
        monkeypatch.setattr(procfs, "HAS_CHILDREN", False)
        assert child.pid in expected
        assert sorted(procfs.children(os.getpid())) == sorted(expected)
        child.kill()


def test_a_signal_reaches_only_the_process_that_was_seen() -> None:
    with subprocess.Popen(["sleep", "1000"]) as process:
        found = procfs.stat(process.pid)
        assert found is not None
        assert not procfs.send_signal(found._replace(started=found.started + 1), signal.SIGKILL)
        assert process.poll() is None
        assert procfs.send_signal(found, signal.SIGKILL)
    assert not procfs.send_signal(found, signal.SIGKILL)


def test_a_zombie_is_dead_but_for_its_threads() -> None:
    script = (
        "import threading, ctypes, time\nthreading.Thread(target=time.sleep, args=(1000,)).start()\nctypes.CDLL(None).pthread_exit(None)\n"
    )
    with subprocess.Popen([sys.executable, "-c", script]) as process:
        while (found := procfs.stat(process.pid)) and found.state != b"Z":
            os.sched_yield()
        assert found is not None
        assert procfs.alive(found)
        process.kill()
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        assert not procfs.alive(procfs.stat(process.pid))


def test_a_variable_is_found_by_its_whole_name() -> None:
    block = b"AB=1\0A=2\0A=3\0EMPTY=\0"
    assert procfs.variable(block, b"A") == b"2"
    assert procfs.variable(block, b"EMPTY") == b""
    assert procfs.variable(block, b"B") is None
