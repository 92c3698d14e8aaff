"""Outside services that want to be left alone: runs that need them wait, all others go on, and nothing of it outlives the daemon."""

from __future__ import annotations

import pytest
import trio

from tests.scenarios.flows import flow, gate, step
from tests.scenarios.harness import House
from tests.scenarios.inside import full_disk
from tests.scenarios.script import Hold

AI = "providers: [' OpenAI ', github]"


async def metrics(d: House) -> dict[str, int]:
    """The scheduler's numbers, without their prefix."""
    found = (await d.call("system.metrics"))["metrics"]
    return {name.removeprefix("scheduler_"): number for name, number in found.items() if name.startswith("scheduler_")}


async def test_r14_a_throttled_provider_holds_the_runs_that_need_it_and_no_others(d: House) -> None:
    told = await d.call("scheduler.throttle", provider="OPENAI ", for_ms=60_000)
    end = d.clock.now_ms() + 60_000
    assert told == {"provider": "openai", "throttled": True, "until_ms": end}
    held = await d.begin(flow(step("a"), name="held", top=AI))
    other = await d.begin(flow(step("b"), name="other", top="providers: [github]"))
    assert (await d.run_until(other))["status"] == "completed"
    [reason] = (await d.call("run.why", run_id=held))["reasons"]
    assert (reason["code"], reason["data"]["rate_limited_provider"], reason["data"]["until_ms"]) == ("rate_limit", "openai", end)
    assert "which is throttled for another 1 minute" in reason["text"]
    queue = await d.call("scheduler.queue")
    assert (queue["queued"], queue["throttles"]) == ({"rate_limit": 1}, [{"provider": "openai", "until_ms": end}])
    run = await d.run_until(held)
    assert (run["status"], run["started_at_ms"] >= end, run["started_at_ms"] - end < 100) == ("completed", True, True)
    assert (await d.call("scheduler.queue"))["throttles"] == []


async def test_r14_a_throttle_of_another_tenant_holds_nobody_here(d: House) -> None:
    told = await d.call("scheduler.throttle", provider="openai", for_ms=60_000, tenant="org-a:w:d")
    assert told["tenant"] == "org-a:w:d"
    run_id = await d.begin(flow(step("a"), top=AI))
    assert (await d.run_until(run_id))["status"] == "completed"
    assert (await d.call("scheduler.queue"))["throttles"][0]["tenant"] == "org-a:w:d"


async def test_r15_a_throttle_is_named_before_a_workspace_and_that_before_capacity(house: House) -> None:
    house.configure("scheduler", max_concurrent_runs=1)
    await house.start()
    hold = Hold()
    house.script.on("block", hold)
    here = f"workspace: {house.script.folder}"
    blocker = await house.begin(flow(step("block"), name="block", top=here))
    await hold.begun()
    await house.call("scheduler.throttle", provider="openai", for_ms=60_000)
    run_id = await house.begin(flow(step("a"), name="all", top=f"{here}\n{AI}"))
    assert await house.why(run_id) == ["rate_limit"]
    await house.call("scheduler.throttle", provider="openai", for_ms=0)
    [reason] = (await house.call("run.why", run_id=run_id))["reasons"]
    assert (reason["code"], reason["data"]["resource_key"], reason["data"]["held_by"]) == (
        "workspace_lock",
        str(house.script.folder),
        blocker,
    )
    hold.open()
    assert (await house.run_until(run_id))["status"] == "completed"


async def test_a_throttle_that_is_lifted_lets_them_go_at_once(d: House) -> None:
    await d.call("scheduler.throttle", provider="openai", for_ms=600_000)
    run_id = await d.begin(flow(step("a"), top=AI))
    await trio.sleep(5)
    assert (await d.run(run_id))["status"] == "queued"
    began = trio.current_time()
    assert await d.call("scheduler.throttle", provider="openai", for_ms=0) == {"provider": "openai", "throttled": False}
    assert (await d.run_until(run_id))["status"] == "completed"
    assert trio.current_time() - began < 1


async def test_a_run_under_way_is_not_held_but_where_it_waits_again_it_is(d: House) -> None:
    hold = Hold()
    d.script.on("a", hold)
    run_id = await d.begin(flow(step("a"), gate("ask", "needs: [a]"), step("b", "needs: [ask]"), top=AI))
    await hold.begun()
    await d.call("scheduler.throttle", provider="github", for_ms=60_000)
    hold.open()
    await d.run_until(run_id, "awaiting_approval")
    assert (await d.decide(run_id, "approve"))["status"] == "queued"
    await trio.sleep(1)
    assert ((await d.run(run_id))["status"], await d.why(run_id)) == ("queued", ["rate_limit"])
    assert (await d.run_until(run_id))["status"] == "completed"


