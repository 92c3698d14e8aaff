"""Each command that steers runs, schedules and dead letters, as a process against a daemon: what it does, says, and exits with."""

from __future__ import annotations

import json
import subprocess
from typing import Any

import pytest

from tests.process.house import BIN, STEPS, House, until

pytestmark = pytest.mark.slow
BROKEN = "  - {id: a, python: 'steps:quick'}\n  - {id: b, needs: [a], shell: 'test -e mended'}\n"
LETTER = "  - {id: a, shell: 'test -e mended', retry: {terminal_behavior: dead_letter}}\n"
JOB = "penstock: 1\nworkflow: hourly\nschedule: {every: 1h}\nnodes:\n  - {id: a, python: 'steps:quick'}\n"


def _penstock(house: House, *words: str) -> subprocess.CompletedProcess[str]:
    argv = [str(BIN / "penstock"), "--data", str(house.data), "--config", str(house.config), *words]
    return subprocess.run(argv, check=False, capture_output=True, text=True, timeout=30, stdin=subprocess.DEVNULL)


def _done(house: House, *words: str) -> str:
    """What the command says that succeeds; it says nothing beside it."""
    told = _penstock(house, *words)
    assert (told.returncode, told.stderr) == (0, ""), told
    return told.stdout


def _answer(house: House, *words: str) -> Any:
    return json.loads(_done(house, *words, "--json"))


def _refused(house: House, *words: str) -> tuple[int, str]:
    """Exit code and code of the command that is refused; it prints no result."""
    told = _penstock(house, *words)
    assert (told.stdout, told.stderr.splitlines()[0][:7]) == ("", "error: "), told
    return told.returncode, told.stderr.splitlines()[-1].removeprefix("code: ")


def _failed(house: House, nodes: str = BROKEN) -> str:
    """A run that has failed for want of a file."""
    run_id = house.run(nodes)
    assert house.reach(run_id)["status"] == "failed"
    return run_id


def _mend(house: House, run_id: str) -> None:
    (house.workdir(run_id) / "mended").touch()


@pytest.mark.parametrize(
    "words", [("recover",), ("retry", "b"), ("requeue", "b"), ("repair", "b", "--set", "shell='true'")], ids=lambda words: words[0]
)
def test_a_failed_run_is_brought_back(open_house: House, words: tuple[str, ...]) -> None:
    run_id = _failed(open_house)
    _mend(open_house, run_id)
    command, *more = words
    assert f"{run_id}: now " in _done(open_house, command, run_id, *more, "--reason", "mended")
    assert open_house.reach(run_id)["status"] == "completed"
    assert [event["reason"] for event in open_house.events(run_id) if event.get("reason") == "mended"] == ["mended"]
    assert _refused(open_house, command, "run-nobody", *more) == (66, "run_not_found")


def test_a_fork_is_another_run(open_house: House) -> None:
    run_id = _failed(open_house)
    forked = _answer(open_house, "fork", run_id, "--from", "a")
    assert (forked["forked_from"], forked["kept_nodes"]) == (run_id, [])
    assert forked["run_id"] != run_id
    assert open_house.reach(forked["run_id"])["status"] == "failed", "its own folder has no such file either"
    assert _refused(open_house, "fork", run_id, "--from", "nobody")[0] == 66
    assert _refused(open_house, "fork", "run-nobody") == (66, "run_not_found")


def test_a_paused_run_is_resumed_once(open_house: House) -> None:
    run_id = open_house.run("  - {id: a, shell: 'touch up; while [ ! -e go ]; do sleep 0.02; done', MARK}\n")
    open_house.wait_work(run_id)
    assert _answer(open_house, "pause", run_id)["status"] == "paused"
    (open_house.workdir(run_id) / "go").touch()
    first = _answer(open_house, "resume", run_id, "--request-id", f"resume-{run_id}")
    assert (first["run_id"], first["status"] in ("queued", "running")) == (run_id, True)
    assert open_house.reach(run_id)["status"] == "completed"
    again = _answer(open_house, "resume", run_id, "--request-id", f"resume-{run_id}")
    assert again == first, "the same request gets its first answer"
    assert _refused(open_house, "resume", run_id) == (1, "run_already_terminal")


