"""Worktrees that cannot be made, are not made yet, or cannot be looked at any more."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
import trio

import actors.worktree.keeper
import actors.worktree.maker
from actors.worktree.clearing import clear
from actors.worktree.making import add
from tests.scenarios.flows import flow, step
from tests.scenarios.gits import Repo, looked, top
from tests.scenarios.harness import House
from tests.scenarios.script import Call, give, write


@pytest.mark.parametrize(
    ("more", "code"),
    [
        (", branch: main", "worktree_branch_taken"),
        (', branch: "penstock"', "worktree_not_made"),
        (', branch: "a..{{ run.id }}"', "refused worktree_branch_invalid"),
    ],
    ids=["taken", "in the way", "no name"],
)
async def test_a_branch_that_cannot_be_made_ends_the_run_before_its_first_step(d: House, repo: Repo, more: str, code: str) -> None:
    repo.git("branch", "penstock/old")
    text = flow(step("a"), top=top(repo, more))
    if code.startswith("refused "):
        assert (await d.refused("run.start", text=text, folder=str(d.script.folder))).code == code.removeprefix("refused ")
        return
    run = await d.run_until(await d.begin(text))
    assert (run["status"], run["detail"]["code"], d.script.count("a")) == ("failed", code, 0)
    assert repo.branches == ["main", "penstock/old"]


async def test_a_base_or_a_folder_that_is_not_there(d: House, repo: Repo) -> None:
    run_id = await d.begin(flow(step("a"), top=top(repo).replace("main", "next")))
    run = await d.run_until(run_id)
    assert (run["detail"]["code"], run["worktree"]["stage"]) == ("worktree_base_unknown", "wanted")
    repo.git("branch", "next")
    await d.call("run.recover", run_id=run_id)
    assert (await looked(d, run_id))["stage"] == "removed"
    repo.git("checkout", "--quiet", "--orphan", "bare")
    repo.git("rm", "-r", "-f", "--quiet", "inner")
    repo.git("commit", "--quiet", "--message=less")
    (repo.folder / "inner").mkdir()
    run = await d.run_until(await d.begin(flow(step("a"), top=top(repo, inner="/inner").replace("main", "bare"))))
    assert run["detail"]["code"] == "worktree_folder_missing"
    refused = await d.refused("run.start", text=flow(step("a"), top=f"workspace: {d.places.data}\nworktree: {{base: main}}"))
    assert refused.code == "worktree_not_a_repository"


async def test_a_pause_while_it_is_made_and_a_cancel_before_it_is_there(d: House, repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    going = trio.Event()

    async def slow(*given: Any) -> Any:
        await going.wait()
        return await add(*given)

    monkeypatch.setattr(actors.worktree.maker, "add", slow)
    paused, cancelled = [await d.begin(flow(step("a"), top=top(repo), last=(step("tidy"),))) for _ in range(2)]
    for run_id in (paused, cancelled):
        await d.when(run_id, lambda run: run["worktree"]["stage"] == "planned")
    await d.call("run.pause", run_id=paused)
    await d.call("run.cancel", run_id=cancelled)
    assert (await looked(d, cancelled))["stage"] == "removed"
    assert ((await d.run(cancelled))["status"], d.script.count("tidy")) == ("cancelled", 0)
    going.set()
    await d.call("run.resume", run_id=paused)
    assert (await looked(d, paused))["stage"] == "removed"
    assert ((await d.run(paused))["status"], d.script.count("a"), repo.branches) == ("completed", 1, ["main"])


async def test_a_locked_one_stays_and_a_dry_run_makes_none(d: House, repo: Repo) -> None:
    async def lock(call: Call) -> Any:
        repo.git("worktree", "lock", call.workdir)

    d.script.on("a", lock)
    run_id = await d.begin(flow(step("a"), top=top(repo)))
    assert (await looked(d, run_id))["kept"] == ["locked"]
    await d.call("worktree.remove", run_id=run_id, force=True)
    assert (repo.worktrees, repo.branches) == ([], ["main"])
    dry = await d.begin(flow(step("a", "with: {b: '{{ run.branch }}'}"), top=top(repo)), dry_run=True)
    plan = (await d.run(dry))["output"]["plan"]
    assert plan["worktree"]["branch"] == f"penstock/story/{dry}" == plan["nodes"][0]["inputs"]["b"]
    assert (plan["workspace"], repo.branches) == (plan["worktree"]["path"], ["main"])


async def test_a_repository_that_vanishes_keeps_the_worktree_until_somebody_insists(d: House, repo: Repo) -> None:
    async def vanish(call: Call) -> Any:
        shutil.rmtree(repo.folder)

    d.script.on("a", vanish)
    run_id = await d.begin(flow(step("a"), top=top(repo)))
    site = await looked(d, run_id)
    assert (site["kept"], Path(site["path"]).is_dir()) == (["unreadable"], True)  # noqa: ASYNC240  nothing else waits for the loop
    assert "not there any more" in (await d.call("worktree.get", run_id=run_id))["worktree"]["trouble"]


async def test_one_that_leads_elsewhere_is_not_asked_about_itself(d: House, repo: Repo) -> None:
    async def mislead(call: Call) -> Any:
        other = Repo(d.folder / "other")
        other.git("config", "filter.evil.clean", f"touch {d.folder}/harmed; cat")
        pointer, told = Path(call.workdir, ".git"), f"gitdir: {other.folder}/.git\n"
        pointer.write_text(told)  # noqa: ASYNC240  nothing else waits for the loop
        Path(call.workdir, ".gitattributes").write_text("* filter=evil\n")  # noqa: ASYNC240  as above

    d.script.on("a", mislead)
    run_id = await d.begin(flow(step("a"), top=top(repo)))
    assert (await looked(d, run_id))["kept"] == ["unreadable"]
    assert not (d.folder / "harmed").exists()
    answer = await d.call("worktree.remove", run_id=run_id, force=True)
    assert (answer["branch_left"], repo.worktrees, repo.branches) == (False, [], ["main"])


async def test_a_run_that_was_cancelled_when_it_was_blocked_has_no_worktree_to_come(d: House, repo: Repo) -> None:
    d.script.on("a", give({"status": "blocked", "blocked_reason": "no"}))
    run_id = await d.begin(flow(step("a", "contract: {kind: x}"), top=top(repo)))
    assert (await looked(d, run_id))["stage"] == "removed"
    assert (await d.run(run_id))["status"] == "blocked"
    await d.call("run.cancel", run_id=run_id)
    assert (await d.run(run_id))["worktree"]["stage"] == "removed"


async def test_a_removal_that_fails_is_tried_again_and_nothing_begins_meanwhile(
    d: House, repo: Repo, monkeypatch: pytest.MonkeyPatch
) -> None:
    busy = True

    async def stuck(*given: Any) -> bool:
        if busy:
            raise OSError(16, "busy")
        return await clear(*given)

    monkeypatch.setattr(actors.worktree.keeper, "clear", stuck)
    d.script.on("a", write("loose.txt", "x"), give(1))
    run_id = await d.begin(flow(step("a"), top=top(repo)))
    await looked(d, run_id)
    assert (await d.refused("worktree.remove", run_id=run_id, force=True)).code == "worktree_not_removed"
    assert (await d.refused("run.retry", run_id=run_id, node_id="a")).code == "worktree_removing"
    assert (await d.call("worktree.get", run_id=run_id))["worktree"]["stage"] == "removing"
    tree = {row["path"]: row["status"] for row in (await d.call("system.tree"))["rows"]}
    assert "busy" in tree["worktrees"]
    busy = False
    assert (await looked(d, run_id))["stage"] == "removed"
    await d.call("run.retry", run_id=run_id, node_id="a")
    assert (await d.run_until(run_id))["status"] == "completed"
    assert (await d.names(run_id)).count("worktree_created") == 2
    for gone in ("run-none", (await d.call("run.start", text=flow(step("p"), name="plain"), folder=str(d.script.folder)))["run_id"]):
        assert (await d.refused("worktree.remove", run_id=gone)).code in ("run_not_found", "worktree_not_found")
        assert (await d.refused("worktree.get", run_id=gone)).code in ("run_not_found", "worktree_not_found")
