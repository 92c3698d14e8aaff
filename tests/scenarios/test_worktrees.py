"""Runs in worktrees of their own, with real git: side by side, on fresh branches, and nothing that is not merged is ever lost."""

from __future__ import annotations

import shutil
import stat
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest
import trio

import actors.worktree.maker
from actors.worktree.making import add
from tests.scenarios.flows import flow, gate, step
from tests.scenarios.gits import Repo, real_git
from tests.scenarios.harness import House
from tests.scenarios.script import Call, Hold, fail, write


@pytest.fixture(autouse=True)
def git() -> Generator[None, None, None]:
    with real_git():
        yield


@pytest.fixture
def repo(d: House) -> Repo:
    return Repo(d.folder / "repo")


def top(repo: Repo, more: str = "", inner: str = "") -> str:
    return f"workspace: {repo.folder}{inner}\nworktree: {{base: main{more}}}"


async def looked(d: House, run_id: str) -> dict[str, Any]:
    """Its worktree, once the run has ended and it is known what becomes of it."""
    await d.run_until(run_id)
    site: dict[str, Any] = {}
    for _ in range(100):
        site = (await d.run(run_id))["worktree"]
        if site["stage"] in ("wanted", "removed") or site.get("kept"):
            return site
        await trio.sleep(1)
    raise AssertionError(f"nobody has looked at {site}")


def commit(name: str = "made.txt") -> Any:
    """A step that commits a file."""

    async def act(call: Call) -> Any:
        path = Path(call.workdir, name)
        path.write_text(name)  # noqa: ASYNC240  nothing else waits for the loop
        place = Repo(Path(call.workdir))
        place.git("add", "--all")
        place.git("commit", "--quiet", "--message=made")
        return {"made": name}

    return act


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


async def test_a_run_is_not_purged_as_long_as_its_worktree_is_there(house: House) -> None:
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
