"""The daemon dies right after the reply to a change was written: the client has it, and nothing more comes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from actors.control.client import Client, Disconnected

ROOT = Path(__file__).resolve().parents[3]
SERVER = """
import sys, trio
from tests.actors.control.fakes import FakeRuntime, served

async def main():
    async with served(FakeRuntime(run_pause={"status": "pausing"}, run_get={"run": {}})) as here:
        print(here.path, flush=True)
        await trio.sleep_forever()

trio.run(main)
"""


def test_the_point_is_reached_after_the_reply_and_by_changing_methods_only() -> None:
    env = {**os.environ, "PYTHONPATH": str(ROOT), "PENSTOCK_CRASH_AT": "reply.after:2"}
    with subprocess.Popen([sys.executable, "-c", SERVER], stdout=subprocess.PIPE, env=env, text=True) as server:
        assert server.stdout is not None
        path = Path(server.stdout.readline().strip())
        with Client(path, patience=10.0) as client:
            for _ in range(3):
                assert client.call("run.get", {"run_id": "r"}) == {"run": {}}
            for name in ("a", "b"):
                assert client.call("run.pause", {"run_id": "r", "request_id": name}) == {"status": "pausing"}
            with pytest.raises(Disconnected):
                client.call("run.get", {"run_id": "r"})
        assert server.wait(10) == -signal.SIGKILL
