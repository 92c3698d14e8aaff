"""The process is killed before and after every commit and after every reply of each canonical scenario, and a second one goes on.

Then the run has come to the same end as without the crash, nothing that was acknowledged is lost, no recorded completion was run again, and
nothing was started more often than a crash explains.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.crash.stage import SCENARIOS

ROOT = Path(__file__).parent.parent.parent
POINTS = ("commit.before", "commit.after", "reply.after")
KILLED = -9


class Conductor:
    def __init__(self) -> None:
        command = [sys.executable, "-m", "tests.crash.conductor"]
        self._process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def order(self, folder: Path, **order: Any) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"folder": str(folder), **order}) + "\n")
        self._process.stdin.flush()
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        return answer

    def close(self) -> None:
        assert self._process.stdin is not None
        with self._process:
            self._process.stdin.close()


@pytest.fixture(scope="module")
def conductor() -> Iterator[Conductor]:
    made = Conductor()
    yield made
    made.close()


def _acks(folder: Path) -> list[dict[str, Any]]:
    path = folder / "acks"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def _effects(folder: Path) -> Counter[str]:
    path = folder / "effects"
    return Counter(line.split()[0] for line in path.read_text().splitlines()) if path.exists() else Counter()


def _completed(found: dict[str, Any]) -> set[tuple[str, int]]:
    return {(fields["node_id"], fields.get("instance", 1)) for _, kind, fields in found["events"] if kind == "node_completed"}


def _check_log(found: dict[str, Any]) -> None:
    """What holds for every log: contiguous, one ending at the end, nothing starts again that was completed, no claim left."""
    assert [seq for seq, _, _ in found["events"]] == list(range(1, len(found["events"]) + 1))
    endings = ("run_completed", "run_failed", "run_stopped")
    assert [kind for _, kind, _ in found["events"] if kind in endings or kind == "report_written"][-2:][1] == "report_written"
    assert sum(kind in endings for _, kind, _ in found["events"]) == 1
    done: set[tuple[str, int]] = set()
    for _, kind, fields in found["events"]:
        name = (fields.get("node_id"), fields.get("instance", 1))
        assert not (kind == "node_started" and name in done), f"{name} was started again"
        if kind == "node_completed":
            done.add(name)
    assert found["held"] == []
    assert found["sound"]
    assert found["line"] == found["run"]["status"]


def _check_end(name: str, found: dict[str, Any], folder: Path) -> None:
    scenario = SCENARIOS[name]
    assert found["runs"] == 1
    assert found["run"]["status"] == scenario.status, found["run"].get("detail")
    assert {node["node_id"]: node["status"] for node in found["run"]["nodes"]} == scenario.nodes
    for ack in _acks(folder):
        recorded = found["receipts"][ack["request_id"]]
        assert {key: ack["answer"][key] for key in recorded} == recorded
    assert Path(found["run"]["report_path"]).exists()


def _sweep(conductor: Conductor, place: Path, name: str, point: str) -> int:
    for n in range(1, 200):
        folder = place / f"{point}-{n}"
        folder.mkdir()
        first = conductor.order(folder, scenario=name, crash_at=f"{point}:{n}")
        if first["code"] == 0:
            return n - 1
        assert first["code"] == KILLED, (folder / "stderr").read_text()
        before, effects = conductor.order(folder, inspect=None)["output"], _effects(folder)
        second = conductor.order(folder, scenario=name, crash_at="")
        assert second["code"] == 0, f"after {point}:{n}\n" + (folder / "stderr").read_text()
        after = conductor.order(folder, inspect=second["output"])["output"]
        where = f"{name}, killed at {point}:{n}"
        _check_log(after)
        _check_end(name, after, folder)
        assert after["events"][: len(before["events"])] == before["events"], f"{where}: recorded facts changed"
        for node_id, _ in _completed(before):
            assert _effects(folder)[node_id] == effects[node_id], f"{where}: {node_id} was recorded as completed and ran again"
        most = 3 if name == "retry" else 2
        assert all(count <= most for count in _effects(folder).values()), f"{where}: {_effects(folder)}"
    raise AssertionError(f"{name} reaches {point} more often than anybody expects")


@pytest.fixture
def place() -> Iterator[Path]:
    """A short path: a socket's must not be longer than 107 bytes."""
    with tempfile.TemporaryDirectory(prefix="kill-") as folder:
        yield Path(folder)


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_run_survives_a_kill_at_every_commit_and_after_every_reply(conductor: Conductor, place: Path, name: str) -> None:
    whole = place / "whole"
    whole.mkdir()
    assert conductor.order(whole, scenario=name, crash_at="")["code"] == 0, (whole / "stderr").read_text()
    found = conductor.order(whole, inspect=None)["output"]
    _check_log(found)
    _check_end(name, found, whole)
    commits = sum(kind in ("node_completed", "node_failed", "run_created") for _, kind, _ in found["events"])
    crashes = {point: _sweep(conductor, place, name, point) for point in POINTS}
    assert crashes["commit.before"] >= min(commits, 4)
    assert crashes["commit.after"] >= min(commits, 4)
    assert crashes["reply.after"] >= 1 + (SCENARIOS[name].decide is not None) + (SCENARIOS[name].signal is not None) + (
        SCENARIOS[name].cancel_at is not None
    )
