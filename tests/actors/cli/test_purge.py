"""`penstock purge` and `penstock archive`."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import click.testing
import pytest

from actors.cli.main import cli
from actors.refusals import Refusal
from tests.actors.cli.conftest import Penstock
from tests.actors.cli.world import World

HEAD = {
    "run_id": "run-1",
    "workflow_id": "w",
    "title": "W",
    "status": "failed",
    "created_at_ms": 1,
    "updated_at_ms": 2,
    "archived_at_ms": 3,
}
RECORD = {"run_id": "run-1", "workflow_id": "w", "version": 3, "status": "failed", "nodes": []}
EVENTS = [{"seq": 1, "event": "run_started", "at_ms": 1000}]


@pytest.fixture
def purged(world: World) -> list[Any]:
    asked: list[Any] = []

    async def purge(params: Any, by: Any, request: Any) -> Any:
        asked.append(params)
        if params.run_id.startswith("run-x"):
            return Refusal("run_not_terminal", f"The run {params.run_id} is running.")
        return {"run_id": params.run_id, "purged": True, "archive": "/a/run.json.gz"}

    world.runtime.answers["run_purge"] = purge
    return asked


def test_each_run_is_removed_and_said_so(penstock: Penstock, purged: list[Any]) -> None:
    result = penstock("purge", "run-1", "run-2", "--yes", "--reason", "tidy")
    assert result.exit_code == 0
    assert "run-1: removed; archived in /a/run.json.gz\nrun-2: removed" in result.output
    assert [(params.run_id, params.reason) for params in purged] == [("run-1", "tidy"), ("run-2", "tidy")]


def test_what_is_refused_is_said_and_the_others_go(penstock: Penstock, purged: list[Any]) -> None:
    result = penstock("purge", "run-x", "run-2", "--yes", "--json")
    assert result.exit_code == 1
    assert "run_not_terminal" in result.output
    assert len(purged) == 2


def test_histories_that_were_imported_are_removed_by_another_method(penstock: Penstock, world: World, purged: list[Any]) -> None:
    world.runtime.answers["projection_remove"] = {"run_id": "run-1", "removed": True, "events": 1, "snapshots": 3}
    result = penstock("purge", "--imported", "run-1", "--yes")
    assert (result.exit_code, result.output, purged) == (0, "run-1: removed, 1 event and 3 snapshots\n", [])


def test_without_a_terminal_nobody_can_say_yes(penstock: Penstock, purged: list[Any]) -> None:
    result = penstock("purge", "run-1")
    assert (result.exit_code, "confirmation_required" in result.output, purged) == (2, True, [])


@pytest.mark.parametrize(("answer", "code", "asked"), [("y\n", 0, 1), ("n\n", 5, 0)])
def test_on_a_terminal_it_is_asked(
    penstock: Penstock, purged: list[Any], monkeypatch: pytest.MonkeyPatch, answer: str, code: int, asked: int
) -> None:
    monkeypatch.setattr(click.testing._NamedTextIOWrapper, "isatty", lambda self: True, raising=False)
    result = penstock("purge", "run-1", input=answer)
    assert (result.exit_code, len(purged), "Remove 1 run for good?" in result.output) == (code, asked, True)
    assert "Remove the history of 2 imported runs for good?" in penstock("purge", "--imported", "a", "b", input="n\n").output
    assert "Remove 1 run for good?" in result.output


def archived(folder: Path, name: str = "run-1", **more: Any) -> Path:
    file = folder / "data" / "archive" / "2026-11" / f"{name}.json.gz"
    file.parent.mkdir(parents=True, exist_ok=True)
    head = json.dumps({**HEAD, "run_id": name})
    rest = json.dumps({"record": RECORD, "report": {}, "markdown": "", "unreadable": None, "events": EVENTS, **more})[1:]
    file.write_bytes(gzip.compress(f'{{"penstock_archive":1,"head":{head},\n{rest}'.encode()))
    return file


def test_archived_runs_are_listed_and_shown_without_a_daemon(alone: Penstock, tmp_path: Path) -> None:
    assert alone("archive", "ls").output == "Nothing is archived.\n"
    file = archived(tmp_path)
    (file.parent / "odd.json.gz").write_bytes(b"not gzip")
    listed = json.loads(alone("archive", "ls", "--json").output)
    assert listed == [{**HEAD, "file": "archive/2026-11/run-1.json.gz"}]
    assert "run-1  w         failed" in alone("archive", "ls").output
    for named in ("run-1", str(file)):
        assert "run-1  workflow w version 3" in alone("archive", "show", named).output
    assert "run started" in alone("archive", "show", "run-1", "--events").output
    assert json.loads(alone("archive", "show", "run-1", "--json").output)["record"] == RECORD


def test_a_run_whose_log_could_not_be_read_is_shown_as_far_as_it_goes(alone: Penstock, tmp_path: Path) -> None:
    archived(tmp_path, "run-2", record=None, unreadable="event 3 cannot be applied")
    result = alone("archive", "show", "run-2")
    assert "its log could not be read: event 3 cannot be applied" in result.output
    assert "run started" in result.output


NO_ARCHIVES = {
    "no gzip": b"no gzip",
    "half an object": gzip.compress(b"{"),
    "a list": gzip.compress(b"[]"),
    "no head": gzip.compress(b'{"penstock_archive":1}'),
    "a gzip header alone": b"\x1f\x8b",
}


@pytest.mark.parametrize("content", NO_ARCHIVES.values(), ids=NO_ARCHIVES)
def test_what_is_no_archive_is_said_so(alone: Penstock, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.json.gz").write_bytes(content)
    result = alone("archive", "show", str(tmp_path / "x.json.gz"))
    assert (result.exit_code, "archive_unreadable" in result.output) == (65, True)


@pytest.mark.parametrize("named", ["run-9", "../nowhere/run-1", "*"])
def test_what_is_not_there_is_said_so(alone: Penstock, tmp_path: Path, named: str) -> None:
    archived(tmp_path)
    result = alone("archive", "show", named)
    assert (result.exit_code, "archive_not_found" in result.output) == (66, True)


def test_the_help_of_the_group_names_both() -> None:
    assert {"ls", "show"} <= set(cli.get_command(click.Context(cli), "archive").commands)  # type: ignore[union-attr]  # it is a group
