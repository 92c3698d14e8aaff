"""A process that has everything imported and forks a child for each command: a start costs milliseconds instead of the imports.

Reads one JSON object a line: {folder, scenario, crash_at} plays, {folder, inspect: run_id} tells what the log holds. Answers one line each:
{code, output}. It forks before any thread or loop exists, so a child is as good as a fresh process.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from pathlib import Path
from typing import Any

from tests.crash.inspect import inspect
from tests.crash.play import play
from tests.crash.stage import SCENARIOS

__all__ = ["main"]


def main() -> None:
    """Serve until standard input ends."""
    for line in sys.stdin:
        order = json.loads(line)
        output = Path(order["folder"], "output.json")
        output.unlink(missing_ok=True)
        pid = os.fork()
        if pid == 0:
            _child(order, output)
        _, status = os.waitpid(pid, 0)
        text = output.read_text() if output.exists() else "null"
        print(json.dumps({"code": os.waitstatus_to_exitcode(status), "output": json.loads(text)}), flush=True)


def _child(order: dict[str, Any], output: Path) -> None:
    folder = Path(order["folder"])
    log = os.open(folder / "stderr", os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    os.dup2(log, 2)
    code = 1
    try:
        if "inspect" in order:
            found: Any = inspect(folder, order["inspect"])
        else:
            found = play(folder, SCENARIOS[order["scenario"]], order["crash_at"])
        output.write_text(json.dumps(found))
        code = 0
    except BaseException:  # noqa: BLE001 - told to the test by the exit code and this text
        traceback.print_exc()
    finally:
        os._exit(code)


if __name__ == "__main__":
    main()
