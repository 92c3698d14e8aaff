"""G19, G21: ends in time, starts wholly or not at all."""

from __future__ import annotations

import hashlib
import sqlite3
from pathlib import Path

import pytest
import trio

from actors.control.endpoint import EndpointRefused
from storage import OpenRefused
from tests.scenarios.flows import flow, gate, step
from tests.scenarios.harness import House
from tests.scenarios.history import Life
from tests.scenarios.host import Host
from tests.scenarios.inside import tampered
from tests.scenarios.script import Hold, take


def picture(folder: Path) -> str:
    """A hash of every file of the folder that holds data."""
    names = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != "penstock.db-shm")
    return hashlib.sha256(b"".join(str(path.relative_to(folder)).encode() + path.read_bytes() for path in names)).hexdigest()


def settle(folder: Path) -> None:
    """Bring the log into the database, so that a look at it changes no byte."""
    db = sqlite3.connect(folder / "penstock.db")
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()


async def refused_start(d: House) -> OpenRefused | EndpointRefused:
    """Start a daemon that must not start; the refusal. What it wrote is compared by invariant G21."""
    before = picture(d.places.data)
    host = Host(d.places, d.config, d.clock, Life(99, trio.current_time()), d.point)
    with pytest.raises((OpenRefused, EndpointRefused)) as caught, trio.fail_after(5):
        await host.run()
    d.history.refused_starts.append((before, picture(d.places.data)))
    error = caught.value
    assert isinstance(error, OpenRefused | EndpointRefused)
    return error


async def test_g21_a_second_daemon_of_the_folder_is_refused_and_the_first_goes_on(d: House) -> None:
    run_id = await d.begin(flow(gate("ask")))
    await d.run_until(run_id, "awaiting_approval")
    assert (await refused_start(d)).exit_code == 75
    await d.decide(run_id, "approve")
    assert (await d.run_until(run_id))["status"] == "completed"


@pytest.mark.parametrize(("statement", "code"), [
    ("INSERT INTO _sqlite_migrations(migration_set, name) VALUES ('storage', 'm9999_future')", 78),
    ("DELETE FROM meta WHERE key = 'store'", 65), ("PRAGMA application_id = 7", 65), ("DROP TABLE claims", 65),
    ("DELETE FROM journal WHERE position = (SELECT max(position) FROM journal)", 65),
])  # fmt: skip
async def test_g21_a_database_that_is_not_to_be_trusted_is_refused_and_not_touched(d: House, statement: str, code: int) -> None:
    await d.run_until(await d.begin(flow(step("a"))))
    await d.stop()
    saved = (d.places.data / "penstock.db").read_bytes()
    tampered(d, lambda db: db.execute(statement))
    settle(d.places.data)
    refusal = await refused_start(d)
    assert refusal.exit_code == code
    (d.places.data / "penstock.db").write_bytes(saved)
    await d.start()
    assert len((await d.call("run.list"))["runs"]) == 1


async def test_g21_garbage_in_place_of_the_database_is_refused(d: House) -> None:
    await d.stop()
    path = d.places.data / "penstock.db"
    saved = path.read_bytes()
    path.write_bytes(b"this is no database" * 1000)
    assert (await refused_start(d)).exit_code == 65
    path.write_bytes(saved)
    await d.start()


async def test_g21_a_socket_path_that_is_taken_refuses_the_start(d: House) -> None:
    await d.stop()
    d.places.socket.write_text("mine")
    life = Life(99, trio.current_time())
    with pytest.raises(Exception, match="socket"):
        await Host(d.places, d.config, d.clock, life, d.point).run()
    assert (life.ending, d.places.socket.read_text()) == ("refused", "mine")
    d.places.socket.unlink()
    await d.start()


async def test_g19_eight_runs_at_work_are_held_within_the_time_and_taken_up_again(d: House) -> None:
    hold = Hold()
    d.script.on("a", *[hold] * 8)
    runs = [await d.begin(flow(step("a"), name=f"w{i}")) for i in range(8)]
    await trio.sleep(1)
    assert hold.entered == 8
    await d.restart()
    assert 0 < d.history.lives[0].took_s <= 10
    for run_id in runs:
        assert (await d.run_until(run_id))["status"] == "completed"


async def test_g19_nothing_new_is_taken_while_the_daemon_ends(d: House) -> None:
    d.script.on("a", take(3))
    run_id = await d.begin(flow(step("a")))
    await trio.sleep(0.5)
    client = await d.client()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(d.stop)
        await trio.sleep(0.5)
        await client.send(
            {
                "jsonrpc": "2.0",
                "id": 1,
                "method": "run.start",
                "params": {"text": flow(step("b")), "folder": str(d.script.folder), "request_id": "r"},
            }
        )
        assert (await client.next(1))["error"]["data"]["code"] == "shutting_down"
    await client.close()
    await d.start()
    assert (await d.run_until(run_id))["status"] == "completed"
    assert d.script.count("b") == 0


async def test_g19_the_socket_asks_for_the_end_too(d: House) -> None:
    host = d.host
    assert host is not None
    assert (await d.call("system.shutdown", reason="enough"))["stopping"] is True
    with trio.fail_after(10):
        await host.over.wait()
    assert host.life.ending == "orderly"
    await d._gone()
    await d.start()
    assert (await d.call("system.ping"))["pong"] is True
