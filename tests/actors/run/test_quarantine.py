"""A run whose actor kept crashing, or whose log cannot be folded, is ended in its place; a report is written for every ending."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from actors.run.finale import compose, report_paths, write_report
from actors.run.logbook import CorruptLog, Logbook, fold_log
from actors.run.quarantine import cause_of, quarantine
from actors.run.recovery import claim
from actors.run.reopening import _suspects, _unfinished, restore_reports
from actors.run.rules import advance
from actors.services import Services
from storage import Append, NewEvent, Recorded, Transaction
from supervision import Failed, Killed
from tests.actors.run.house import hold, made
from tests.actors.run.table import flow

TORN = CorruptLog("event 3")


def chained(error: Exception, cause: Exception) -> Exception:
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "cause"),
    [
        (None, "None"),
        (ValueError("x"), "ValueError('x')"),
        (chained(RuntimeError("outer"), ValueError("inner")), "ValueError('inner')"),
        (ExceptionGroup("many", [KeyError("first"), ValueError("second")]), "KeyError('first')"),
        (chained(TORN, ValueError("inner")), "CorruptLog('event 3')"),
        (ExceptionGroup("many", [chained(RuntimeError("outer"), TORN)]), "CorruptLog('event 3')"),
    ],
)
def test_the_cause_is_the_corrupt_log_else_the_innermost_error(error: BaseException | None, cause: str) -> None:
    assert repr(cause_of(error)) == cause


async def running(services: Services) -> str:
    book = Logbook(services, await made(services, flow("a")))
    turn = book.turn()
    claim(turn, "c", services.claimant, None)
    advance(turn)
    await book.commit(turn, claim=hold())
    return book.run_id


async def test_a_crashed_run_fails_and_its_claim_is_let_go(services: Services) -> None:
    run_id = await running(services)
    assert await quarantine(services, run_id, Failed(KeyError("x"))) == "run_failed_panic"
    line, held = services.store.catalog.get(run_id), services.store.claims.get(run_id)
    assert line is not None
    assert held is not None
    assert (line.status, line.facts["detail"], held.claimant) == ("failed", "run_task_panicked", None)
    state = fold_log(services, run_id)
    assert (state.status, state.detail) == ("failed", {"code": "run_task_panicked", "text": "KeyError: 'x'"})


async def test_a_run_that_cannot_be_folded_is_blocked_and_its_log_left_as_it_is(services: Services) -> None:
    run_id = await made(services, flow("a"))
    await services.store.commit(Transaction(1, (Append(run_id, 1, (NewEvent("run_painted", b"{}"),)),)))
    assert await quarantine(services, run_id, Failed(chained(RuntimeError("start"), TORN))) == "run_blocked_corrupt_checkpoint"
    line = services.store.catalog.get(run_id)
    assert line is not None
    assert (line.status, services.store.journal.head(run_id)) == ("blocked", 3)


async def test_a_run_that_was_killed_says_so_and_those_who_watch_hear_it(services: Services) -> None:
    run_id = await running(services)
    await quarantine(services, run_id, Killed())
    assert [change.event for change in services.watchers.changes(0, 9)][-1] == "run_failed_panic"
    assert "Killed" in str(fold_log(services, run_id).detail)


def notes(*kinds: str) -> list[Recorded]:
    parts = [kind.partition(" ") for kind in kinds]
    return [Recorded(n, 0, kind, json.dumps({"run_id": run_id}).encode()) for n, (kind, _, run_id) in enumerate(parts, 1)]


def test_starts_that_died_are_counted_since_one_got_through() -> None:
    assert _unfinished(notes()) == 0
    assert _unfinished(notes("recovery_begun", "recovery_done", "recovery_begun", "recovering x", "recovery_begun")) == 2


def test_the_run_that_was_noted_last_before_a_death_is_the_suspect() -> None:
    died = ("recovery_begun", "recovering good", "recovering bad")
    assert _suspects(notes(*died, *died, "recovery_begun", "recovering bad")) == {"bad": 3}
    assert _suspects(notes(*died, "recovery_done")) == {}


async def test_the_report_lies_in_the_runs_folder_in_both_forms(services: Services) -> None:
    run_id = await running(services)
    await quarantine(services, run_id, Failed(KeyError("x")))
    write_report(services, fold_log(services, run_id))
    as_json, as_markdown = report_paths(services, run_id)
    assert (json.loads(as_json.read_bytes())["status"], as_markdown.read_text().splitlines()[0]) == ("failed", "# paper: failed")
    assert (as_json.stat().st_mode & 0o777, as_json.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    assert [path.name for path in as_json.parent.iterdir() if path.suffix == ".part"] == []


async def test_a_report_replaces_the_former_one_and_follows_no_link(services: Services, tmp_path: Path) -> None:
    run_id = await running(services)
    await quarantine(services, run_id, Failed(KeyError("x")))
    report = compose(services, fold_log(services, run_id))
    report.write()
    report.write()
    as_json, _ = report_paths(services, run_id)
    victim = tmp_path / "victim"
    victim.write_text("mine")
    as_json.with_name(f"{as_json.name}.part").symlink_to(victim)
    with pytest.raises(OSError, match=r"\.part"):
        report.write()
    assert victim.read_text() == "mine"


async def test_missing_reports_are_written_when_a_daemon_starts_and_unreadable_runs_are_passed_over(services: Services) -> None:
    good, bad = await running(services), await made(services, flow("a"), "req-2")
    await services.store.commit(Transaction(1, (Append(bad, 1, (NewEvent("run_painted", b"{}"),)),)))
    for run_id in (good, bad):
        await quarantine(services, run_id, Failed(KeyError("x")))
    restore_reports(services)
    assert report_paths(services, good)[1].exists()
    assert not report_paths(services, bad)[1].exists()


async def test_a_report_does_not_list_its_own_writing(services: Services) -> None:
    run_id = await running(services)
    await quarantine(services, run_id, Failed(KeyError("x")))
    await services.store.commit(Transaction(9, (Append(run_id, 5, (NewEvent("report_written", b'{"path":"/r"}'),)),)))
    events = json.loads(compose(services, fold_log(services, run_id)).as_json)["events"]
    assert events[-1]["type"] == "run_failed_panic"
