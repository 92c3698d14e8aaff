"""Runs in worktrees of their own, with real git: side by side, on fresh branches, and nothing that is not merged is ever lost."""

from __future__ import annotations

import shutil
import stat
from pathlib import Path

import trio

from tests.scenarios.flows import flow, gate, step
from tests.scenarios.gits import Repo, commit, looked, top
from tests.scenarios.harness import House
from tests.scenarios.script import Hold, fail, write


async def test_two_runs_of_one_repository_work_side_by_side(d: House, repo: Repo) -> None:
    hold = Hold()
    d.script.on("a", hold, hold)
    runs = [await d.begin(flow(step("a"), top=top(repo))) for _ in range(2)]
    for run_id in runs:
        await d.when(run_id, lambda run: run["nodes"][0]["status"] == "running")
    assert sorted(repo.worktrees) == sorted(str(d.places.data / "worktrees" / run_id) for run_id in runs)
    assert stat.S_IMODE((d.places.data / "worktrees").stat().st_mode) == 0o700
    assert sorted(repo.branches) == sorted(["main", *(f"penstock/story/{run_id}" for run_id in runs)])
    hold.open()
    assert [(await looked(d, run_id))["stage"] for run_id in runs] == ["removed", "removed"]
    assert (repo.worktrees, repo.branches) == ([], ["main"])


async def test_the_steps_find_branch_base_and_repository_and_a_folder_inside_stays_one(d: House, repo: Repo) -> None:
    told = "b: '{{ run.branch }}', base: '{{ run.base }}', r: '{{ run.repository }}', w: '{{ run.workspace }}'"
    text = flow(step("a", f"with: {{{told}}}"), top=top(repo, ', branch: "my/{{ run.id }}"', "/inner"))
    run_id = await d.begin(text)
    assert (await looked(d, run_id))["stage"] == "removed"
    work = str(d.places.data / "worktrees" / run_id / "inner")
    assert d.script.given("a") == [{"b": f"my/{run_id}", "base": "main", "r": str(repo.folder), "w": work}]


async def test_commits_keep_it_until_they_are_merged(d: House, repo: Repo) -> None:
    d.script.on("a", commit())
    run_id = await d.begin(flow(step("a"), top=top(repo)))
    site = await looked(d, run_id)
    assert (site["stage"], site["kept"]) == ("made", ["commits"])
    [row] = (await d.call("worktree.list"))["worktrees"]
    assert (row["run_id"], row["status"], row["kept"]) == (run_id, "completed", ["commits"])
    seen = (await d.call("worktree.get", run_id=run_id))["worktree"]
    assert (seen["commits_ahead"], seen["changed"], seen["head"]) == (1, 0, site["branch"])
    refused = await d.refused("worktree.remove", run_id=run_id)
    assert (refused.code, refused.data["commits_ahead"]) == ("worktree_holds_work", 1)
    repo.git("merge", "--quiet", site["branch"])
    first = await d.call("worktree.remove", run_id=run_id, request_id="rm")
    assert (first["branch_left"], repo.branches, repo.worktrees) == (False, ["main"], [])
    assert await d.call("worktree.remove", run_id=run_id, request_id="rm") == first
    assert (await d.call("worktree.list"))["worktrees"] == []
    for method in ("worktree.remove", "worktree.get"):
        assert (await d.refused(method, run_id=run_id)).code == "worktree_not_found"


async def test_force_takes_changes_and_leaves_unmerged_commits_on_their_branch(d: House, repo: Repo) -> None:
    d.script.on("a", commit())
    d.script.on("b", write("loose.txt", "x"))
    run_id = await d.begin(flow(step("a"), step("b", "needs: [a]"), top=top(repo)))
    site = await looked(d, run_id)
    assert site["kept"] == ["changes", "commits"]
    answer = await d.call("worktree.remove", run_id=run_id, force=True)
    assert (answer["branch_left"], answer["discarded_changes"]) == (True, 1)
    assert (repo.worktrees, repo.branches) == ([], ["main", site["branch"]])
    assert (await d.run(run_id))["worktree"]["branch_left"] is True


