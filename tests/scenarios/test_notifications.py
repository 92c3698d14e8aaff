"""A hook is told what needs a person: at least once, under one name, whatever daemons and disks do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import orjson
import pytest
import trio
from attrs import Factory, define

import actors.notification.actor
from actors.notification.delivery import Hook, Parcel
from actors.outside.trouble import Trouble
from tests.scenarios.flows import flow, gate, step
from tests.scenarios.harness import House
from tests.scenarios.script import fail


@define
class Ear:
    """The other side of the hook. `mood` may raise, or take its time."""

    heard: list[dict[str, Any]] = Factory(list)
    tries: Counter[str] = Factory(Counter)
    mood: Callable[[int], Trouble | None] = lambda _: None
    slow_s: float = 0.0

    async def deliver(self, hook: Hook, way: str, parcel: Parcel) -> None:
        self.tries[parcel.notification_id] += 1
        trouble = self.mood(self.tries[parcel.notification_id])
        if trouble is not None:
            raise trouble
        self.heard.append(orjson.loads(parcel.body) | {"way": way})
        await trio.sleep(self.slow_s)

    def events(self) -> list[str]:
        return [one["event"] for one in self.heard]


@pytest.fixture
def ear(monkeypatch: pytest.MonkeyPatch) -> Ear:
    ear = Ear()
    monkeypatch.setattr(actors.notification.actor, "deliver", ear.deliver)
    return ear


@pytest.fixture
async def told(house: House, ear: Ear) -> House:
    """A daemon with a hook."""
    house.configure("notify", command=("tell",))
    await house.start()
    return house


async def asked(d: House, more: str = "prompt: Sure?") -> str:
    run_id = await d.begin(flow(gate("g", more), step("x", "needs: [g]")))
    await d.run_until(run_id, "awaiting_approval")
    return run_id


async def test_a_question_and_its_answer_are_told(told: House, ear: Ear) -> None:
    run_id = await asked(told)
    await trio.sleep(1)
    assert [(one["event"], one["id"], one["prompt"]) for one in ear.heard] == [("gate_opened", f"workflow:{run_id}:g:1:opened", "Sure?")]
    await told.decide(run_id, "approve")
    await told.run_until(run_id)
    await trio.sleep(1)
    assert ear.events() == ["gate_opened", "gate_decided"]
    assert (await told.call("system.info"))["notifications"] == {"sent": 2}


async def test_without_a_hook_nothing_is_written(d: House, ear: Ear) -> None:
    await asked(d)
    assert "notifications" not in await d.call("system.info")
    assert (await d.refused("notify.test")).code == "notify_not_configured"
    assert ear.heard == []


async def test_a_refusal_is_tried_again_later_and_is_seen(told: House, ear: Ear) -> None:
    ear.mood = lambda number: Trouble("http_refused", "503") if number < 3 else None
    await asked(told)
    await trio.sleep(1)
    assert (await told.call("system.info"))["notifications"] == {"queued": 1, "failing": "http_refused"}
    await trio.sleep(20)
    assert (ear.events(), set(ear.tries.values())) == (["gate_opened"], {3})


async def test_nobody_is_asked_before_the_time_he_named(told: House, ear: Ear) -> None:
    later = told.clock.now_ms() + 3_600_000
    ear.mood = lambda number: Trouble("http_refused", "429", later) if number == 1 else None
    await asked(told)
    await trio.sleep(3_500)
    assert set(ear.tries.values()) == {1}
    await trio.sleep(200)
    assert ear.events() == ["gate_opened"]


async def test_what_is_not_taken_for_too_long_becomes_a_dead_letter(told: House, ear: Ear) -> None:
    told.configure("notify", give_up_after_ms=600_000)
    await told.restart()
    ear.mood = lambda _: Trouble("program_failed", "no such chat")
    run_id = await asked(told, "prompt: Sure?, timeout: 7d")
    await trio.sleep(700)
    [letter] = (await told.call("dead_letter.list", run_id=run_id))["letters"]
    shown = (await told.call("dead_letter.get", letter_id=letter["letter_id"]))["letter"]
    assert (shown["code"], shown["source_type"], shown["node_id"]) == ("notification_undelivered", "notification", "g")
    assert "no such chat" in shown["message"]
    tries = sum(ear.tries.values())
    await trio.sleep(700)
    assert sum(ear.tries.values()) == tries == 7
    assert (await told.refused("dead_letter.retry", letter_id=letter["letter_id"])).code == "dead_letter_option_not_offered"
    await told.call("dead_letter.ignore", letter_id=letter["letter_id"])


async def test_a_death_while_it_is_sent_sends_it_again_under_the_same_name(told: House, ear: Ear) -> None:
    ear.slow_s = 10
    run_id = await asked(told)
    await trio.sleep(1)
    assert len(ear.heard) == 1
    await told.crash()
    ear.slow_s = 0
    await told.start()
    await trio.sleep(1)
    assert [one["id"] for one in ear.heard] == [f"workflow:{run_id}:g:1:opened"] * 2
    assert ear.heard[0] == ear.heard[1]


async def test_what_was_written_by_a_dead_daemon_is_sent_by_the_next_one(told: House, ear: Ear) -> None:
    ear.mood = lambda number: Trouble("http_unreachable", "down") if number == 1 else None
    await asked(told)
    await told.crash()
    await told.start()
    await trio.sleep(30)
    assert ear.events() == ["gate_opened"]


async def test_a_failed_run_is_told_and_goes_with_all_that_was_said_of_it(told: House, ear: Ear) -> None:
    told.script.on("a", fail())
    run_id = await told.begin(flow(step("a")))
    await told.run_until(run_id)
    await trio.sleep(1)
    [heard] = ear.heard
    assert (heard["event"], heard["code"], heard["commands"]) == ("run_failed", "nodes_failed", [f"penstock why {run_id}"])
    await told.call("run.purge", run_id=run_id)
    await trio.sleep(70)
    assert "notifications" not in await told.call("system.info")


async def test_both_ways_are_told_and_one_that_fails_does_not_hold_up_the_other(
    house: House, ear: Ear, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def deliver(hook: Hook, way: str, parcel: Parcel) -> None:
        if way == "url":
            raise Trouble("http_unreachable", "down")
        await ear.deliver(hook, way, parcel)

    monkeypatch.setattr(actors.notification.actor, "deliver", deliver)
    house.configure("notify", command=("tell",), url="https://hook.example/", key_file="/nowhere")
    await house.start()
    await asked(house)
    await trio.sleep(1)
    assert [one["way"] for one in ear.heard] == ["command"]
    tested = (await house.call("notify.test"))["ways"]
    assert [(way["way"], way["ok"], way.get("code")) for way in tested] == [("command", True, None), ("url", False, "http_unreachable")]


async def test_an_error_of_our_own_with_one_does_not_stop_the_others(told: House, ear: Ear) -> None:
    def mood(number: int) -> Trouble | None:
        raise ZeroDivisionError

    ear.mood = mood
    await asked(told)
    await trio.sleep(1)
    assert (await told.call("system.info"))["notifications"] == {"queued": 1, "failing": "internal"}
    ear.mood = lambda _: None
    await trio.sleep(30)
    assert ear.events() == ["gate_opened"]


async def test_many_are_sent_and_none_twice(told: House, ear: Ear) -> None:
    ear.slow_s = 1
    nodes = [gate(f"g{n}", "prompt: Sure?") for n in range(30)]
    run_id = await told.begin(flow(*nodes))
    await told.run_until(run_id, "awaiting_approval")
    await trio.sleep(10)
    assert sorted(one["gate_name"] for one in ear.heard) == sorted(f"g{n}" for n in range(30))
    assert set(ear.tries.values()) == {1}


async def test_what_is_over_is_forgotten_after_a_week(told: House, ear: Ear) -> None:
    await asked(told, "prompt: Sure?, timeout: 30d")
    await trio.sleep(1)
    assert (await told.call("system.info"))["notifications"] == {"sent": 1}
    told.clock.jump(8 * 86_400_000)
    await trio.sleep(70)
    assert "notifications" not in await told.call("system.info")
