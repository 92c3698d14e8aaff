"""The filter of system calls as a file: processes under the guardian inherit no descriptor, so whoever wants it opens it by its path."""

from __future__ import annotations

import os
import platform
from pathlib import Path

from actors.agent.tools.seccomp import program

__all__ = ["lay"]


def lay(file: Path) -> str | None:
    """Where the filter for this machine lies, whole and for its owner alone; None where there is no filter for such a machine.

    It is compared at every use, so a file of another version, or one that a loss of power has cut, is replaced. Raises OSError.
    """
    wanted = program(platform.machine())
    if wanted is None:
        return None
    if not (file.is_file() and file.read_bytes() == wanted):
        part = file.with_name(f"{file.name}.part")
        fd = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        with os.fdopen(fd, "wb") as out:
            out.write(wanted)
        part.replace(file)
    return str(file.absolute())