async def test_a_run_is_not_purged_as_long_as_its_worktree_is_there(house: House, git: None) -> None:
    house.configure("retention", finished_runs_ms=60_000)
    repo = Repo(house.folder / "repo")
    await house.start()
    house.script.on("a", commit())
    kept = await house.begin(flow(step("a"), top=top(repo)))
    site = await looked(house, kept)
    plain = await house.begin(flow(step("b"), name="plain"))
    refused = await house.refused("run.purge", run_id=kept)
    assert (refused.code, refused.data["path"]) == ("worktree_in_place", site["path"])
    await trio.sleep(300)
    assert (await house.refused("run.get", run_id=plain)).code == "run_not_found"
    assert (await house.run(kept))["status"] == "completed"
    await house.call("worktree.remove", run_id=kept, force=True)
    await trio.sleep(300)
    assert (await house.refused("run.get", run_id=kept)).code == "run_not_found"


async def test_a_run_that_is_brought_back_works_where_it_was_or_gets_a_new_one(d: House, repo: Repo) -> None:
    d.script.on("a", commit())
    d.script.on("b", fail("broken"))
    kept = await d.begin(flow(step("a"), step("b", "needs: [a]"), top=top(repo)))
    path = (await looked(d, kept))["path"]
    await d.call("run.recover", run_id=kept)
    assert (await looked(d, kept))["path"] == path
    assert (await d.run(kept))["status"] == "completed"
    assert (await d.names(kept)).count("worktree_created") == 1
    d.script.on("c", fail("broken"))
    gone = await d.begin(flow(step("c"), top=top(repo)))
    assert (await looked(d, gone))["stage"] == "removed"
    await d.call("run.recover", run_id=gone)
    assert (await looked(d, gone))["stage"] == "removed"
    assert ((await d.run(gone))["status"], (await d.names(gone)).count("worktree_created")) == ("completed", 2)


async def test_a_fork_has_its_own_which_begins_where_the_other_one_stands(d: House, repo: Repo) -> None:
    d.script.on("a", commit())
    d.script.on("b", fail("broken"))
    run_id = await d.begin(flow(step("a"), step("b", "needs: [a]"), top=top(repo)))
    await looked(d, run_id)
    fork = (await d.call("run.fork", run_id=run_id))["run_id"]
    own = await looked(d, fork)
    assert (own["kept"], own["path"], own["branch"]) == (["commits"], str(d.places.data / "worktrees" / fork), f"penstock/story/{fork}")
    assert Path(own["path"], "made.txt").read_text() == "made.txt"  # noqa: ASYNC240  nothing else waits for the loop
    anew = (await d.call("run.fork", run_id=run_id, from_nodes=["a"]))["run_id"]
    assert (await looked(d, anew))["stage"] == "removed"


async def test_a_worktree_that_somebody_has_removed_is_said_to_be_missing(d: House, repo: Repo) -> None:
    run_id = await d.begin(flow(step("a"), gate("ask", "needs: [a]"), step("b", "needs: [ask]"), top=top(repo)))
    run = await d.run_until(run_id, "awaiting_approval")
    shutil.rmtree(run["worktree"]["path"])
    await d.decide(run_id, "approve")
    run = await d.run_until(run_id)
    assert (run["status"], run["detail"]["code"]) == ("failed", "worktree_missing")
    hold = Hold()
    d.script.on("c", hold)
    other = await d.begin(flow(step("c"), step("e", "needs: [c]"), top=top(repo)))
    await hold.begun()
    shutil.rmtree((await d.run(other))["worktree"]["path"])
    hold.open()
    assert (await d.run_until(other))["nodes"][1]["error"]["code"] == "worktree_missing"
    assert {run_id: await looked(d, run_id), other: await looked(d, other)}[other]["stage"] == "removed"
