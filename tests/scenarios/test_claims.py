"""Claims: renewed while a run is under way, taken back from who has abandoned them, taken anew after a sleep, lost to who was faster."""

from __future__ import annotations

import pytest
import trio
from attrs import evolve

from actors.config import Config
from actors.config.sections import Claims
from actors.node.events import NodeStarted
from actors.run.events import RunExecutionClaimed
from storage import Acquire, Append, ClaimLost, Transaction
from tests.scenarios.flows import flow, step
from tests.scenarios.forged import OTHER, forge, held_back, let_go, pulse, services_of, taken
from tests.scenarios.harness import House
from tests.scenarios.inside import system_of
from tests.scenarios.script import Hold

SLEEP_S = 31.0


def epoch_of(d: House, run_id: str) -> tuple[str | None, int]:
    claim = services_of(d).store.claims.get(run_id)
    assert claim is not None
    return claim.claimant, claim.epoch


async def test_r18_a_queued_run_is_claimed_once(d: House) -> None:
    hold = Hold()
    d.script.on("a", hold)
    run_id = await d.begin(flow(step("a")))
    await hold.begun()
    run = await d.run(run_id)
    assert (run["status"], run["epoch"], epoch_of(d, run_id)) == ("running", 1, (services_of(d).claimant, 1))
    assert (await d.names(run_id))[1:3] == ["run_execution_claimed", "run_started"]
    with pytest.raises(ClaimLost):
        await services_of(d).store.commit(_second_claim(d, run_id))
    hold.open()
    await d.run_until(run_id)


def _second_claim(d: House, run_id: str) -> Transaction:
    head = services_of(d).store.journal.head(run_id)
    return Transaction(services_of(d).clock.now_ms(), (Append(run_id, head, claim=Acquire(OTHER, 1, 30_000)),))


async def test_r20_a_claim_that_ran_out_before_anything_began_is_taken_back(d: House) -> None:
    run_id = await held_back(d, step("a"))
    await taken(d, run_id)
    assert (await d.run(run_id))["status"] == "running"
    refused = await d.refused("run.pause", run_id=run_id)
    assert (refused.code, refused.data["claimant"]) == ("claim_lost", OTHER)
    await trio.sleep(45)
    run = await d.run(run_id)
    assert (run["status"], run["epoch"], run["resume_reason"]) == ("queued", 1, "abandoned_execution_claim")
    assert epoch_of(d, run_id) == (None, 1)
    assert (await d.names(run_id)).count("run_execution_claim_expired_requeued") == 1
    await let_go(d)
    run = await d.run_until(run_id)
    names = await d.names(run_id)
    assert (run["status"], run["epoch"], names.count("run_started"), names.count("run_execution_claimed")) == ("completed", 2, 1, 2)


async def test_r20_a_claim_that_ran_out_with_progress_is_recovered_as_after_a_restart(d: House) -> None:
    run_id = await held_back(d, step("a"))
    await taken(d, run_id, "a")
    await trio.sleep(45)
    run = await d.run(run_id)
    assert (run["status"], run["resume_reason"], run["detail"]["node_ids"]) == ("queued", "server_restart_rehydration", ["a"])
    await let_go(d)
    assert (await d.run_until(run_id))["status"] == "completed"


async def test_r21_who_still_gives_signs_of_life_is_left_alone(d: House) -> None:
    run_id = await held_back(d, step("a"))
    await taken(d, run_id)
    for _ in range(12):
        await trio.sleep(5)
        pulse(d, run_id, d.clock.now_ms() - 5_000)
    assert (await d.run(run_id))["status"] == "running"
    await trio.sleep(16 + 10)
    assert (await d.run(run_id))["resume_reason"] == "abandoned_execution_claim"


async def test_r98_a_claim_is_renewed_for_as_long_as_the_run_works(d: House) -> None:
    hold = Hold()
    d.script.on("a", hold)
    run_id = await d.begin(flow(step("a")))
    await hold.begun()
    before = await d.names(run_id)
    for _ in range(60):
        await trio.sleep(10)
        claim = services_of(d).store.claims.get(run_id)
        assert claim is not None
        assert (claim.claimant, claim.epoch, claim.until_ms > d.clock.now_ms()) == (services_of(d).claimant, 1, True)
    assert await d.names(run_id) == before
    hold.open()
    assert (await d.run_until(run_id))["epoch"] == 1


