"""Readers: resumable from anywhere, never holding up the writer."""

from __future__ import annotations

from contextlib import aclosing
from typing import Any

import pytest
import trio

from tests.scenarios.client import Client, Refused, follow
from tests.scenarios.flows import flow, gate, step
from tests.scenarios.harness import House
from tests.scenarios.script import Hold, give

LONG = flow(*(step(f"n{i:03}", f"needs: [n{i - 1:03}]" if i else "") for i in range(60)))


async def read_all(d: House, run_id: str, after: int = 0) -> list[dict[str, Any]]:
    async with aclosing(follow(d.places.socket, d.history, run_id, after)) as events:
        return [event async for event in events]


async def test_a_follower_sees_every_event_live_and_then_the_end(d: House) -> None:
    hold = Hold()
    d.script.on("b", hold)
    run_id = await d.begin(flow(step("a"), step("b", "needs: [a]")))
    await hold.begun()
    seen: list[dict[str, Any]] = []

    async def watch() -> None:
        seen.extend(await read_all(d, run_id))

    async with trio.open_nursery() as nursery:
        nursery.start_soon(watch)
        await trio.sleep(1)
        hold.open()
    assert seen == await d.events(run_id)


async def test_following_resumes_from_every_sequence_number(d: House) -> None:
    run_id = await d.begin(flow(step("a"), step("b", "needs: [a]")))
    await d.run_until(run_id)
    whole = await d.events(run_id)
    for after in range(len(whole) + 1):
        assert await read_all(d, run_id, after) == whole[after:]


async def test_a_follower_that_reconnects_misses_nothing_through_a_crash(d: House) -> None:
    hold = Hold()
    d.script.on("n030", hold)
    run_id = await d.begin(LONG)
    await hold.begun()
    first = []
    async with aclosing(follow(d.places.socket, d.history, run_id)) as events:
        async for event in events:
            first.append(event)
            if len(first) == 20:
                break
    await d.restart(crash=True)
    hold.open()
    rest = await read_all(d, run_id, first[-1]["seq"])
    assert first + rest == await d.events(run_id)


async def test_following_an_unknown_run_is_refused(d: House) -> None:
    with pytest.raises(Refused) as refused:
        await read_all(d, "run-nobody")
    assert refused.value.code == "run_not_found"


async def stalled(d: House, run_id: str) -> Client:
    """A follower that never reads."""
    client = await d.client()
    await client.send({"jsonrpc": "2.0", "id": 1, "method": "run.follow", "params": {"run_id": run_id}})
    return client


async def test_stalled_readers_are_cut_off_and_nobody_waits_for_them(d: House) -> None:
    for i in range(60):
        d.script.on(f"n{i:03}", give({"much": "x" * 60_000}))
    run_id = await d.begin(LONG)
    lazy = [await stalled(d, run_id) for _ in range(20)]
    run = await d.run_until(run_id, within=30)
    assert run["finished_at_ms"] - run["created_at_ms"] <= 1_000
    await trio.sleep(30)
    rows = [row for row in (await d.call("system.tree"))["rows"] if row["path"].startswith("control/sessions/")]
    assert len(rows) <= 2, "the sessions of those who never read are over"
    for client in lazy:
        await client.close()
    assert len(await read_all(d, run_id)) == run["seq"]


async def test_the_system_is_followed_by_status_changes_of_all_runs(d: House) -> None:
    client = await d.client()
    await client.send({"jsonrpc": "2.0", "id": 1, "method": "system.follow", "params": {}})
    await client.next(1)
    a = await d.begin(flow(gate("ask")))
    await d.run_until(a, "awaiting_approval")
    await d.decide(a, "approve")
    await d.run_until(a)
    told: list[str] = []
    while not told or told[-1] != "completed":
        params = (await client.next())["params"]
        assert params["event"]["run_id"] == a
        told.append(params["event"]["status"])
    assert told == ["queued", "awaiting_approval", "completed"], "an approved run with a free slot before it goes on in the same commit"
    await client.close()


async def test_an_acknowledged_change_is_read_at_once_on_another_connection(d: House) -> None:
    run_id = await d.begin(flow(gate("ask")))
    await d.run_until(run_id, "awaiting_approval")
    async with await d.client() as one, await d.client() as other:
        await one.call("run.pause", {"run_id": run_id})
        assert (await other.call("run.get", {"run_id": run_id}))["run"]["status"] == "paused"
        listed = await other.call("run.list", {"status": "paused"})
        assert [row["run_id"] for row in listed["runs"]] == [run_id]
