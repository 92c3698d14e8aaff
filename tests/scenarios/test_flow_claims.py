"""Who may work on a run with control flow: claims, their epochs and leases, logs that cannot be read, those who follow, cancels."""

from __future__ import annotations

import pytest
import trio
from attrs import evolve

from actors.config import Config
from actors.config.sections import Claims
from actors.run.events import RunExecutionClaimed
from actors.run.vocabulary import run_codec
from storage import Acquire, Append, ClaimLost, Transaction, VersionConflict
from storage.records import Claim
from tests.scenarios.client import follow
from tests.scenarios.flows import block, flow, loop, step
from tests.scenarios.forged import OTHER, forge, held_back, let_go, services_of, taken
from tests.scenarios.harness import House
from tests.scenarios.inside import tampered
from tests.scenarios.script import Hold
from tests.scenarios.test_attacks_blast import breaking

ORDER = "sequence: true"


def claim_of(d: House, run_id: str) -> Claim:
    claim = services_of(d).store.claims.get(run_id)
    assert claim is not None
    return claim


def written(d: House, run_id: str, epoch: int) -> Transaction:
    """Another daemon's fact, with that epoch."""
    fact = run_codec().encode(RunExecutionClaimed("run-claim-2", OTHER, epoch))
    head = services_of(d).store.journal.head(run_id)
    return Transaction(services_of(d).clock.now_ms(), (Append(run_id, head, (fact,), epoch=epoch),))


async def test_fl41_a_follower_that_breaks_off_harms_neither_the_run_nor_the_others(d: House) -> None:
    hold = Hold()
    d.script.on("a", hold)
    run_id = await d.begin(flow(block("g", step("a"), step("b")), top=ORDER))
    broken = await d.client()
    await broken.send({"jsonrpc": "2.0", "id": 1, "method": "run.follow", "params": {"run_id": run_id}})
    heard: list[dict[str, object]] = []

    async def listen() -> None:
        heard.extend([event async for event in follow(d.places.socket, d.history, run_id)])

    async with trio.open_nursery() as nursery:
        nursery.start_soon(listen)
        await hold.begun()
        await broken.close()
        hold.open()
    assert (await d.run(run_id))["status"] == "completed"
    assert heard == await d.events(run_id)


async def test_fl95_a_run_whose_log_cannot_be_read_is_not_resumed(d: House) -> None:
    hold = Hold()
    d.script.on("a", hold)
    run_id = await d.begin(flow(block("g", step("a"), step("b")), top=ORDER))
    await hold.begun()
    await d.call("run.pause", run_id=run_id)
    await d.run_until(run_id, "paused")
    await d.stop()
    tampered(d, breaking("not json", run_id, "node_started"))
    d.history.unread.add(run_id)
    await d.start()
    refused = await d.refused("run.resume", run_id=run_id)
    await trio.sleep(30)
    assert (refused.code, d.script.count("a"), d.script.count("b")) == ("run_log_unreadable", 1, 0)


async def test_fl97_fl99_a_run_that_another_daemon_has_is_not_resumed_until_that_one_lets_its_claim_run_out(d: House) -> None:
    run_id = await held_back(d, loop("l", step("a"), more="do_while: 'false', max_iterations: 2"))
    await taken(d, run_id)
    first = claim_of(d, run_id)
    assert (first.claimant, first.epoch) == (OTHER, 1)
    await trio.sleep(5)
    await services_of(d).store.renew(OTHER, 30_000)
    again = claim_of(d, run_id)
    assert (again.claimant, again.epoch, again.until_ms > first.until_ms) == (OTHER, 1, True)
    await let_go(d)
    before = await d.names(run_id)
    refused = await d.refused("run.resume", run_id=run_id)
    assert (refused.code, refused.data["claimant"]) == ("run_already_claimed", OTHER)
    assert (claim_of(d, run_id), await d.names(run_id), d.script.count("a")) == (again, before, 0)
    run = await d.run_until(run_id)  # the other one is silent from now on
    assert (run["status"], run["epoch"], d.script.count("a")) == ("completed", 2, 1)


