"""A daemon as a process of its own, in a folder of its own, and what a test says to it. Nothing here looks inside the daemon."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Literal, TypeVar

from actors.control.client import CallRefused, Client

__all__ = ["BIN", "ENDED", "House", "living", "until"]

T = TypeVar("T")
BIN = Path(sys.executable).parent
ENDED = ("completed", "failed", "cancelled", "blocked")
STEPS = Path(__file__).parent


def until(look: Callable[[], T | Literal[False]], seconds: float = 10.0, what: object = "") -> T:
    """The first true answer of `look`; asked again and again, for nothing tells us when another process has come that far."""
    end = time.monotonic() + seconds
    while True:
        found = look()
        if found:
            return found
        assert time.monotonic() < end, f"not within {seconds} s: {what() if callable(what) else what}"
        time.sleep(0.01)


def living(mark: str) -> list[int]:
    """The processes that carry the mark in the environment with which they were started; the dead are not among them."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with suppress(OSError):
                if mark.encode() in (entry / "environ").read_bytes():
                    found.append(int(entry.name))
    return found


class House:
    """A folder with a data folder in it, and one daemon after the other over it."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.data = folder, folder / "data"
        self.socket = self.data / "run" / "control.sock"
        self.config = folder / "penstock.toml"
        self.mark = f"PROCESS_TEST={folder.name}"
        self.daemons: list[subprocess.Popen[bytes]] = []
        self._requests = 0

    # The daemon

    def launch(self, *words: str, env: Mapping[str, str] | None = None) -> subprocess.Popen[bytes]:
        """Start a daemon and do not wait. Its errors go to a file of its own."""
        argv = [str(BIN / "penstockd"), "--data", str(self.data), "--config", str(self.config), *words]
        with (self.folder / f"stderr-{len(self.daemons)}").open("wb") as errors:
            daemon = subprocess.Popen(argv, env={**os.environ, **(env or {})}, cwd=self.folder, stdin=subprocess.DEVNULL, stderr=errors)
        self.daemons.append(daemon)
        return daemon

    def start(self, *words: str, env: Mapping[str, str] | None = None) -> subprocess.Popen[bytes]:
        """Start a daemon and wait until it answers."""
        daemon = self.launch(*words, env=env)
        with self.client(15.0) as client:
            assert client.call("system.info")["pid"] == daemon.pid
        return daemon

    @property
    def daemon(self) -> subprocess.Popen[bytes]:
        return self.daemons[-1]

    def said(self, number: int = -1) -> str:
        """What a daemon wrote to its standard error."""
        return (self.folder / f"stderr-{number % len(self.daemons)}").read_text()

    def kill(self) -> None:
        """kill -9, and wait for the death."""
        self.daemon.kill()
        self.daemon.wait(5)

    def end(self, number: int = signal.SIGTERM, within: float = 12.0) -> float:
        """Send the signal and wait for exit code 0; how long it took, in seconds."""
        begun = time.monotonic()
        self.daemon.send_signal(number)
        code = self.daemon.wait(within)
        assert code == 0, f"exit code {code}: {self.said()}"
        return time.monotonic() - begun

    def clear(self) -> None:
        """After the test: nobody of ours is left."""
        for daemon in self.daemons:
            if daemon.poll() is None:
                daemon.kill()
                daemon.wait(5)
        try:
            until(lambda: not living(self.mark), 5.0, lambda: f"processes of steps: {living(self.mark)}")
        finally:
            for pid in living(self.mark):
                os.kill(pid, signal.SIGKILL)

    # The client

    @contextmanager
    def client(self, patience: float = 5.0) -> Iterator[Client]:
        with Client(self.socket, patience=patience, timeout=20.0) as client:
            yield client

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        """One request on a connection of its own."""
        with self.client() as client:
            return client.call(method, params)

    def change(self, method: str, **params: Any) -> dict[str, Any]:
        """One changing request, with a new request id."""
        self._requests += 1
        return self.call(method, **{"request_id": f"{self.folder.name}-{os.getpid()}-{self._requests}", **params})

    def refusal(self, method: str, **params: Any) -> CallRefused:
        """The refusal that a changing request gets."""
        try:
            answer = self.change(method, **params)
        except CallRefused as refused:
            return refused
        raise AssertionError(f"{method} was not refused: {answer}")

    def run(self, nodes: str, *, head: str = "limits: {parallel: 8}\n", more: str = "", **params: Any) -> str:
        """Start a run of these nodes; its id. MARK in the text becomes an `env` with which the test finds the processes."""
        name, _, value = self.mark.partition("=")
        text = f"penstock: 1\nworkflow: test\n{head}nodes:\n{nodes}{more}".replace("MARK", f"env: {{{name}: {value}}}")
        params = {"text": text, "notation": "yaml", "source": "test.yaml", "folder": str(STEPS), **params}
        return str(self.change("run.start", **params)["run_id"])

    def look(self, run_id: str) -> dict[str, Any]:
        run: dict[str, Any] = self.call("run.get", run_id=run_id)["run"]
        return run

    def node(self, run_id: str, node_id: str) -> dict[str, Any]:
        return next(node for node in self.look(run_id)["nodes"] if node["node_id"] == node_id)

    def wait_node(self, run_id: str, node_id: str, status: str) -> dict[str, Any]:
        """The node, once it has the status."""
        return until(lambda: (node := self.node(run_id, node_id))["status"] == status and node, 10.0, lambda: self.look(run_id))

    def workdir(self, run_id: str) -> Path:
        """The private working folder of a run."""
        return self.data / "runs" / run_id / "work"

    def wait_work(self, run_id: str, name: str = "up") -> Path:
        """A file that a step of the run makes in its working folder, once it is there."""
        path = self.workdir(run_id) / name
        until(path.exists, 10.0, lambda: self.look(run_id))
        return path

    def reach(self, run_id: str, *statuses: str, seconds: float = 15.0) -> dict[str, Any]:
        """Wait until the run has one of the statuses (default: any ending)."""
        return until(lambda: (run := self.look(run_id))["status"] in (statuses or ENDED) and run, seconds, lambda: self.look(run_id))

    def events(self, run_id: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.call("run.events", run_id=run_id)["events"]
        return found

    def kinds(self, run_id: str) -> list[str]:
        return [event["event"] for event in self.events(run_id)]

    # The folder

    def digest(self) -> dict[str, str]:
        """What every file below the data folder holds, by its path; for comparing before and after."""
        found = {}
        for path in sorted(self.data.rglob("*")):
            info = path.lstat()
            content = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() and not path.is_symlink() else ""
            found[str(path.relative_to(self.data))] = f"{info.st_mode:o} {info.st_size} {content}"
        return found
