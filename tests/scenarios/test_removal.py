"""Removing runs through the socket: what goes, what stays, what is refused, and that no crash in between does harm."""

from __future__ import annotations

import gzip
import json
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import trio

from tests.scenarios.client import Lost, Refused
from tests.scenarios.flows import flow, gate, step
from tests.scenarios.harness import House
from tests.scenarios.inside import tampered
from tests.scenarios.script import fail, write
from tests.scenarios.situations import SITUATIONS, in_status
from tests.scenarios.test_attacks_blast import breaking

LETTER = flow(step("a"), step("b", "needs: [a], retry: {terminal_behavior: dead_letter}"))
POINTS = ("purge.archived", "purge.condemned", "purge.letters", "purge.files")


def files(folder: Path, *parts: str) -> list[str]:
    root = folder.joinpath(*parts)
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())


async def failed(d: House) -> str:
    d.script.on("b", fail())
    run_id = await d.begin(LETTER)
    await d.run_until(run_id, "failed")
    return run_id


async def is_gone(d: House, run_id: str) -> bool:
    """Nobody finds it, whatever he asks."""
    for method in ("run.get", "run.events", "run.why", "run.report", "run.logs"):
        assert (await d.refused(method, run_id=run_id)).code == "run_not_found", method
    for method, more in (("run.retry", {"node_id": "a"}), ("run.cancel", {}), ("signal.send", {"name": "x"}), ("run.purge", {})):
        assert (await d.refused(method, run_id=run_id, **more)).code == "run_not_found", method
    assert (await d.call("dead_letter.list", run_id=run_id))["letters"] == []
    return run_id not in [run["run_id"] for run in (await d.call("run.list"))["runs"]]


async def test_a_run_goes_with_everything_that_belongs_to_it(d: House) -> None:
    run_id, other = await failed(d), await failed(d)
    assert await d.call("run.purge", run_id=run_id) == {"run_id": run_id, "purged": True}
    assert await is_gone(d, run_id)
    assert not (d.places.data / "runs" / run_id).exists()
    assert (d.places.data / "runs" / other).exists()
    assert [letter["run_id"] for letter in (await d.call("dead_letter.list"))["letters"]] == [other]
    assert (await d.run(other))["status"] == "failed"
    assert (await d.call("workflow.get", workflow_id="story"))["version"] == 1


@pytest.mark.parametrize("status", [status for status in SITUATIONS if status not in ("completed", "failed", "cancelled", "blocked")])
async def test_a_run_that_has_not_ended_is_not_removed(d: House, status: str) -> None:
    run_id = await in_status(d, status)
    refused = await d.refused("run.purge", run_id=run_id)
    assert (refused.code, refused.data["status"]) == ("run_not_terminal", status)
    assert (await d.run(run_id))["status"] == status


@pytest.mark.parametrize("status", ["completed", "failed", "cancelled"])
async def test_a_run_that_has_ended_is(d: House, status: str) -> None:
    run_id = await in_status(d, status)
    await d.call("run.purge", run_id=run_id, reason="tidy")
    assert await is_gone(d, run_id)


async def test_the_same_request_again_gets_the_first_answer_also_when_the_run_is_gone(d: House) -> None:
    run_id = await failed(d)
    first = await d.call("run.purge", run_id=run_id, request_id="p1")
    assert await d.call("run.purge", run_id=run_id, request_id="p1") == first
    await d.restart()
    assert await d.call("run.purge", run_id=run_id, request_id="p1") == first
    assert (await d.refused("run.purge", run_id="other", request_id="p1")).code == "request_conflict"


async def test_a_run_whose_log_cannot_be_read_can_be_removed(house: House) -> None:
    house.configure("retention", archive=True)
    await house.start()
    run_id = await failed(house)
    await house.stop()
    tampered(house, breaking("not json", run_id, "node_started"))
    house.history.unread.add(run_id)
    await house.start()
    assert (await house.refused("run.get", run_id=run_id)).code == "run_log_unreadable"
    answer = await house.call("run.purge", run_id=run_id)
    found = json.loads(gzip.decompress(Path(answer["archive"]).read_bytes()))  # noqa: ASYNC240  nothing else waits for the loop
    assert (found["record"], "is not as it was written" in found["unreadable"]) == (None, True)
    assert await is_gone(house, run_id)


async def test_a_revival_and_a_removal_at_once_leave_one_of_the_two(d: House) -> None:
    won = set()
    for turn in range(6):
        run_id = await failed(d)
        answers: list[str] = []

        async def ask(method: str, run_id: str = run_id, answers: list[str] = answers, **params: Any) -> None:
            async with await d.client() as client:
                try:
                    await client.call(method, {"run_id": run_id, **params})
                    answers.append(method)
                except Refused as refused:
                    answers.append(refused.code)

        calls = [partial(ask, "run.retry", node_id="b"), partial(ask, "run.purge")]
        async with trio.open_nursery() as nursery:
            for call in calls[:: 1 if turn % 2 else -1]:
                nursery.start_soon(call)
        won.add(next(answer for answer in answers if answer.startswith("run.")))
        if "run.purge" in answers:
            assert await is_gone(d, run_id)
        else:
            assert (await d.run_until(run_id))["status"] == "completed"
    assert won


