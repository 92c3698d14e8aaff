"""Which queued run starts: slots, folders, priority. And what `why` says to those that wait."""

from __future__ import annotations

import itertools

import trio

from tests.scenarios.flows import flow, gate, step
from tests.scenarios.harness import House
from tests.scenarios.script import Hold, take

HERE = 'workspace: "{{ inputs.at }}"\ninputs: {at: {type: string}}'


def folder(d: House, name: str) -> str:
    path = d.folder / name
    path.mkdir(exist_ok=True)
    return str(path)


def link(d: House, name: str, target: str) -> None:
    (d.folder / name).symlink_to(target)


async def test_r10_r13_beyond_the_slots_runs_wait_for_capacity(house: House) -> None:
    house.configure("scheduler", max_concurrent_runs=1)
    await house.start()
    first = Hold()
    house.script.on("x", first)
    a = await house.begin(flow(step("x"), name="a"))
    b = await house.begin(flow(step("y"), name="b"))
    await first.begun()
    assert ((await house.run(b))["status"], await house.why(b)) == ("queued", ["capacity"])
    first.open()
    assert (await house.run_until(b))["status"] == "completed"
    assert (await house.run(a))["status"] == "completed"
    rows = {row["path"]: row["status"] for row in (await house.call("system.tree"))["rows"]}
    assert rows["scheduler"].startswith("0 of 1 slots taken, 0 queued")


async def test_eight_runs_at_once_and_no_more(d: House) -> None:
    hold = Hold()
    d.script.on("x", *[hold] * 12)
    runs = [await d.begin(flow(step("x"))) for _ in range(12)]
    await trio.sleep(2)
    statuses = [(await d.run(run_id))["status"] for run_id in runs]
    assert (hold.entered, statuses) == (8, ["running"] * 8 + ["queued"] * 4)
    hold.open()
    for run_id in runs:
        assert (await d.run_until(run_id))["status"] == "completed"


async def test_priority_goes_before_age_and_age_before_id(house: House) -> None:
    house.configure("scheduler", max_concurrent_runs=1)
    await house.start()
    hold = Hold()
    house.script.on("block", hold)
    await house.begin(flow(step("block"), name="block"))
    await hold.begun()
    runs = []
    for priority, node in ((0, "old"), (0, "young"), (5, "urgent"), (-5, "late")):
        runs.append(await house.begin(flow(step(node), name=node), priority=priority))
        await trio.sleep(0.01)
    hold.open()
    await house.run_until(runs[-1])
    assert [call["node"] for call in house.script.calls()] == ["block", "urgent", "old", "young", "late"]


async def test_r11_two_runs_in_one_folder_follow_each_other(d: House) -> None:
    hold = Hold()
    d.script.on("x", hold)
    text = flow(step("x"), top=HERE)
    a = await d.begin(text, inputs={"at": folder(d, "repo")})
    await hold.begun()
    b = await d.begin(text, inputs={"at": folder(d, "repo") + "/../repo/"})
    c = await d.begin(text, inputs={"at": folder(d, "other")})
    assert (await d.run_until(c))["status"] == "completed"
    reason = (await d.call("run.why", run_id=b))["reasons"][0]
    assert (reason["code"], reason["data"]["resource_key"], reason["data"]["held_by"]) == ("workspace_lock", folder(d, "repo"), a)
    hold.open()
    assert (await d.run_until(b))["status"] == "completed"


async def test_two_names_of_one_folder_are_one_lock(d: House) -> None:
    hold = Hold()
    d.script.on("x", hold)
    link(d, "link", folder(d, "repo"))
    text = flow(step("x"), top=HERE)
    await d.begin(text, inputs={"at": folder(d, "repo")})
    await hold.begun()
    b = await d.begin(text, inputs={"at": str(d.folder / "link")})
    assert await d.why(b) == ["workspace_lock"]
    hold.open()
    assert (await d.run_until(b))["status"] == "completed"


async def test_r16_a_run_that_rests_gives_slot_and_folder_back(house: House) -> None:
    house.configure("scheduler", max_concurrent_runs=1)
    await house.start()
    at = {"at": folder(house, "repo")}
    a = await house.begin(flow(gate("ask"), step("x", "needs: [ask]"), name="a", top=HERE), inputs=at)
    await house.run_until(a, "awaiting_approval")
    hold = Hold()
    house.script.on("y", hold)
    b = await house.begin(flow(step("y"), name="b", top=HERE), inputs=at)
    await hold.begun()
    await house.decide(a, "approve")
    assert (await house.why(a))[0] in ("workspace_lock", "capacity")
    await house.call("run.pause", run_id=b)
    assert (await house.run_until(a))["status"] == "completed"
    hold.open()
    await house.call("run.resume", run_id=b)
    assert (await house.run_until(b))["status"] == "completed"


async def test_a_folder_that_is_missing_or_no_folder_is_refused_at_the_start(d: House) -> None:
    text = flow(step("x"), top=HERE)
    common = {"text": text, "folder": str(d.script.folder)}
    assert (await d.refused("run.start", inputs={"at": str(d.folder / "nowhere")}, **common)).code == "workspace_missing"
    (d.folder / "file").write_text("")
    assert (await d.refused("run.start", inputs={"at": str(d.folder / "file")}, **common)).code == "workspace_not_a_directory"
    assert (await d.call("run.list"))["runs"] == []


async def test_r25_a_back_off_holds_its_run_and_not_those_behind_it(house: House) -> None:
    house.configure("scheduler", max_concurrent_runs=1)
    await house.start()
    house.script.on("a", Hold(error="no"))
    failing = Hold(error="no")
    failing.open()
    house.script.on("b", failing)
    held = await house.begin(flow(step("b", "retry: {max_attempts: 2, backoff: {strategy: fixed, initial: 1500ms}}"), name="held"))
    due = (await house.when(held, lambda run: "retry_after_ms" in run.get("scheduler", {})))["scheduler"]["retry_after_ms"]
    young = await house.begin(flow(step("c"), name="young"))
    assert (await house.run_until(young))["finished_at_ms"] < due
    await house.run_until(held)
    started = [event["at_ms"] for event in await house.events(held) if event["event"] == "node_started"]
    assert started[1] >= due


async def test_single_mode_runs_one_at_a_time(house: House) -> None:
    house.configure("scheduler", mode="single", max_concurrent_runs=8)
    await house.start()
    house.script.on("x", *[take(1)] * 3)
    runs = []
    for _ in range(3):
        runs.append(await house.begin(flow(step("x"))))
        await trio.sleep(0.01)
    times = [await house.run_until(run_id) for run_id in runs]
    assert all(b["started_at_ms"] >= a["finished_at_ms"] for a, b in itertools.pairwise(times))


async def test_slots_are_right_after_a_crash(house: House) -> None:
    house.configure("scheduler", max_concurrent_runs=2)
    await house.start()
    hold = Hold()
    house.script.on("x", *[hold] * 8)
    runs = [await house.begin(flow(step("x"))) for _ in range(5)]
    await trio.sleep(2)
    await house.restart(crash=True)
    await trio.sleep(5)
    statuses = [(await house.run(run_id))["status"] for run_id in runs]
    assert sorted(statuses) == ["queued"] * 3 + ["running"] * 2
    hold.open()
    for run_id in runs:
        assert (await house.run_until(run_id))["status"] == "completed"
