"""One process: a daemon with its real socket, and a client in a thread of its own that drives the scenario and notes what was answered."""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import trio

from actors.config import Config
from actors.control.client import CallRefused, Client
from actors.daemon import Daemon
from actors.paths import Places, resolve
from storage import crashpoints
from tests.crash.stage import Scenario

__all__ = ["places_in", "play"]

LONGEST_S = 30.0


def places_in(folder: Path) -> Places:
    """The daemon's places below the test's folder."""
    return resolve({}, data=folder / "data", config=folder / "none.toml")


def play(folder: Path, scenario: Scenario, crash_at: str) -> str:
    """Drive the scenario to its end, or to the process's. Answers the run's id."""
    os.environ["CRASH_EFFECTS"] = str(folder / "effects")
    daemon = Daemon(places_in(folder), Config(), embedded=True)
    result: list[str] = []
    failed: list[BaseException] = []

    async def serve() -> None:
        token = trio.lowlevel.current_trio_token()

        def drive() -> None:
            try:
                result.append(_drive(folder, scenario))
            except BaseException as error:  # noqa: BLE001 - raised again below, in the thread that counts
                failed.append(error)
            finally:
                token.run_sync_soon(daemon.stop, "the story is told")

        async with trio.open_nursery() as nursery:
            await nursery.start(daemon.run)
            threading.Thread(target=drive).start()

    crashpoints.arm(crash_at)
    trio.run(serve)
    if failed:
        raise failed[0]
    return result[0]


def _drive(folder: Path, scenario: Scenario) -> str:
    client = Client(places_in(folder).socket, patience=5.0)
    acks = os.open(folder / "acks", os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)

    def ask(method: str, request_id: str, **params: Any) -> dict[str, Any]:
        answer: dict[str, Any] = client.call(method, {**params, "request_id": request_id})
        os.write(acks, json.dumps({"request_id": request_id, "method": method, "answer": answer}).encode() + b"\n")
        return answer

    steps = str(Path(__file__).parent)
    run_id = str(ask("run.start", "start", text=scenario.text, notation="yaml", source="crash.yaml", folder=steps)["run_id"])
    if scenario.signal is not None:
        ask("signal.send", "signal", run_id=run_id, name=scenario.signal)
    if scenario.cancel_at is not None:
        _wait(client, run_id, lambda run: run["status"] == "cancelled" or _node(run, scenario.cancel_at)["status"] == "running")
        ask("run.cancel", "cancel", run_id=run_id)
    if scenario.decide is not None:
        _wait(client, run_id, lambda run: bool(run["open_gates"]) or bool(run["gate_history"]))
        ask("gate.decide", "decide", run_id=run_id, decision=scenario.decide)
    _wait(client, run_id, lambda run: run["status"] in ("completed", "failed", "cancelled", "blocked") and "report_path" in run)
    return run_id


def _node(run: dict[str, Any], node_id: str | None) -> dict[str, Any]:
    return next(node for node in run["nodes"] if node["node_id"] == node_id)


def _wait(client: Client, run_id: str, holds: Callable[[dict[str, Any]], bool]) -> None:
    until = time.monotonic() + LONGEST_S
    run: dict[str, Any] = {}
    while time.monotonic() < until:
        try:
            run = client.call("run.get", {"run_id": run_id})["run"]
        except CallRefused as refused:
            run = {"refused": str(refused), "status": "", "nodes": [{"node_id": "", "status": ""}], "open_gates": [], "gate_history": []}
        if holds(run):
            return
        time.sleep(0.002)
    raise AssertionError(f"the run did not get there in {LONGEST_S} s: {json.dumps(run)[:2000]}")
