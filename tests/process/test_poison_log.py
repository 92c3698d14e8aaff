"""A rotten log, a rotten content, a run that kills daemons: that run is locked away with its reason, all others go on (G15, F24)."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing

import pytest

from actors.control.client import CallRefused
from storage.sums import next_sum
from tests.process.house import House, until

pytestmark = pytest.mark.slow
WORK = "  - {id: a, shell: 'touch up; while [ ! -e go ]; do sleep 0.02; done', MARK}\n"
Poison = Callable[[sqlite3.Connection, int], None]
LAST = "WHERE stream = :s AND seq = (SELECT max(seq) FROM journal WHERE stream = :s)"


def _edit(statement: str) -> Poison:
    def change(db: sqlite3.Connection, stream: int) -> None:
        assert db.execute(statement, {"s": stream}).rowcount == 1

    return change


def _forge(kind: str, data: bytes) -> Poison:
    """A last event with a correct sum: as a defect of ours would write it."""

    def change(db: sqlite3.Connection, stream: int) -> None:
        rows = db.execute("SELECT seq, at_ms, sum FROM journal WHERE stream = ? ORDER BY seq", (stream,)).fetchall()
        (_, _, before), (seq, at_ms, _) = rows[-2:]
        row = (kind, data, next_sum(before, seq, at_ms, kind, data), stream, seq)
        db.execute("UPDATE journal SET kind = ?, data = ?, sum = ? WHERE stream = ? AND seq = ?", row)

    return change


POISONS: dict[str, Poison] = {
    "other data": _edit(f"UPDATE journal SET data = x'7b7d' {LAST}"),
    "no JSON": _edit(f"UPDATE journal SET data = x'ff00ff' {LAST}"),
    "no sum": _edit(f"UPDATE journal SET sum = x'' {LAST}"),
    "other kind": _edit(f"UPDATE journal SET kind = 'never_heard_of' {LAST}"),
    "missing": _edit("DELETE FROM journal WHERE stream = :s AND seq = 2"),
    "unknown kind": _forge("never_heard_of", b"{}"),
    "undecodable": _forge("node_started", b'{"node_id": 7, "nonsense": []}'),
    "not JSON, well summed": _forge("node_started", b"\xff\x00"),
    "unfoldable": _forge("node_started", b'{"node_id":"nobody","attempt":1,"instance":1,"idempotency_key":"k"}'),
}


@pytest.mark.parametrize("name", POISONS)
def test_a_run_with_a_rotten_event_is_locked_away_and_the_others_go_on(house: House, name: str) -> None:
    house.start()
    rotten, sound = house.run(WORK), house.run(WORK)
    for run_id in (rotten, sound):
        house.wait_work(run_id)
    house.kill()
    with closing(sqlite3.connect(house.data / "penstock.db")) as db, db:
        (stream,) = db.execute("SELECT id FROM streams WHERE name = ?", (rotten,)).fetchone()
        POISONS[name](db, stream)
    house.start()
    (house.workdir(sound) / "go").touch()
    assert house.reach(sound)["status"] == "completed"

    def line() -> dict[str, str]:
        return next(run for run in house.call("run.list")["runs"] if run["run_id"] == rotten)

    until(lambda: line()["status"] in ("blocked", "failed"), 5.0, line)
    assert line()["detail"] in ("checkpoint_recovery_failed", "run_task_panicked")
    with pytest.raises(CallRefused) as refused:
        house.call("run.why", run_id=rotten)
    assert refused.value.code == "run_log_unreadable"
    assert house.daemon.poll() is None
    house.end()


def test_a_damaged_definition_concerns_its_runs_only(house: House) -> None:
    house.start()
    first = house.run("  - {id: ask, gate: human_approval, prompt: Go?}\n")
    house.reach(first, "awaiting_approval")
    digest = house.look(first)["digest"]
    house.kill()
    (blob,) = (house.data / "blobs").rglob(digest[2:])
    blob.chmod(0o600)
    blob.write_bytes(blob.read_bytes().replace(b"Go?", b"No?"))
    house.start()
    refused = house.refusal("gate.decide", run_id=first, decision="approve")
    assert refused.code not in ("internal", "timeout"), refused
    other = house.run("  - {id: a, python: 'steps:quick'}\n")
    assert house.reach(other)["status"] == "completed"
    assert house.daemon.poll() is None


def test_a_node_that_kills_daemons_is_failed_and_other_runs_go_on(house: House) -> None:
    house.start()
    other = house.run("  - {id: ask, gate: human_approval, prompt: Go?}\n")
    house.reach(other, "awaiting_approval")
    deadly = house.run("  - {id: a, python: 'steps:vanish'}\n")
    for _ in range(3):
        assert house.daemon.wait(10) == 7
        house.launch()
    run = house.reach(deadly)
    assert (run["status"], house.node(deadly, "a")["status"]) == ("failed", "failed")
    assert house.kinds(deadly).count("node_started") == 3
    house.change("gate.decide", run_id=other, decision="approve")
    assert house.reach(other)["status"] == "completed"


def test_a_run_over_which_starts_die_is_found_and_locked_away(house: House) -> None:
    house.start()
    runs = [house.run(WORK) for _ in range(3)]
    for run_id in runs:
        house.wait_work(run_id)
    house.kill()
    for commit in (2, 2, 2, 3, 3, 3):  # after the note that it began; then after the note which run it opens
        assert house.launch(env={"PENSTOCK_CRASH_AT": f"commit.before:{commit}"}).wait(10) == -9, house.said()
    house.start()
    ended = [run_id for run_id in runs if house.look(run_id)["status"] == "failed"]
    assert len(ended) == 1
    assert "run_failed_panic" in house.kinds(ended[0])
    for run_id in set(runs) - set(ended):
        (house.workdir(run_id) / "go").touch()
        assert house.reach(run_id)["status"] == "completed"
    assert house.reach(house.run("  - {id: a, python: 'steps:quick'}\n"))["status"] == "completed"