async def test_r98_who_lost_his_claim_while_he_slept_writes_nothing_more_and_ends_his_attempts(d: House) -> None:
    hold = Hold()
    d.script.on("a", hold)
    run_id = await d.begin(flow(step("a"), step("b", "needs: [a]")))
    await hold.begun()
    await forge(d, run_id, RunExecutionClaimed("run-claim-2", OTHER, 2), claim=Acquire(OTHER, 2, 600_000))
    before = await d.names(run_id)
    hold.open()
    await trio.sleep(5)
    assert await d.names(run_id) == before
    assert not system_of(d).alive(f"runs/{run_id}")
    assert (await d.refused("run.cancel", run_id=run_id)).code == "claim_lost"
    assert (await d.run(run_id))["status"] == "running", "it can still be read"
    run = await d.run_until(run_id)  # the other one never renews its claim
    assert (run["status"], run["epoch"], d.script.count("a")) == ("completed", 3, 2)


async def test_f9_a_daemon_that_slept_longer_than_its_lease_claims_anew_before_it_writes(d: House) -> None:
    hold = Hold()
    d.script.on("a", hold)
    run_id = await d.begin(flow(step("a"), step("b", "needs: [a]")))
    await hold.begun()
    _sleep(d)
    hold.open()
    run = await d.run_until(run_id)
    assert (run["status"], run["epoch"]) == ("completed", 2)
    events = await d.events(run_id)
    again = [event["event"] for event in events[events.index(_claims(events)[0]) + 1 :] if event["event"] != "run_started"]
    assert again[:2] == ["node_started", "run_execution_claimed"], "the claim is the first thing that it writes"
    assert [event["lease_epoch"] for event in _claims(events)] == [1, 2]
    assert d.script.count("a") == 1, "the attempt went on"


async def test_f9_a_run_in_which_nothing_happens_is_claimed_anew_as_well(d: House) -> None:
    hold = Hold()
    d.script.on("a", hold)
    run_id = await d.begin(flow(step("a")))
    await hold.begun()
    _sleep(d)
    await trio.sleep(11)
    assert epoch_of(d, run_id) == (services_of(d).claimant, 2)
    await d.call("run.pause", run_id=run_id)
    assert epoch_of(d, run_id) == (None, 2)


def _sleep(d: House) -> None:
    """The machine sleeps: trio's clock stands still and the lease's does not."""
    lease = services_of(d).lease
    elapsed = lease.elapsed
    lease.elapsed = lambda: elapsed() + SLEEP_S


def _claims(events: list[dict[str, object]]) -> list[dict[str, object]]:
    return [event for event in events if event["event"] == "run_execution_claimed"]


async def test_g14_jumps_of_the_watch_lose_no_claim(d: House) -> None:
    hold = Hold()
    d.script.on("a", hold)
    run_id = await d.begin(flow(step("a")))
    await hold.begun()
    for jump in (-3_600_000, 10 * 365 * 86_400_000):
        d.clock.jump(jump)
        await trio.sleep(25)
        assert ((await d.run(run_id))["status"], epoch_of(d, run_id)) == ("running", (services_of(d).claimant, 1))
    hold.open()
    assert (await d.run_until(run_id))["status"] == "completed"


async def test_a_daemon_that_keeps_its_name_over_starts_knows_its_claims_from_its_predecessor_s(house: House) -> None:
    house.config = evolve(Config(), claims=Claims(claimant_id="penstock-a"))
    await house.start()
    hold = Hold()
    house.script.on("a", hold, hold)
    run_id = await house.begin(flow(step("a")))
    await hold.begun()
    assert epoch_of(house, run_id) == ("penstock-a", 1)
    await house.crash()
    await house.start()
    await house.when(run_id, lambda run: run["epoch"] == 2)
    hold.open()
    assert (await house.run_until(run_id))["status"] == "completed"
    assert "run_queued_for_resume_after_restart" in await house.names(run_id)


async def test_a_node_that_another_daemon_started_is_not_started_beside_it(d: House) -> None:
    run_id = await held_back(d, step("a"))
    await taken(d, run_id)
    await forge(d, run_id, NodeStarted(node_id="a"))
    await let_go(d)
    await trio.sleep(20)
    assert d.script.count("a") == 0
    assert (await d.run_until(run_id))["epoch"] == 2
