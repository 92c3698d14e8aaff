"""A cancel at any moment: exactly one ending, nothing starts after it, no process is left (G7, G8, G26, F62)."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from actors.control.client import CallRefused
from tests.process.house import ENDED, House, living, until

pytestmark = pytest.mark.slow
ENDINGS = {"run_completed", "run_failed", "run_stopped"}


@pytest.fixture(autouse=True)
def nothing_is_left(open_house: House) -> None:
    assert living(open_house.mark) == []


def _one_ending(house: House, run_id: str) -> str:
    """The status of the run, after a look at its log."""
    status: str = house.reach(run_id)["status"]
    kinds = until(lambda: "report_written" in (kinds := house.kinds(run_id)) and kinds, 5.0, lambda: house.kinds(run_id))
    assert sum(kind in ENDINGS for kind in kinds) == 1, kinds
    (ending,) = [at for at, kind in enumerate(kinds) if kind in ENDINGS]
    assert not [kind for kind in kinds[ending:] if kind in ("node_started", "node_completed", "node_failed")], kinds
    return status


def test_fifty_cancels_against_completions_have_one_ending_each(open_house: House) -> None:
    ended = []
    for number in range(50):
        run_id = open_house.run(
            f"  - {{id: a, command: [sleep, '0.01'], MARK}}\n  - {{id: b, needs: [a], python: 'steps:ok', with: {{value: {number}}}}}\n"
        )
        time.sleep(number * 0.001)
        answer = open_house.change("run.cancel", run_id=run_id)
        assert answer["status"] in ENDED
        assert answer["status"] == _one_ending(open_house, run_id)
        ended.append(answer["status"])
    assert set(ended) <= {"completed", "cancelled"}
    assert "cancelled" in ended
    assert living(open_house.mark) == []


def test_cancels_while_commands_are_being_started(open_house: House) -> None:
    nodes = "".join(f"  - {{id: n{n}, shell: 'setsid sleep 60 & sleep 60', MARK}}\n" for n in range(8))
    for number in range(10):
        run_id = open_house.run(nodes)
        time.sleep(number * 0.004)
        assert open_house.change("run.cancel", run_id=run_id)["status"] == "cancelled"
        assert living(open_house.mark) == []
        assert _one_ending(open_house, run_id) == "cancelled"


def test_a_cancel_during_a_flood_is_obeyed_within_the_grace(open_house: House) -> None:
    run_id = open_house.run("  - {id: a, shell: 'yes', MARK}\n  - {id: b, shell: 'yes 1>&2', MARK}\n")
    until(lambda: sum(log["size"] > 100_000 for log in open_house.call("run.logs", run_id=run_id)["logs"]) == 2)
    begun = time.monotonic()
    assert open_house.change("run.cancel", run_id=run_id)["status"] == "cancelled"
    assert time.monotonic() - begun < 3.0
    assert living(open_house.mark) == []
    assert _one_ending(open_house, run_id) == "cancelled"


def test_a_cancel_during_a_back_off_ends_it(open_house: House) -> None:
    retry = "retry: {max_attempts: 5, backoff: {strategy: fixed, initial: 60s}}"
    run_id = open_house.run(f"  - {{id: a, command: ['false'], {retry}}}\n")
    until(lambda: open_house.node(run_id, "a").get("retry_after_ms"))
    assert open_house.change("run.cancel", run_id=run_id)["status"] == "cancelled"
    assert open_house.kinds(run_id).count("node_started") == 1
    assert _one_ending(open_house, run_id) == "cancelled"


def test_cancels_from_all_sides_end_a_run_once(open_house: House) -> None:
    run_id = open_house.run("  - {id: a, shell: 'trap \"\" TERM; touch up; while :; do sleep 0.1; done', timeout: 60s, MARK}\n")
    open_house.wait_work(run_id)
    answers: list[str] = []

    def cancel(number: int) -> None:
        try:
            answers.append(str(open_house.call("run.cancel", run_id=run_id, request_id=f"{run_id}-{number}")["status"]))
        except CallRefused as refused:
            answers.append(refused.code)

    threads = [threading.Thread(target=cancel, args=(number,)) for number in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert answers == ["cancelled"] * 10
    assert _one_ending(open_house, run_id) == "cancelled"
    assert open_house.change("run.cancel", run_id=run_id)["already_terminal"]


def test_an_acknowledged_cancel_survives_a_kill(house: House, open_house: House) -> None:
    house.start()
    run_id = house.run("  - {id: a, shell: 'sleep 60', MARK}\n")
    house.wait_node(run_id, "a", "running")
    assert house.change("run.cancel", run_id=run_id)["status"] == "cancelled"
    house.kill()
    house.start()
    assert _one_ending(house, run_id) == "cancelled"
    assert house.kinds(run_id).count("node_started") == 1


def _space(house: House, name: str) -> tuple[Path, str]:
    folder = house.folder / name
    folder.mkdir()
    text = "  - {id: a, shell: 'echo + >> beats; touch up; while [ ! -e go ]; do sleep 0.02; done; sleep 0.1; echo - >> beats', MARK}\n"
    return folder, text


def test_two_runs_in_one_workspace_never_overlap(open_house: House) -> None:
    folder, text = _space(open_house, "shared")
    head = f'limits: {{parallel: 8}}\nworkspace: "{folder}"\n'
    (folder / "go").touch()
    runs = [open_house.run(text, head=head) for _ in range(4)]
    for run_id in runs:
        assert open_house.reach(run_id)["status"] == "completed"
    assert (folder / "beats").read_text().split() == ["+", "-"] * 4


def test_the_lock_of_a_workspace_holds_across_a_kill(house: House, open_house: House) -> None:
    house.start()
    folder, text = _space(house, "shared")
    head = f'workspace: "{folder}"\n'
    first = house.run(text, head=head)
    until((folder / "up").exists)
    second = house.run(text, head=head)
    assert house.look(second)["status"] == "queued"
    assert first in str(until(lambda: house.call("run.why", run_id=second)["reasons"]))
    house.kill()
    until(lambda: not living(house.mark), 2.0)
    house.start()
    until(lambda: (folder / "beats").read_text().count("+") == 2)
    assert sorted(house.look(run_id)["status"] for run_id in (first, second)) == ["queued", "running"]
    (folder / "go").touch()
    for run_id in (first, second):
        assert house.reach(run_id)["status"] == "completed"
    assert (folder / "beats").read_text().split() == ["+", "+", "-", "+", "-"]
