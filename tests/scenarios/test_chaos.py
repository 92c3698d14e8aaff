"""Operators, deciders and deaths in any order, by seed: afterwards every run can be brought to its end, and nothing was lost."""

from __future__ import annotations

import random
import shutil
import tempfile
from pathlib import Path
from typing import Any

import pytest
import trio
from trio.testing import MockClock

from tests.scenarios.bounds import real_seconds
from tests.scenarios.flows import flow, gate, step, wait
from tests.scenarios.harness import ENDED, House, in_memory, open_house
from tests.scenarios.inside import crash_at_next, full_disk, system_of
from tests.scenarios.invariants import ALL
from tests.scenarios.script import fail, take

pytestmark = pytest.mark.no_cover  # the same ways again and again: measuring them costs more than going them
FLOWS = (
    flow(step("a"), step("b", "needs: [a]"), step("c", "needs: [b]"), name="line"),
    flow(step("a"), gate("ask", "needs: [a]"), step("b", "needs: [ask]"), last=(step("tidy"),), name="asked"),
    flow(*(step(f"n{i}") for i in range(5)), step("z", "needs: [n0, n1, n2, n3, n4]"), top="limits: {parallel: 3}", name="fan"),
    flow(step("r", "retry: {max_attempts: 4, backoff: {strategy: fixed, initial: 3s}}"), step("s", "needs: [r]"), name="retry"),
    flow(step("once", "effect: once"), gate("g1", "needs: [once]"), gate("g2"), step("y", "needs: [g1, g2]"), name="gates"),
    flow(step("a"), gate("ask", "needs: [a]"), step("b", "needs: [ask]"), name="held", top="providers: [openai]\nlimits: {weight: 3}"),
    flow(
        wait("nap", "timer: 3s"),
        wait("go", "signal: go, timeout: 20s, on_timeout: escalate, escalate_to: '@ops'", "needs: [nap]"),
        wait("hook", "webhook: ci, timeout: 30s, on_timeout: fail"),
        wait("end", "signal: end, timeout: 40s, on_timeout: cancel"),
        step("a"),
        step("z", "needs: [go, hook, end, a]"),
        last=(step("tidy"),),
        name="waits",
    ),
    flow(step("x", "on_fail: continue"), step("w"), step("v", "needs: [x, w]"), top="fail_fast: true", last=(step("end"),), name="soft"),
)
TROUBLE = ("internal", "unavailable", "run_unavailable", "timeout", "overloaded")
WORDS = ("approve", "approve", "reject", "rework", "cancel")


async def disturb(house: House, dice: random.Random, runs: list[str]) -> None:
    """One thing that somebody does."""
    run_id = dice.choice(runs)
    match dice.choice(
        (
            "start", "pause", "resume", "cancel", "retry", "decide", "decide", "decide", "signal", "signal", "webhook", "crash", "restart",
            "wait", "jump", "poison", "full", "throttle",
        )
    ):  # fmt: skip
        case "start":
            runs.append(await house.begin(dice.choice(FLOWS)))
        case "retry":
            nodes = (await house.run(run_id))["nodes"]
            told = await house.answer("run.retry", run_id=run_id, node_id=dice.choice(nodes)["node_id"])
            assert told not in TROUBLE
        case "decide":
            await answer_one(house, run_id, dice.choice(WORDS))
        case "signal":
            assert await house.answer("signal.send", run_id=run_id, name=dice.choice(("go", "end"))) not in TROUBLE
        case "webhook" | "throttle" as what:
            await from_outside(house, dice, what)
        case "crash" | "restart" as how:
            await house.restart(crash=how == "crash")
        case "wait":
            await trio.sleep(dice.choice((0.001, 0.1, 1, 5)))
        case "poison":
            await poison(house, dice.choice((f"runs/{run_id}/run", "scheduler", "registrar")))
        case "full":
            with full_disk(house):
                await house.answer("run.pause", run_id=run_id)
                await trio.sleep(dice.choice((0.01, 3)))
            await trio.sleep(6)
        case "jump":
            house.clock.jump(dice.choice((-60_000, 60_000)))
        case word:
            assert await house.answer(f"run.{word}", run_id=run_id) not in TROUBLE
    for _ in range(dice.randrange(30)):
        await trio.lowlevel.checkpoint()


async def from_outside(house: House, dice: random.Random, what: str) -> None:
    """A service delivers something, or wants to be left alone."""
    if what == "webhook":
        await house.call("webhook.deliver", trigger_id="ci", payload=dice.random(), provider_event_id=str(dice.random()))
    else:
        await house.call("scheduler.throttle", provider="openai", for_ms=dice.choice((0, 5_000, 60_000)))


async def poison(house: House, path: str) -> None:
    """The actor raises at its next message; a minute later its supervisor has forgotten it."""
    if system_of(house).registry.receiver(path) is not None:
        crash_at_next(house, path)
        await system_of(house).ref(path).tell("poison")
        await trio.sleep(61)
        await house.hang_up()


async def answer_one(house: House, run_id: str, word: str) -> None:
    gates = (await house.call("gate.list", run_id=run_id))["gates"]
    if gates:
        assert await house.answer("gate.decide", run_id=run_id, gate=gates[0]["gate_name"], decision=word) not in TROUBLE


async def bring_to_its_end(house: House, run_id: str) -> dict[str, Any]:
    """What a patient operator does with a run, whatever state it is in."""
    for _ in range(60):
        run = await house.run(run_id)
        if run["status"] in ENDED:
            return run
        if run["status"] == "paused":
            await house.answer("run.resume", run_id=run_id)
        await answer_one(house, run_id, "approve")
        for row in run["waits"]:
            if row["status"] == "waiting" and "key" in row:
                await house.answer("signal.send", run_id=run_id, name=row["key"])
        await trio.sleep(5)
    raise AssertionError(f"{run_id} does not end: {await house.call('run.why', run_id=run_id)}")


def chaos(seed: int) -> None:
    """One seed's story. Raises when a run does not end, an actor's budget is spent, or an invariant is broken."""
    dice = random.Random(seed)
    folder = Path(tempfile.mkdtemp(prefix="pk-", dir=in_memory()))

    async def live() -> None:
        async with open_house(folder, ALL) as house:
            house.configure("scheduler", max_concurrent_runs=dice.choice((1, 2, 8)))
            await house.start()
            for node in ("a", "b", "n1", "n2", "r", "once", "x", "w", "tidy"):
                house.script.on(node, *(dice.choice((fail(), take(0.5), take(2))) for _ in range(dice.randrange(6))))
            runs = [await house.begin(dice.choice(FLOWS)) for _ in range(3)]
            for _ in range(40):
                await disturb(house, dice, runs)
            for run_id in runs:
                await bring_to_its_end(house, run_id)
            assert (await house.call("store.verify"))["ok"] is True

    try:
        with real_seconds(60):
            trio.run(live, clock=MockClock(autojump_threshold=0))
    finally:
        shutil.rmtree(folder)


@pytest.mark.parametrize("seed", range(40))
def test_whatever_is_done_in_whatever_order_every_run_ends_and_nothing_is_lost(seed: int) -> None:
    chaos(seed)