async def test_fl98_of_two_claims_at_once_one_is_taken(d: House) -> None:
    run_id = await held_back(d, step("a"))
    told: list[str] = []

    async def claim(by: str) -> None:
        try:
            await taken(d, run_id, by=by)
            told.append(by)
        except (ClaimLost, VersionConflict):
            told.append("refused")

    async with trio.open_nursery() as nursery:
        for by in ("one", "two"):
            nursery.start_soon(claim, by)
    winner = claim_of(d, run_id)
    assert sorted(told) == sorted(["refused", str(winner.claimant)])
    assert winner.epoch == 1
    assert (await d.names(run_id)).count("run_execution_claimed") == 1
    await let_go(d)
    assert (await d.run_until(run_id))["epoch"] == 2


async def test_fl100_a_fact_with_an_old_epoch_is_not_written(d: House) -> None:
    hold = Hold()
    d.script.on("a", hold)
    run_id = await d.begin(flow(block("g", step("a"), step("b")), top=ORDER))
    await hold.begun()
    before = await d.names(run_id)
    for epoch in (0, 2):
        with pytest.raises(ClaimLost):
            await services_of(d).store.commit(written(d, run_id, epoch))
    assert await d.names(run_id) == before
    hold.open()
    run = await d.run_until(run_id)
    assert (run["status"], run["epoch"]) == ("completed", 1)


async def test_fl101_who_lost_his_claim_within_a_step_starts_none_of_those_behind_it(d: House) -> None:
    hold = Hold()
    d.script.on("a", hold)
    run_id = await d.begin(flow(block("g", step("a"), step("b"), step("c")), top=ORDER))
    await hold.begun()
    await forge(d, run_id, RunExecutionClaimed("run-claim-2", OTHER, 2), claim=Acquire(OTHER, 2, 60_000))
    before = await d.names(run_id)
    hold.open()
    await trio.sleep(20)
    assert (await d.names(run_id), d.script.count("b")) == (before, 0)
    assert (await d.refused("run.pause", run_id=run_id)).code == "claim_lost"
    run = await d.run_until(run_id)
    starts = [(event["node_id"], event["attempt"]) for event in await d.events(run_id) if event["event"] == "node_started"]
    assert (run["status"], run["epoch"], starts[-2:]) == ("completed", 3, [("b", 1), ("c", 1)])
    assert (d.script.count("b"), d.script.count("c")) == (1, 1)


async def test_fl103_a_lease_is_renewed_under_a_step_that_takes_longer_than_it(house: House) -> None:
    house.config = evolve(Config(), claims=Claims(lease_ms=10_000, renew_every_ms=2_000))
    await house.start()
    hold = Hold()
    house.script.on("a", hold)
    run_id = await house.begin(flow(block("g", step("a")), top=ORDER))
    await hold.begun()
    began = house.clock.now_ms()
    await trio.sleep(12)
    claim = claim_of(house, run_id)
    assert (claim.epoch, claim.until_ms > began + 10_000, claim.until_ms > house.clock.now_ms()) == (1, True, True)
    hold.open()
    assert (await house.run_until(run_id))["epoch"] == 1


async def test_fl116_a_cancel_goes_down_the_tree_and_nowhere_else_and_its_first_reason_is_kept(d: House) -> None:
    hold, other = Hold(), Hold()
    d.script.on("leaf", hold)
    d.script.on("side", other)
    await d.put(flow(step("leaf"), name="leafs"))
    await d.put(flow("{id: down, workflow: leafs}", name="middle"))
    await d.put(flow(step("side"), name="sides"))
    left, right = "{id: left, workflow: middle, timeout: 60s}", "{id: right, workflow: sides}"
    run_id = await d.begin(flow(left, right, top="limits: {parallel: 2}\nfail_fast: false"))
    await hold.begun()
    await other.begun()
    nodes = await d.nodes(run_id)
    child = str(nodes["left"]["child_run_id"])
    grandchild = str((await d.nodes(child))["down"]["child_run_id"])
    run = await d.run_until(child)
    assert (run["status"], run["stop_reason"]) == ("cancelled", "timeout")
    run = await d.run_until(grandchild)
    assert (run["status"], run["stop_reason"]) == ("cancelled", "parent_cancelled")
    run = await d.when(run_id, lambda run: run["nodes"][0]["status"] == "failed")
    assert [(node["status"], (node.get("error") or {}).get("failure_class")) for node in run["nodes"]] == [
        ("failed", "timeout"), ("running", None),
    ]  # fmt: skip
    again = await d.call("run.cancel", run_id=child, reason="later")
    assert (again.get("already_terminal"), (await d.run(child))["stop_reason"]) == (True, "timeout")
    other.open()
    assert (await d.run_until(run_id))["detail"]["node_ids"] == ["left"]
