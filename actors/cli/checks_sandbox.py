"""What the doctor looks at for commands of agents: whether the sandbox that they get runs here, its filter of system calls included."""

from __future__ import annotations

import platform
import shutil
import tempfile
from pathlib import Path

from actors.agent.tools.filter_file import lay
from actors.agent.tools.sandbox import FILTER, PROGRAM, Private, sandboxed
from actors.cli.checks_outside import Row

__all__ = ["look_at_sandbox"]


def look_at_sandbox() -> list[Row]:
    """Runs one command in it, in a folder that is gone afterwards."""
    from actors.cli.probe import probe

    bwrap = shutil.which(PROGRAM)
    if bwrap is None:
        advice = "install bubblewrap if agents are to run commands; without it their tool run_command is refused"
        return [("warn", f"{PROGRAM} is not on PATH", advice)]
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made).resolve()
        (work := folder / "work").mkdir()
        filtered = lay(folder / FILTER)
        trouble, _ms = probe(*sandboxed(bwrap, (), str(work), Private((str(folder),)), filtered))
    if trouble is not None:
        advice = "allow unprivileged user namespaces and filters of system calls (seccomp), or agents can run no commands"
        return [("warn", f"{bwrap}: {trouble}", advice)]
    runs = f"{bwrap} runs commands without network and other processes"
    if filtered is None:
        advice = (
            "the kernel's own rights are all that holds there; keep agents that run commands on x86_64 or aarch64 if that is too little"
        )
        return [("warn", f"{runs}; there is no filter of system calls for {platform.machine()}", advice)]
    return [("ok", f"{runs}, behind a filter of system calls", "")]
