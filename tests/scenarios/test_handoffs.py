"""Watches and handoffs through the socket: each handoff becomes one run, in the order that the watches say."""

from __future__ import annotations

import json
from itertools import pairwise

import trio

from tests.scenarios.flows import flow, step
from tests.scenarios.handing import APPROVED, ARCHIVED, INBOX, files, hand, site, watcher, watchman
from tests.scenarios.harness import House
from tests.scenarios.planned import made
from tests.scenarios.script import Hold


async def test_a_handoff_becomes_a_run_and_is_put_away(d: House) -> None:
    top = "inputs: {artifact_type: {default: none}, content_path: {default: none}, handoff: {default: none}, tone: {default: dry}}"
    await d.put(watcher(d, step("a", 'with: {text: "{{ inputs.handoff }}"}'), top=top))
    await trio.sleep(5)
    assert (await d.call("run.list"))["runs"] == []
    hand(d, content_path="out/report.md", inputs={"tone": "warm"}, note="for others")
    await trio.sleep(3)
    [run] = await made(d, "publish")
    assert (run["status"], run["trigger_type"], run["consumed_handoff_id"], run["started_by"]) == (
        "completed",
        "watch_condition",
        "h1",
        "system",
    )
    assert run["trigger_reason"] == "handoff h1 of draft (report)"
    assert {name: run["inputs"][name] for name in ("artifact_type", "content_path", "tone")} == {
        "artifact_type": "report", "content_path": "out/report.md", "tone": "warm",
    }  # fmt: skip
    [given] = d.script.given("a")
    assert json.loads(given["text"])["note"] == "for others"
    [created, *_] = await d.events(run["run_id"])
    assert (created["profile"], run["workspace"]) == ("strict", str(site(d).resolve()))
    assert (files(d, INBOX), files(d, APPROVED), files(d, ARCHIVED)) == ([], [], ["h1.json"])
    assert await watchman(d) == "1 runs made, 1 files put away"


async def test_one_run_at_a_time_the_oldest_first_by_the_first_condition_that_fits(d: House) -> None:
    hold = Hold()
    d.script.on("a", hold)
    watch = "[{handoff_available: {from: urgent}}, {handoff_available: {artifact_type: report}}]"
    for number, (handoff_id, created, source) in enumerate([("c", 3, "draft"), ("b", 2, "draft"), ("a", 2, "draft"), ("u", 9, "urgent")]):
        hand(d, handoff_id, created_at_ms=created, source_workflow_id=source, file=f"{number}.json")
    hand(d, "other-type", artifact_type="image")
    hand(d, "other-target", target_workflow_id="somebody")
    await d.put(watcher(d, watch=watch))
    await hold.begun()
    await trio.sleep(30)
    assert [run["consumed_handoff_id"] for run in await made(d, "publish")] == ["u"]
    hold.open()
    await trio.sleep(30)
    runs = await made(d, "publish")
    assert [run["consumed_handoff_id"] for run in runs] == ["u", "b", "a", "c"]
    for before, after in pairwise(runs):
        assert before["finished_at_ms"] <= after["created_at_ms"]
    assert files(d, APPROVED) == ["other-target.json", "other-type.json"]


async def test_a_person_lets_handoffs_in(d: House) -> None:
    await d.put(watcher(d, top="handoffs: {auto_approve: false}"))
    hand(d, "h1")
    hand(d, "h2")
    hand(d, "late", target_workflow_id="somebody")
    (site(d) / INBOX / "bad.json").write_text("{")
    await trio.sleep(30)
    rows = (await d.call("handoff.list"))["handoffs"]
    assert [(row["file"], row["state"], row.get("problem", "")[:8]) for row in rows] == [
        ("bad.json", "inbox", "it is no"), ("h1.json", "inbox", ""), ("h2.json", "inbox", ""), ("late.json", "inbox", "it is fo"),
    ]  # fmt: skip
    assert rows == (await d.call("handoff.list", workflow_id="publish"))["handoffs"]
    first = await d.call("handoff.approve", workflow_id="publish", file="h2.json", request_id="once")
    assert first == {"workflow_id": "publish", "approved": ["h2.json"]}
    assert await d.call("handoff.approve", workflow_id="publish", file="h2.json", request_id="once") == first
    await trio.sleep(3)
    assert [run["consumed_handoff_id"] for run in await made(d, "publish")] == ["h2"]
    assert (await d.call("handoff.approve", workflow_id="publish"))["approved"] == ["h1.json"]
    await trio.sleep(3)
    assert [run["consumed_handoff_id"] for run in await made(d, "publish")] == ["h2", "h1"]
    for file, code in (("h1.json", "handoff_not_found"), ("bad.json", "handoff_invalid"), ("../x", "handoff_not_found")):
        assert (await d.refused("handoff.approve", workflow_id="publish", file=file)).code == code
    assert (await d.refused("handoff.approve", workflow_id="nobody")).code == "workflow_not_found"
    await d.put(flow(step("a"), name="blind"))
    assert (await d.refused("handoff.list", workflow_id="blind")).code == "watch_not_found"


async def test_a_handoff_that_comes_again_is_put_away_without_a_run(d: House) -> None:
    await d.put(watcher(d))
    for file in ("one.json", "one.json", "two.json"):
        hand(d, "h1", file=file)
        await trio.sleep(3)
    assert len(await made(d, "publish")) == 1
    assert (files(d, APPROVED), files(d, ARCHIVED)) == ([], ["one.2.json", "one.json", "two.json"])


async def test_nothing_is_taken_for_a_workflow_that_is_paused_or_gone(d: House) -> None:
    await d.put(watcher(d))
    await d.call("workflow.pause", workflow_id="publish")
    hand(d, "h1", folder=APPROVED)
    await trio.sleep(60)
    assert (await d.call("run.list"))["runs"] == []
    await d.call("workflow.activate", workflow_id="publish")
    await trio.sleep(3)
    assert [run["consumed_handoff_id"] for run in await made(d, "publish")] == ["h1"]
    await d.call("workflow.delete", workflow_id="publish")
    hand(d, "h2", folder=APPROVED)
    await trio.sleep(60)
    assert len(await made(d, "publish")) == 1


async def test_files_are_looked_at_beside_the_loop(real: House) -> None:
    await real.put(watcher(real, top="handoffs: {auto_approve: false}"))
    hand(real, "h1")
    assert [row["file"] for row in (await real.call("handoff.list"))["handoffs"]] == ["h1.json"]
    await real.call("handoff.approve", workflow_id="publish")
    for _ in range(400):  # nobody tells when a file has been seen, or moved
        if files(real, ARCHIVED):
            break
        await trio.sleep(0.05)
    [run] = await made(real, "publish")
    assert ((await real.run_until(run["run_id"]))["status"], files(real, ARCHIVED)) == ("completed", ["h1.json"])
