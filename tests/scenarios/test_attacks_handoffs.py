"""Handoffs under attack: hostile files and folders, full disks, deaths, and steps that would let themselves in."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
import trio

from tests.scenarios.client import Refused
from tests.scenarios.flows import gate
from tests.scenarios.handing import APPROVED, ARCHIVED, files, hand, site, watcher, watchman
from tests.scenarios.harness import House
from tests.scenarios.inside import full_disk, system_of
from tests.scenarios.planned import made

HOSTILE = {
    "no JSON": lambda path: path.write_text("{"),
    "another shape": lambda path: path.write_text("[]"),
    "no id": lambda path: path.write_text('{"handoff_id": 5}'),
    "a duplicate key": lambda path: path.write_text('{"handoff_id": "a", "handoff_id": "b"}'),
    "too large": lambda path: path.write_text(" " * (256 * 1024 + 1)),
    "a link": lambda path: path.symlink_to("/etc/passwd"),
    "a link to nothing": lambda path: path.symlink_to("gone"),
    "a folder": lambda path: path.mkdir(),
    "a pipe": os.mkfifo,
    "a name that is no text": lambda path: Path(os.fsdecode(os.fsencode(path.parent) + b"/\xff\xfe.json")).write_text("{}"),
}


@pytest.mark.parametrize("make", HOSTILE.values(), ids=HOSTILE.keys())
async def test_what_is_no_handoff_is_passed_over_and_said(d: House, make: Any) -> None:
    path = site(d) / APPROVED / "odd.json"
    path.parent.mkdir(parents=True)
    make(path)
    await d.put(watcher(d))
    await trio.sleep(3)
    assert "0 runs made, 0 files put away; 1 passed over, such as publish: " in await watchman(d)
    hand(d, "h1", folder=APPROVED)
    await trio.sleep(3)
    assert [run["consumed_handoff_id"] for run in await made(d, "publish")] == ["h1"]
    assert len(files(d, APPROVED)) == 1
    for file in (site(d) / APPROVED).iterdir():
        file.rmdir() if file.is_dir() and not file.is_symlink() else file.unlink()
    await trio.sleep(3)
    assert "passed over" not in await watchman(d)


async def test_a_folder_that_is_a_link_is_not_followed(d: House) -> None:
    elsewhere = d.folder / "elsewhere"
    elsewhere.mkdir()
    (site(d) / "shared").symlink_to(elsewhere)
    await d.put(watcher(d))
    hand(d, "h1", folder=APPROVED)
    await trio.sleep(3)
    assert (await d.call("run.list"))["runs"] == []
    assert "passed over" in await watchman(d)
    assert (await d.refused("handoff.list")).code == "handoff_folder_unreadable"


async def test_a_path_outside_of_the_scope_is_not_taken(d: House) -> None:
    await d.put(watcher(d, top="scope: {allow: [out], deny: [out/secret]}"))
    hand(d, "h1", content_path="out/secret/key")
    hand(d, "h2", content_path="outer/space")
    hand(d, "h3", content_path="../up")
    hand(d, "h4", content_path="out/report.md", created_at_ms=9)
    await trio.sleep(5)
    assert [run["consumed_handoff_id"] for run in await made(d, "publish")] == ["h4"]
    assert "3 passed over" in await watchman(d)
    problems = {row["file"]: row.get("problem") for row in (await d.call("handoff.list"))["handoffs"]}
    assert set(problems) == {"h1.json", "h2.json", "h3.json"}
    assert None not in problems.values()


async def test_a_handoff_of_which_no_run_can_be_made_is_kept_and_others_are_taken(d: House) -> None:
    await d.put(watcher(d, top="inputs: {n: {type: integer, required: true}}"))
    hand(d, "h1")
    hand(d, "h2", inputs={"n": 5}, created_at_ms=2)
    await trio.sleep(5)
    assert [run["consumed_handoff_id"] for run in await made(d, "publish")] == ["h2"]
    assert (files(d, APPROVED), 'The input "n" is missing' in await watchman(d)) == (["h1.json"], True)
    hand(d, "h1", folder=APPROVED, inputs={"n": 1})
    await trio.sleep(60)
    assert [run["consumed_handoff_id"] for run in await made(d, "publish")] == ["h2", "h1"]


async def test_a_full_disk_keeps_the_handoff(d: House) -> None:
    await d.put(watcher(d))
    with full_disk(d):
        hand(d, "h1")
        await trio.sleep(10)
        assert files(d, APPROVED) == ["h1.json"]
    await trio.sleep(10)
    assert [run["consumed_handoff_id"] for run in await made(d, "publish")] == ["h1"]
    assert files(d, ARCHIVED) == ["h1.json"]


async def test_a_workspace_that_is_not_there_is_said_and_waited_for(d: House) -> None:
    await d.put(watcher(d))
    site(d).rmdir()
    await trio.sleep(3)
    assert "is no folder that exists" in await watchman(d)
    assert (await d.call("handoff.list"))["handoffs"] == []
    hand(d, "h1")
    await trio.sleep(3)
    assert len(await made(d, "publish")) == 1


async def test_a_flood_of_files_is_worked_off_page_by_page(d: House) -> None:
    for n in range(600):
        (site(d) / APPROVED).mkdir(parents=True, exist_ok=True)
        (site(d) / APPROVED / f"{n:04}.txt").write_text("no handoff")
    hand(d, "h1", folder=APPROVED, file="zzz.json")
    await d.put(watcher(d))
    await trio.sleep(10)
    assert [run["consumed_handoff_id"] for run in await made(d, "publish")] == ["h1"]


@pytest.mark.parametrize("point", ["commit.before", "commit.after"])
async def test_a_death_at_each_commit_uses_a_handoff_up_once(house: House, point: str) -> None:
    deaths = 0
    for n in range(1, 12):
        await house.start()
        await house.put(watcher(house, gate("ask"), name="publish"))
        await house.stop()
        house.revive, house.point.plan = True, [(point, n)]
        await house.start()
        hand(house, f"h{n}")
        await trio.sleep(40)
        runs = await made(house, "publish")
        assert [run["consumed_handoff_id"] for run in runs] == [f"h{k}" for k in range(1, n + 1)], n
        assert (files(house, APPROVED), len(files(house, ARCHIVED))) == ([], n)
        await house.call("run.cancel", run_id=runs[-1]["run_id"])
        await house.stop()
        deaths = house.point.fired
    assert deaths >= 3


async def test_a_step_may_not_let_its_own_handoff_in(d: House, monkeypatch: pytest.MonkeyPatch) -> None:
    from actors.control.peers import Peer

    await d.put(watcher(d, top="handoffs: {auto_approve: false}"))
    hand(d, "h1")
    real = Peer.principal
    monkeypatch.setattr(Peer, "principal", lambda self, known: real(self, lambda pid: True))
    with pytest.raises(Refused, match="human_required"):
        await d.call("handoff.approve", workflow_id="publish")
    assert system_of(d).alive("watchman")
