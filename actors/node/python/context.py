"""What a python node may know about its attempt, and its one way to say how far it is."""

from __future__ import annotations

import os
from pathlib import Path

__all__ = ["Context"]


class Context:
    """Given to a function that names a parameter `context`. Paths are absolute; `attempt` counts from 1."""

    __slots__ = ("_log", "attempt", "idempotency_key", "node_id", "run_dir", "run_id", "workdir")

    def __init__(self, run_id: str, node_id: str, attempt: int, workdir: str, run_dir: str, idempotency_key: str, log: str) -> None:
        self.run_id = run_id
        self.node_id = node_id
        self.attempt = attempt
        self.workdir = workdir
        self.run_dir = run_dir
        self.idempotency_key = idempotency_key
        self._log = log

    def progress(self, text: object) -> None:
        """Write one line to the attempt's log. From any thread."""
        Path(self._log).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        fd = os.open(self._log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        try:
            os.write(fd, f"{text}\n".encode(errors="replace"))
        finally:
            os.close(fd)
