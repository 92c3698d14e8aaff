"""The schema grows by named steps, each once, each with its record in one transaction; a start that was killed goes on."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from hashlib import sha256
from pathlib import Path

import pytest
from sqlite_utils import Database

from storage import migrations
from storage.migrations import NAMES, expected_schema, migrate, pending, schema_of, unknown, upgrade
from tests.storage.support import open_store


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(tmp_path / "a.db", isolation_level=None)) as connection:
        yield connection


def test_a_fresh_database_gets_all_steps_once(connection: sqlite3.Connection) -> None:
    assert pending(connection) == NAMES
    migrate(connection)
    assert pending(connection) == ()
    before = connection.total_changes
    migrate(connection)
    assert connection.total_changes == before


def test_the_quick_way_of_a_first_start_and_the_library_make_the_same_database(tmp_path: Path, connection: sqlite3.Connection) -> None:
    migrate(connection)
    with closing(sqlite3.connect(tmp_path / "b.db", isolation_level=None)) as other:
        upgrade(other)
        assert _plain(schema_of(connection)) == _plain(schema_of(other))
        records = "SELECT id, migration_set, name, length(applied_at) FROM _sqlite_migrations"
        assert connection.execute(records).fetchall() == other.execute(records).fetchall()
    upgrade(connection)
    assert connection.execute("SELECT count(*) FROM _sqlite_migrations").fetchone() == (len(NAMES),)


def _plain(schema: list[tuple[str, ...]]) -> list[str]:
    """Without what only makes SQL pretty."""
    return ["".join(repr(row).replace("\\n", "").replace('"', "").split()) for row in schema]


def test_a_step_that_fails_leaves_neither_its_changes_nor_its_record(
    connection: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(db: Database) -> None:
        db.execute("CREATE TABLE half(x)")
        raise OSError("power cut")

    migrate(connection)
    monkeypatch.setitem(migrations._STEPS, "m9001_broken", broken)
    monkeypatch.setattr(migrations, "NAMES", (*NAMES, "m9001_broken"))
    with pytest.raises(OSError, match="power cut"):
        migrate(connection)
    assert migrations.pending(connection) == ("m9001_broken",)
    monkeypatch.undo()
    assert schema_of(connection) == expected_schema()


def test_a_first_start_that_fails_leaves_nothing(connection: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(migrations._STEPS, "m9001_broken", lambda db: db.execute("no SQL at all"))
    with pytest.raises(sqlite3.OperationalError):
        migrate(connection)
    assert schema_of(connection) == []


def test_an_older_database_is_brought_up_to_date_when_it_is_opened(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    open_store(folder).close()
    monkeypatch.setitem(migrations._STEPS, "m9002_later", lambda db: db.execute("CREATE TABLE later(x)"))
    monkeypatch.setattr(migrations, "NAMES", (*NAMES, "m9002_later"))
    with open_store(folder) as store:
        assert store._opened.database.reader().execute("SELECT count(*) FROM later").fetchone() == (0,)
    with closing(sqlite3.connect(folder / "penstock.db")) as connection:
        monkeypatch.undo()
        assert unknown(connection) == ("m9002_later",)


@pytest.mark.parametrize("count", range(1, len(NAMES) + 1), ids=NAMES)
def test_the_released_schema_has_not_been_edited(connection: sqlite3.Connection, count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Steps are append-only. If this fails, a released step was changed: undo that and add a new one."""
    monkeypatch.setattr(migrations, "_STEPS", dict(list(migrations._STEPS.items())[:count]))
    monkeypatch.setattr(migrations, "NAMES", NAMES[:count])
    migrate(connection)
    text = repr([(kind, name, " ".join(sql.split())) for kind, name, _, sql in schema_of(connection)])
    assert (NAMES[count - 1], sha256(text.encode()).hexdigest()) == RELEASED[count - 1]


RELEASED = [
    ("m0001_memory", "f6f0cd81e8c817e09c846fd797c59cc8202f0fcefb4b85b6342811ad5d9001ad"),
    ("m0002_keys", "ed1d74ba699e1149b5463712f8185c85eab556f956323b20dabcc35008677926"),
    ("m0003_histories", "afa84310913a020fb6f11f03e2839c26f9bf30afb3b68b0f0fdcf7c8ae0e4715"),
]
