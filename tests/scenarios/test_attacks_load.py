"""G17, G18, G22: floods, full mailboxes, full disks."""

from __future__ import annotations

from typing import Any

import trio

from tests.scenarios.client import Refused
from tests.scenarios.flows import flow, gate, step
from tests.scenarios.harness import House
from tests.scenarios.inside import full_disk, system_of
from tests.scenarios.script import Hold

LINE = flow(step("a"), step("b", "needs: [a]"))


def fullest(d: House) -> dict[str, float]:
    return {row.path: row.mailbox / row.capacity for row in system_of(d).tree() if row.capacity}


async def test_g17_a_flood_of_starts_is_taken_whole_or_refused_and_no_mailbox_overflows(d: House) -> None:
    started: list[str] = []
    refused: list[str] = []
    peaks: list[float] = []

    async def flood(count: int) -> None:
        async with await d.client() as client:
            for _ in range(count):
                try:
                    answer = await client.call("run.start", {"text": LINE, "folder": str(d.script.folder)})
                    started.append(answer["run_id"])
                except Refused as error:
                    refused.append(error.code)
                peaks.append(max(fullest(d).values()))

    async with trio.open_nursery() as nursery:
        for _ in range(40):
            nursery.start_soon(flood, 5)
    assert (len(started) + len(refused), set(refused) <= {"overloaded"}, max(peaks) <= 1) == (200, True, True)
    for run_id in started:
        assert (await d.run_until(run_id))["status"] == "completed"
    assert d.script.count("b") == len(started)


async def test_g17_a_client_that_sends_without_reading_is_slowed_and_harms_nobody(d: House) -> None:
    client = await d.client()
    done = 0

    async def hurry() -> None:
        nonlocal done
        for number in range(5_000):
            await client.send({"jsonrpc": "2.0", "id": number, "method": "system.tree", "params": {}})
            done += 1

    async with trio.open_nursery() as nursery:
        nursery.start_soon(hurry)
        run_id = await d.begin(LINE)
        run = await d.run_until(run_id, within=10)
        nursery.cancel_scope.cancel()
    assert (run["status"], done < 5_000, max(fullest(d).values()) <= 1) == ("completed", True, True)
    await client.close()


async def test_g18_looking_cancelling_and_deciding_work_while_all_ordinary_slots_are_taken(d: House) -> None:
    asked = await d.begin(flow(gate("ask"), name="asked"))
    await d.run_until(asked, "awaiting_approval")
    hold = Hold()
    d.script.on("w", hold)
    working = await d.begin(flow(step("w"), name="working"))
    await hold.begun()
    assert d.host is not None
    assert d.host.assembly is not None
    slots = _slots(d)
    while slots.take(reserved=False):
        pass
    assert (await d.refused("run.why", run_id=asked)).code == "overloaded"
    assert (await d.call("run.get", run_id=asked))["run"]["status"] == "awaiting_approval"
    assert (await d.call("run.cancel", run_id=working))["status"] == "cancelled"
    assert (await d.decide(asked, "approve"))["decision"] == "approve"
    assert (await d.call("system.info"))["runs"]


def _slots(d: House) -> Any:
    """The counters that all sessions share."""
    receiver: Any = system_of(d).registry.receiver("control/listener")
    return receiver.actor._dispatcher.slots


async def test_g22_a_full_disk_acknowledges_nothing_keeps_reads_and_goes_on_by_itself(d: House) -> None:
    hold = Hold({"kept": True})
    d.script.on("a", hold)
    run_id = await d.begin(LINE)
    await hold.begun()
    asked = await d.begin(flow(gate("ask"), name="asked"))
    await d.run_until(asked, "awaiting_approval")
    with full_disk(d):
        hold.open()
        await trio.sleep(1)
        assert (await d.refused("run.start", text=LINE, folder=str(d.script.folder))).code == "storage_full"
        assert (await d.refused("gate.decide", run_id=asked, decision="approve")).code == "storage_full"
        assert (await d.refused("run.cancel", run_id=asked)).code == "storage_full"
        assert (await d.run(run_id))["status"] == "running"
        assert (await d.call("system.info"))["store"]["fault"] == "storage_full"
        await trio.sleep(30)
    await trio.sleep(6)  # it looks every five seconds whether there is room again
    await d.decide(asked, "approve")
    run = await d.run_until(run_id)
    assert (run["status"], run["nodes"][0]["output"], d.script.count("a"), d.script.count("b")) == ("completed", {"kept": True}, 1, 1)
    assert (await d.run_until(asked))["status"] == "completed"


async def test_g22_a_disk_that_is_full_for_one_commit_repeats_no_effect(d: House) -> None:
    hold = Hold()
    d.script.on("b", hold)
    run_id = await d.begin(flow(step("a"), step("b", "needs: [a]"), step("c", "needs: [b]")))
    await hold.begun()
    for _ in range(5):
        with full_disk(d):
            await d.refused("run.pause", run_id=run_id)
        await trio.sleep(10)
        if (await d.run(run_id))["status"] == "paused":
            await d.call("run.resume", run_id=run_id)
    hold.open()
    assert (await d.run_until(run_id))["status"] == "completed"
    assert (d.script.count("a"), d.script.count("c")) == (1, 1)


async def test_g22_a_crash_while_the_disk_is_full_loses_only_what_was_not_acknowledged(d: House) -> None:
    hold = Hold()
    d.script.on("a", hold)
    run_id = await d.begin(LINE)
    await hold.begun()
    with full_disk(d):
        hold.open()
        await trio.sleep(1)
        await d.crash()
    await d.start()
    run = await d.run_until(run_id)
    assert (run["status"], d.script.count("a"), d.script.count("b")) == ("completed", 2, 1)