def test_a_signal_comes_early_or_while_it_is_waited_for_and_never_after_the_end(open_house: House) -> None:
    run_id = open_house.run("  - {id: w, wait: {signal: go}}\n  - {id: v, needs: [w], wait: {signal: late}}\n")
    open_house.reach(run_id, "waiting")
    assert _answer(open_house, "signal", run_id, "late", '{"n": 2}')["kept"]
    assert _answer(open_house, "signal", run_id, "go", "--key", "k1")["wait"]["node_id"] == "w"
    assert open_house.reach(run_id)["status"] == "completed"
    assert open_house.node(run_id, "v")["output"]["content"]["wake"]["payload"] == {"n": 2}
    assert _refused(open_house, "signal", run_id, "go") == (1, "run_already_terminal")
    assert _refused(open_house, "signal", run_id, "go", "{")[0] == 2
    assert _refused(open_house, "signal", "run-nobody", "go") == (66, "run_not_found")


def test_a_schedule_is_listed_held_and_let_go_on(open_house: House) -> None:
    open_house.change("workflow.put", text=JOB, folder=str(STEPS))
    [row] = _answer(open_house, "schedule", "ls")
    assert (row["workflow_id"], row["status"]) == ("hourly", "active")
    first, second = _answer(open_house, "schedule", "next", "hourly", "--count", "2")["times"]
    assert second - first == 3_600_000
    assert _answer(open_house, "schedule", "pause", "hourly", "--reason", "holidays")["status"] == "paused"
    assert "if it were active" in _done(open_house, "schedule", "next", "hourly")
    assert _answer(open_house, "schedule", "resume", "hourly")["status"] == "active"
    log = [event["event"] for event in _answer(open_house, "schedule", "log", "hourly")]
    assert log == ["schedule_computed", "schedule_paused", "schedule_resumed"]
    for word in ("next", "pause", "resume", "log"):
        assert _refused(open_house, "schedule", word, "nobody")[0] == 66


def _letter(house: House, run_id: str) -> str:
    [letter] = _answer(house, "dead-letters", "ls", "--run", run_id)
    assert letter["status"] == "open"
    return str(letter["letter_id"])


def test_a_dead_letter_is_tried_again(open_house: House) -> None:
    run_id = _failed(open_house, LETTER)
    letter_id = _letter(open_house, run_id)
    _mend(open_house, run_id)
    assert _done(open_house, "dead-letters", "retry", letter_id).startswith(f"{letter_id}: now ")
    until(lambda: open_house.call("dead_letter.get", letter_id=letter_id)["letter"]["status"] == "resolved", 20.0)
    assert "status: resolved" in _done(open_house, "dead-letters", "show", letter_id)
    assert open_house.look(run_id)["status"] == "completed"
    assert _refused(open_house, "dead-letters", "retry", letter_id)[0] == 1


def test_a_dead_letter_is_settled_in_each_other_way(open_house: House) -> None:
    ignored, resolved, good = (_failed(open_house, LETTER) for _ in range(3))
    assert "now ignored" in _done(open_house, "dead-letters", "ignore", _letter(open_house, ignored), "--reason", "known")
    assert "now resolved" in _done(open_house, "dead-letters", "resolve", _letter(open_house, resolved), "--reason", "by hand")
    letter_id = _letter(open_house, good)
    assert _answer(open_house, "dead-letters", "compensate", letter_id, ignored)["letter_id"] == letter_id
    assert _refused(open_house, "dead-letters", "show", "dead-letter-nobody") == (66, "dead_letter_not_found")
    assert _refused(open_house, "dead-letters", "ignore", "dead-letter-nobody") == (66, "dead_letter_not_found")


def test_where_no_daemon_listens_it_is_said(house: House) -> None:
    assert _refused(house, "schedule", "pause", "hourly") == (69, "no_daemon")
    assert _refused(house, "dead-letters", "ignore", "dead-letter-1") == (69, "no_daemon")