@pytest.mark.parametrize("point", POINTS)
async def test_a_death_in_the_middle_is_finished_by_the_next_daemon(house: House, point: str) -> None:
    house.configure("retention", archive=True)
    house.point.plan = [(point, 1)]
    await house.start()
    run_id = await failed(house)
    with pytest.raises((Lost, OSError)):
        await house.call("run.purge", run_id=run_id, request_id="p1")
    assert house.host is not None
    await house.host.over.wait()
    house.host = None
    await house.hang_up()
    house.note_logs()
    await house.start()
    archived = files(house.places.data, "archive")
    assert len(archived) == 1
    if point == "purge.archived":  # both are there
        assert (await house.run(run_id))["status"] == "failed"
    assert (await house.call("run.purge", run_id=run_id, request_id="p1"))["purged"]
    await trio.sleep(5)
    assert await is_gone(house, run_id)
    assert not (house.places.data / "runs" / run_id).exists()
    assert files(house.places.data, "archive") == archived
    assert await house.call("system.metrics")


async def test_an_archive_holds_record_events_and_report(house: House) -> None:
    house.configure("retention", archive=True)
    await house.start()
    run_id = await failed(house)
    record, events = await house.run(run_id), await house.events(run_id)
    report = await house.call("run.report", run_id=run_id)
    answer = await house.call("run.purge", run_id=run_id)
    lines = gzip.decompress(Path(answer["archive"]).read_bytes()).split(b"\n")  # noqa: ASYNC240  nothing else waits for the loop
    found = json.loads(b"\n".join(lines))
    head = json.loads(lines[0].rstrip(b",") + b"}")["head"]
    assert (head["run_id"], head["workflow_id"], head["status"]) == (run_id, "story", "failed")
    assert (found["record"], found["events"], found["report"], found["markdown"]) == (record, events, report["report"], report["markdown"])


async def test_what_cannot_be_archived_is_not_removed(house: House) -> None:
    house.configure("retention", archive=True)
    await house.start()
    run_id = await failed(house)
    (house.places.data / "archive").write_text("in the way")
    assert (await house.refused("run.purge", run_id=run_id)).code == "archive_failed"
    assert (await house.run(run_id))["status"] == "failed"
    (house.places.data / "archive").unlink()


async def test_what_is_old_enough_goes_by_itself_and_what_is_not_settled_stays(house: House) -> None:
    house.configure("retention", finished_runs_ms=3_600_000, archive=True)
    await house.start()
    old = await failed(house)
    asked = await house.begin(flow(gate("ask"), name="asked"))
    await trio.sleep(3_000)
    young = await failed(house)
    await trio.sleep(1_000)
    assert await is_gone(house, old)
    assert [(await house.run(run_id))["status"] for run_id in (young, asked)] == ["failed", "awaiting_approval"]
    assert [name.rsplit("/", 1)[-1] for name in files(house.places.data, "archive")] == [f"{old}.json.gz"]


async def test_settled_letters_go_when_they_are_old_and_others_stay(house: House) -> None:
    house.configure("retention", dead_letters_ms=3_600_000)
    await house.start()
    settled, open_ = await failed(house), await failed(house)
    (letter,) = (await house.call("dead_letter.list", run_id=settled))["letters"]
    await house.call("dead_letter.ignore", letter_id=letter["letter_id"])
    await trio.sleep(3_000)
    assert len((await house.call("dead_letter.list"))["letters"]) == 2
    await trio.sleep(1_000)
    assert [found["run_id"] for found in (await house.call("dead_letter.list"))["letters"]] == [open_]
    assert (await house.run(settled))["status"] == "failed"


async def test_contents_go_with_the_last_run_that_names_them(d: House) -> None:
    artifact = flow(step("a", "artifact: out.txt"))
    d.script.on("a", write("out.txt", "shared"), write("out.txt", "shared"), write("out.txt", "own"))
    first, second, third = [await d.begin(artifact) for _ in range(3)]
    for run_id in (first, second, third):
        await d.run_until(run_id)
    shas = [(await d.nodes(run_id))["a"]["artifact"]["sha256"] for run_id in (first, third)]
    blobs = d.places.data / "blobs"

    def kept() -> list[bool]:
        return [(blobs / sha[:2] / sha[2:]).exists() for sha in shas]

    await d.call("run.purge", run_id=first)
    await d.call("run.purge", run_id=third)
    assert kept() == [True, True]
    await trio.sleep(4_000)
    assert kept() == [True, False]
    await d.call("run.purge", run_id=second)
    await trio.sleep(8_000)
    assert kept() == [False, False]
    again = await d.begin(artifact)
    assert (await d.run_until(again))["status"] == "failed"  # nothing was written by this one: its definition is still there
