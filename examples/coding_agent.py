"""The judge of examples/coding-agent.yaml: runs the repository's own tests on what the agent has left."""

from __future__ import annotations

import os
import shlex
import subprocess
from pathlib import Path
from typing import Any

__all__ = ["check"]

TOLD = 20_000
"""Characters of the tests' output that the agent is given; the end is what says what is wrong."""


def check(context: Any, command: str) -> dict[str, Any]:
    """The verdict: approved where the command ends with 0. Else its output lies in test-output.txt, where the agent reads it."""
    told = Path(context.workdir, "test-output.txt")
    told.unlink(missing_ok=True)  # it is of the change before
    try:
        done = subprocess.run(
            shlex.split(command), cwd=context.workdir, check=False, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, errors="replace",
            # Compiled files are compared by second and size: of two changes within one, the second would not be seen.
            env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        )  # fmt: skip
    except (OSError, ValueError) as error:
        raise RuntimeError(f"The tests cannot be run at all, so no agent can mend that: {command!r}: {error}") from error
    if done.returncode == 0:
        return {"status": "completed", "approved": True}
    told.write_text(done.stdout[-TOLD:])
    return {"status": "blocked", "approved": False, "blocked_reason": f"{command} ended with {done.returncode}"}