@pytest.mark.parametrize("crash", [False, True], ids=["orderly", "crash"])
async def test_the_next_daemon_knows_of_no_throttle_and_of_every_provider(d: House, *, crash: bool) -> None:
    await d.call("scheduler.throttle", provider="openai", for_ms=600_000)
    run_id = await d.begin(flow(step("a"), top=AI))
    await trio.sleep(1)
    await d.crash() if crash else await d.stop()
    hold = Hold()
    d.script.on("block", hold, hold)
    d.configure("scheduler", max_concurrent_runs=1)
    await d.start()
    assert (await d.call("scheduler.queue"))["throttles"] == []
    assert (await d.run_until(run_id))["status"] == "completed"
    blocker = await d.begin(flow(step("block"), name="block"))
    await hold.begun()
    await trio.sleep(0.01)  # the older one goes first
    again = await d.begin(flow(step("a"), top=AI))
    await d.restart(crash=True)
    await d.call("scheduler.throttle", provider="github", for_ms=60_000)
    assert await d.why(again) == ["rate_limit"], "its ticket was made from the catalog"
    hold.open()
    assert (await d.run_until(blocker))["status"] == (await d.run_until(again))["status"] == "completed"


async def test_a_throttle_is_asked_for_once_and_audited(d: House) -> None:
    first = await d.call("scheduler.throttle", provider="openai", for_ms=1_000, request_id="mine")
    await trio.sleep(5)
    assert await d.call("scheduler.throttle", provider="openai", for_ms=1_000, request_id="mine") == first
    assert (await d.call("scheduler.queue"))["throttles"] == [], "the second answer is the first one's"
    assert (await d.refused("scheduler.throttle", provider="github", for_ms=1_000, request_id="mine")).code == "request_conflict"
    refused = await d.refused("scheduler.throttle", provider="open ai", for_ms=1_000)
    assert (refused.code, "'open ai' is no name" in refused.message, refused.data["allowed"][:9]) == (
        "providers_invalid",
        True,
        "[a-z0-9][",
    )
    for for_ms in (-1, 604_800_001):
        assert (await d.refused("scheduler.throttle", provider="openai", for_ms=for_ms)).code == "params_invalid"
    assert (await d.refused("scheduler.throttle", provider="openai")).code == "params_invalid"
    assert (await d.call("audit.verify"))["entries"] >= 2


async def test_a_throttle_that_cannot_be_recorded_holds_nobody(d: House) -> None:
    with full_disk(d):
        refused = await d.refused("scheduler.throttle", provider="openai", for_ms=600_000)
    assert (refused.code, "Nothing was changed" in refused.message) == ("storage_full", True)
    await trio.sleep(6)
    assert (await d.run_until(await d.begin(flow(step("a"), top=AI))))["status"] == "completed"


async def test_a_throttle_that_is_found_again_is_not_recorded_again(house: House) -> None:
    house.configure("scheduler", max_concurrent_runs=1)
    await house.start()
    house.script.on("block", *[Hold()] * 9)
    await house.begin(flow(step("block"), name="block"))
    await trio.sleep(1)
    run_id = await house.begin(flow(step("a"), top=AI))
    for crash in (False, True, True):
        await house.call("scheduler.throttle", provider="openai", for_ms=600_000)
        await trio.sleep(15)
        assert [event["rate_limited_provider"] for event in await house.events(run_id) if "queue_reason" in event] == ["openai"]
        await house.restart(crash=crash)


async def test_r13_the_numbers_of_the_queue(house: House) -> None:
    house.configure("scheduler", max_concurrent_runs=1)
    await house.start()
    hold = Hold()
    house.script.on("x", hold)
    a = await house.begin(flow(step("x"), name="a"))
    await hold.begun()
    b = await house.begin(flow(step("y"), name="b"))
    found = await metrics(house)
    assert (found["active"], found["queued"], found["queued_capacity"], found["admitted_total"]) == (1, 1, 1, 1)
    queue = await house.call("scheduler.queue")
    assert (queue["max_concurrent_runs"], queue["mode"], queue["queued"]) == (1, "multi", {"capacity": 1})
    assert [(run["run_id"], run["workflow_id"], run["holds"]) for run in queue["active"]] == [(a, "a", "slot")]
    assert [(run["run_id"], run["queue_reason"]) for run in queue["waiting"]] == [(b, "capacity")]
    await trio.sleep(10)
    hold.open()
    await house.run_until(b)
    found = await metrics(house)
    assert (found["active"], found["queued"], found["admitted_total"], found["completed_total"]) == (0, 0, 2, 2)
    assert (4_990 <= found["wait_average_ms"] <= 5_010, 9_990 <= found["wait_p95_ms"] <= 10_010) == (True, True)
    assert (found["pausing"], found["throttles"]) == (0, 0)
