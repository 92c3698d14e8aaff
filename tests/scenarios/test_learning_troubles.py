"""What may go wrong around learnings, and that it harms nothing else. All through the socket."""

from __future__ import annotations

import sqlite3

import pytest
import trio

from actors.control.peers import Peer
from tests.scenarios.flows import flow, step
from tests.scenarios.harness import House
from tests.scenarios.inside import full_disk, system_of, tampered
from tests.scenarios.learned import R, W, ends, learned, open_eyes, put, review, stored, taught
from tests.scenarios.models import agent, crew, says
from tests.scenarios.script import fail


def keeper_says(d: House) -> str:
    return next(row.status for row in system_of(d).tree() if row.path == "learning")


async def test_a_damaged_learning_log_harms_no_run_and_no_other_learning(house: House) -> None:
    await open_eyes(house)
    await put(house, "mine", status="approved", workflow_id="other", project_id="story")
    await put(house, "own", status="approved")
    await review(house, "own", "apply")
    await house.crash()

    def broken(db: sqlite3.Connection) -> None:
        stream = "(SELECT id FROM streams WHERE name = 'learning/story')"
        db.execute(f"UPDATE journal SET data = cast('{{\"x\":1}}' AS blob) WHERE stream = {stream} AND seq = 2")

    tampered(house, broken)
    house.history.unread.add("learning/story")
    await house.start()
    house.models.always = says()
    run_id = await house.begin(crew(agent(more="")))
    await house.run_until(run_id)
    await trio.sleep(1)
    run = await house.run(run_id)
    assert (run["status"], run["learning_summary"]["injected_learning_ids"]) == ("completed", ["mine"])
    assert f"learning_finalization_failed {run_id}" in keeper_says(house)
    answer = await house.call("learning.list")
    assert ([one["learning_id"] for one in answer["learnings"]], answer["unreadable"]) == (["mine"], ["story"])
    assert (await review(house, "mine", "reject"))["status"] == "rejected"
    for method, params in (
        ("list", {"workflow_id": "story"}), ("get", {"learning_id": "own"}), ("metrics", {"workflow_id": "story"}),
        ("review", {"learning_id": "own", "action": "approve"}), ("put", {"learning": stored("own")}),
    ):  # fmt: skip
        assert (await house.refused(f"learning.{method}", **params)).code == "learning_log_unreadable", method


async def test_endings_that_cannot_be_recorded_together_fail_each_by_itself(house: House) -> None:
    await open_eyes(house)
    house.script.on("node-1", fail(R), fail(R))
    runs = [await house.begin(W), await house.begin(W)]
    for run_id in runs:
        await house.run_until(run_id)
    with full_disk(house):
        await trio.sleep(1)
        assert all(f"learning_finalization_failed {run_id}" in keeper_says(house) for run_id in runs)
        assert (await house.refused("learning.put", learning=stored("one"))).code == "unavailable"
    await house.restart()
    for run_id in runs:
        await taught(house, run_id)
    assert [one["kind"] for one in await learned(house)] == ["prompt_patch", "repair_hint"]
    assert {tuple(sorted(one["run_ids"])) for one in await learned(house)} == {tuple(sorted(runs))}


async def test_a_run_whose_version_is_gone_is_looked_at_with_the_present_one(house: House) -> None:
    await open_eyes(house)
    house.script.on("node-1", fail(R), fail(R))
    first = await ends(house)
    run_id = await house.begin(W)
    run = await house.run_until(run_id)
    await house.put(flow(step("node-1", "output: json"), step("more", "needs: [node-1]")))
    await house.crash()
    [blob] = [path for path in (house.places.data / "blobs").rglob("*") if run["digest"] in (path.name, path.parent.name + path.name)]
    blob.unlink()
    house.history.unread.update((first, run_id))
    await house.start()
    assert (await taught(house, run_id))["event"] == "learning_finalized"


async def test_a_step_reviews_and_puts_nothing(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    await open_eyes(house)
    await put(house, "one")
    real = Peer.principal
    monkeypatch.setattr(Peer, "principal", lambda self, known: real(self, lambda pid: True))
    for method, params in (("review", {"learning_id": "one", "action": "approve"}), ("put", {"learning": stored("two")})):
        assert (await house.refused(f"learning.{method}", **params)).code == "human_required"
    assert [one["status"] for one in await learned(house)] == ["proposed"]


async def test_what_an_agent_says_last_is_a_fact_too(house: House) -> None:
    await open_eyes(house)
    house.models.always = says("The notes are in the usual place.")
    await ends(house, crew(agent(more="")))
    assert [one["summary"] for one in await learned(house)] == ["draft: The notes are in the usual place."]
