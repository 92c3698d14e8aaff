"""The disk fails under a daemon at work: nothing is acknowledged that is not recorded, reading and cancelling go on, work resumes (G22)."""

from __future__ import annotations

import errno
import resource
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from actors.control.client import CallRefused, Disconnected
from tests.process.house import House, living, until
from tests.storage import shim

pytestmark = pytest.mark.slow
QUICK = "  - {id: a, python: 'steps:quick'}\n"
GATE = "  - {id: ask, gate: human_approval, prompt: Go?}\n"
WAIT = "  - {id: a, shell: 'touch up; while [ ! -e go ]; do sleep 0.02; done; echo done', MARK}\n"


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return shim.build(tmp_path_factory.mktemp("shim"))


@pytest.fixture
def plan(house: House, library: Path) -> Path:
    """A daemon whose calls on files of the database fail as the plan says."""
    path = house.folder / "plan"
    house.config.write_text('[daemon]\nshutdown_grace = "2s"\n[nodes]\nkill_grace = "300ms"\n')
    house.start(env={"LD_PRELOAD": str(library), "SHIM_DIR": str(house.data), "SHIM_PLAN": str(path)})
    return path


def _reads_work(house: House, run_id: str) -> None:
    assert run_id in [run["run_id"] for run in house.call("run.list")["runs"]]
    assert house.look(run_id)["run_id"] == run_id
    assert house.call("run.why", run_id=run_id)["run_id"] == run_id
    assert house.events(run_id)
    assert house.call("system.info")["store"]["fault"]


@contextmanager
def _broken(plan: Path, number: int) -> Iterator[None]:
    shim.plan(plan, "write", number, suffix="l")  # the WAL, and the trial whether writing works again
    try:
        yield
    finally:
        plan.unlink()


@pytest.mark.parametrize(
    ("number", "code"), [(errno.ENOSPC, "storage_full"), (errno.EDQUOT, "storage_full"), (errno.EROFS, "storage_read_only")]
)
def test_a_disk_that_takes_nothing_stops_acknowledgements_and_nothing_else(house: House, plan: Path, number: int, code: str) -> None:
    run_id, doomed, asking = house.run(WAIT), house.run(WAIT), house.run(GATE)
    for one in (run_id, doomed):
        house.wait_work(one)
    house.reach(asking, "awaiting_approval")
    with _broken(plan, number):
        words = {"text": f"penstock: 1\nworkflow: w\nnodes:\n{QUICK}", "notation": "yaml", "source": "w.yaml", "folder": str(house.folder)}
        for _ in range(3):
            assert house.refusal("run.start", **words).code == code
        assert house.refusal("gate.decide", run_id=asking, decision="approve").code == code
        assert house.refusal("workflow.put", **words).code == code
        _reads_work(house, run_id)
        (house.workdir(run_id) / "go").touch()  # it ends now, and nobody can record it
        refused = house.refusal("run.cancel", run_id=doomed)
        assert refused.code == code
        until(lambda: len(living(house.mark)) == 0, 10.0, "a cancel ends processes also when it cannot be recorded")
        assert house.node(run_id, "a")["status"] == "running"
    assert house.reach(run_id)["status"] == "completed"
    assert house.node(run_id, "a")["attempt"] == 1
    assert house.node(run_id, "a")["output"].strip() == "done"
    until(lambda: house.look(doomed)["status"] == "cancelled", 10.0, lambda: house.look(doomed))
    assert house.look(asking)["status"] == "awaiting_approval"
    house.change("gate.decide", run_id=asking, decision="approve")
    assert house.reach(asking)["status"] == "completed"
    assert house.reach(house.run(QUICK))["status"] == "completed"
    assert house.call("store.verify")["ok"]
    house.end()


def test_a_file_size_limit_is_a_full_disk_until_it_is_lifted(house: House) -> None:
    daemon = house.start()
    run_id, asking = house.run(WAIT), house.run(GATE)
    house.wait_work(run_id)
    house.reach(asking, "awaiting_approval")
    resource.prlimit(daemon.pid, resource.RLIMIT_FSIZE, (1, resource.RLIM_INFINITY))
    assert house.refusal("gate.decide", run_id=asking, decision="approve").code == "storage_full"
    _reads_work(house, run_id)
    resource.prlimit(daemon.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    (house.workdir(run_id) / "go").touch()
    assert house.reach(run_id)["status"] == "completed"
    house.end()


def test_a_daemon_with_a_full_disk_ends_in_time_and_the_next_one_goes_on(house: House, plan: Path) -> None:
    run_id, asking = house.run(WAIT), house.run(GATE)
    house.wait_work(run_id)
    house.reach(asking, "awaiting_approval")
    with _broken(plan, errno.ENOSPC):
        assert house.refusal("run.cancel", run_id=asking).code == "storage_full"
        assert house.end() < 3.0
        assert living(house.mark) == []
    house.start()
    (house.workdir(run_id) / "go").touch()
    assert house.reach(run_id)["status"] == "completed"


def _no_answer(house: House, run_id: str) -> None:
    """What cannot be recorded is not acknowledged: neither at once, nor by an answer that is remembered."""
    with house.client() as client, pytest.raises((Disconnected, CallRefused)):
        client.call("gate.decide", {"run_id": run_id, "decision": "approve", "request_id": "req-doubtful"})
    assert house.daemon.wait(3.0) == 70
    assert house.said().endswith("code: store_failed\n")
    until(lambda: not living(house.mark), 2.0)


def _decided_after_all(house: House, run_id: str) -> None:
    house.start()
    assert house.change("gate.decide", run_id=run_id, decision="approve", request_id="req-doubtful")["run_id"] == run_id
    assert house.reach(run_id)["status"] == "completed"
    assert house.kinds(run_id).count("approval_gate_decided") == 1
    assert house.call("store.verify")["ok"]


def test_an_error_of_fsync_ends_the_daemon_at_once_and_the_next_start_recovers(house: House, plan: Path) -> None:
    run_id, asking = house.run(WAIT), house.run(GATE)
    house.wait_work(run_id)
    house.reach(asking, "awaiting_approval")
    shim.plan(plan, "sync", errno.EIO, last=1, suffix="-wal")
    _no_answer(house, asking)
    _decided_after_all(house, asking)
    (house.workdir(run_id) / "go").touch()
    assert house.reach(run_id)["status"] == "completed"


def test_a_database_that_is_taken_away_ends_the_daemon_before_the_next_acknowledgement(house: House) -> None:
    house.start()
    run_id = house.run(GATE)
    house.reach(run_id, "awaiting_approval")
    (house.data / "penstock.db").rename(house.data / "elsewhere")
    _no_answer(house, run_id)
    (house.data / "elsewhere").rename(house.data / "penstock.db")
    _decided_after_all(house, run_id)


def test_a_foreign_writer_is_waited_for_and_then_named(house: House) -> None:
    house.start()
    run_id, asking = house.run(WAIT), house.run(GATE)
    house.wait_work(run_id)
    house.reach(asking, "awaiting_approval")
    with closing(sqlite3.connect(house.data / "penstock.db", isolation_level=None)) as foreign:
        foreign.execute("BEGIN IMMEDIATE")
        begun = time.monotonic()
        assert house.refusal("gate.decide", run_id=asking, decision="approve").code == "storage_busy"
        assert 4.0 < time.monotonic() - begun < 8.0
        assert house.look(run_id)["status"] == "running"
        (house.workdir(run_id) / "go").touch()
        foreign.execute("ROLLBACK")
    assert house.reach(run_id)["status"] == "completed"
