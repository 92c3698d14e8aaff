"""A start that is refused says why, by code and exit status, and has changed no byte (G21, F63 to F67)."""

from __future__ import annotations

import os
import shutil
import socket
import sqlite3
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.process.house import BIN, House

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def old_data() -> Iterator[Path]:
    """A data folder in which a daemon has been, and has left in order."""
    with tempfile.TemporaryDirectory(prefix="house-") as folder:
        house = House(Path(folder))
        house.start()
        house.reach(house.run("  - {id: a, python: 'steps:quick'}\n"))
        house.end()
        yield house.data


@pytest.fixture
def old(house: House, old_data: Path) -> House:
    """A house with a copy of it."""
    shutil.copytree(old_data, house.data)
    return house


def _refused(house: House, code: int, word: str, *words: str, env: dict[str, str] | None = None) -> str:
    before = house.digest()
    daemon = house.launch(*words, env=env)
    assert daemon.wait(10) == code, house.said()
    said = house.said()
    assert said.splitlines()[-1] == f"code: {word}"
    assert said.startswith("error: ")
    assert "Traceback" not in said
    assert house.digest() == before
    return said


def test_a_second_daemon_is_turned_away_and_the_first_one_works_on(house: House) -> None:
    first = house.start()
    run_id = house.run("  - {id: ask, gate: human_approval, prompt: Go?}\n")
    house.reach(run_id, "awaiting_approval")
    for _ in range(3):
        second = house.launch()
        assert second.wait(10) == 75
        assert f"process {first.pid}" in house.said()
        assert house.said().endswith("code: store_locked\n")
        assert house.call("system.info")["pid"] == first.pid
    assert first.poll() is None


def test_of_twenty_pairs_started_at_once_exactly_one_daemon_serves(old: House) -> None:
    for _ in range(20):
        pair = [old.launch() for _ in range(2)]
        with old.client(10.0) as client:
            winner = client.call("system.info")["pid"]
        (loser,) = [daemon for daemon in pair if daemon.pid != winner]
        assert loser.wait(10) == 75
        (served,) = [daemon for daemon in pair if daemon.pid == winner]
        served.kill()
        served.wait(5)


def _header(old: House) -> None:
    with (old.data / "penstock.db").open("r+b") as file:
        file.write(b"no database at all")


def _schema_page(old: House) -> None:
    with (old.data / "penstock.db").open("r+b") as file:
        file.seek(100)
        file.write(os.urandom(400))


def _cut_log(old: House) -> None:
    with closing(sqlite3.connect(old.data / "penstock.db")) as db, db:
        db.execute("DELETE FROM journal WHERE position = (SELECT max(position) FROM journal)")
    _checkpoint(old)


def _no_database(old: House) -> None:
    for name in ("penstock.db", "penstock.db-wal", "penstock.db-shm"):
        (old.data / name).unlink(missing_ok=True)


def _newer(old: House) -> None:
    with closing(sqlite3.connect(old.data / "penstock.db")) as db, db:
        columns = [row[1] for row in db.execute("PRAGMA table_info(_sqlite_migrations)")]
        known = dict(zip(columns, db.execute("SELECT * FROM _sqlite_migrations ORDER BY rowid DESC").fetchone(), strict=True))
        fresh = {**known, "name": "m999_from_the_future"}
        fresh.pop("id", None)
        marks = ", ".join("?" * len(fresh))
        db.execute(f"INSERT INTO _sqlite_migrations ({', '.join(fresh)}) VALUES ({marks})", list(fresh.values()))
    _checkpoint(old)


def _checkpoint(old: House) -> None:
    with closing(sqlite3.connect(old.data / "penstock.db")) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _open_folder(old: House) -> None:
    old.data.chmod(0o755)


def _open_file(old: House) -> None:
    (old.data / "penstock.db").chmod(0o644)


def _linked(old: House) -> None:
    os.link(old.data / "penstock.db", old.folder / "second-name")


def _open_socket_folder(old: House) -> None:
    old.socket.parent.chmod(0o711)


def _symlinked_socket_folder(old: House) -> None:
    old.socket.parent.rmdir()
    (old.folder / "elsewhere").mkdir(mode=0o700)
    old.socket.parent.symlink_to(old.folder / "elsewhere")


def _file_at_socket(old: House) -> None:
    old.socket.write_text("not a socket")


def _symlink_at_socket(old: House) -> None:
    old.socket.symlink_to(old.folder / "dangling")


def _config(text: str) -> Callable[[House], None]:
    def write(old: House) -> None:
        old.config.write_text(text)

    return write


@pytest.mark.parametrize(
    ("damage", "code", "word"),
    [
        (_header, 65, "damaged"),
        (_schema_page, 65, "damaged"),
        (_cut_log, 65, "log_truncated"),
        (_no_database, 65, "log_truncated"),
        (_open_folder, 77, "permission"),
        (_open_file, 77, "permission"),
        (_linked, 77, "permission"),
        (_open_socket_folder, 77, "socket_folder_refused"),
        (_symlinked_socket_folder, 77, "socket_folder_refused"),
        (_file_at_socket, 77, "socket_path_taken"),
        (_symlink_at_socket, 77, "socket_path_taken"),
        (_newer, 78, "schema_too_new"),
        (_config("[runs]\nnonsense = 1\n"), 78, "config_invalid"),
        (_config("not toml ["), 78, "config_invalid"),
        (_config('[claims]\nlease = "10s"\nrenew_every = "10s"\n'), 78, "config_invalid"),
        (_config('[control]\noperators = ["@no-such-group-here"]\n'), 78, "config_invalid"),
    ],
)
def test_what_must_not_be_opened_is_refused_and_not_touched(old: House, damage: Callable[[House], None], code: int, word: str) -> None:
    damage(old)
    _refused(old, code, word)


def test_a_socket_of_another_process_is_not_taken(old: House) -> None:
    with socket.socket(socket.AF_UNIX) as other:
        other.bind(str(old.socket))
        other.listen()
        assert "another process listens there" in _refused(old, 75, "socket_in_use")


def test_a_socket_path_beyond_the_bound_of_the_system_is_refused(old: House) -> None:
    _refused(old, 77, "socket_path_too_long", "--socket", str(old.folder / ("x" * 100) / "control.sock"))


def test_a_wrong_variable_and_a_wrong_option_are_refused(old: House) -> None:
    assert "PENSTOCK_CLAIMS_LEASE" in _refused(old, 78, "config_invalid", env={"PENSTOCK_CLAIMS_LEASE": "soon"})
    _refused(old, 2, "usage", "--nonsense")


def test_a_refused_first_start_leaves_nothing_behind(house: House) -> None:
    house.config.write_text("[runs]\nnonsense = 1\n")
    assert house.launch().wait(10) == 78
    assert not house.data.exists()


def test_stale_traces_of_a_killed_daemon_keep_nobody_out(house: House) -> None:
    house.start()
    house.kill()
    assert house.socket.exists()
    (house.data / "penstock.lock").write_text(f"{os.getpid()}\n")  # a pid that lives, and is another's
    house.start()
    house.end()


def test_penstock_run_says_the_same_as_the_daemon(old: House) -> None:
    _open_folder(old)
    (old.folder / "w.yaml").write_text("penstock: 1\nworkflow: w\nnodes:\n  - {id: a, command: ['true']}\n")
    before = old.digest()
    done = subprocess.run(
        [BIN / "penstock", "--data", old.data, "run", Path("w.yaml")],
        cwd=old.folder,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 77, done.stderr
    assert "code: permission" in done.stderr
    assert old.digest() == before
