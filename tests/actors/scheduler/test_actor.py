"""The scheduler's actor: built from the catalog, healed by it, and asked for slots before they are needed."""

from __future__ import annotations

import pytest

from actors.run.messages import QueueReason
from actors.scheduler.messages import Due, Enqueue, Left, QueueOf, Relaunch, Reserve, Throttled, Tick, Ticket
from tests.actors.scheduler.conftest import BORN, Desk


async def test_what_the_catalog_says_is_known_before_anybody_is_launched(desk: Desk) -> None:
    await desk.write("run-a", "running", facts={"workspace": "/a"})
    await desk.write("run-p", "pausing", facts={"workspace": "/p"})
    await desk.write("run-1", "queued", facts={"workspace": "/p"})
    await desk.write("run-2", "queued", facts={"retry_after": BORN + 9_000_000})
    await desk.write("run-3", "queued", priority=1)
    await desk.write("run-4", "queued", priority=2)
    for status in ("paused", "waiting", "awaiting_approval", "completed", "failed", "cancelled", "blocked"):
        await desk.write(f"run-{status}", status)
    await desk.start()
    assert desk.launched() == []
    await desk.tell(Due())
    assert desk.launched() == ["run-4"]
    assert await desk.known() == {
        "run-a": "slot", "run-p": "workspace", "run-4": "slot", "run-3": "capacity", "run-1": "workspace_lock", "run-2": "retry_backoff",
    }  # fmt: skip


async def test_more_runs_than_a_page_are_all_taken_up(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("actors.scheduler.comparing.PAGE", 3)
    for i in range(10):
        await desk.write(f"run-{i}", "queued", created_ms=BORN + i)
    await desk.start(slots=1)
    await desk.tell(Due())
    assert (desk.launched(), len(await desk.known())) == (["run-0"], 10)


async def test_r16_a_run_that_pauses_is_told_by_itself_and_by_the_catalog(desk: Desk) -> None:
    await desk.start(slots=1)
    await desk.write("run-a", "queued", facts={"workspace": "/a"})
    await desk.tell(Enqueue(Ticket("run-a", BORN, workspace="/a")))
    await desk.write("run-a", "running", facts={"workspace": "/a"})
    await desk.write("run-a", "pausing", facts={"workspace": "/a"})
    await desk.tell(Left("run-a", 1, keeps_workspace=True))
    await desk.write("run-b", "queued", facts={"workspace": "/a"})
    await desk.tell(Enqueue(Ticket("run-b", BORN, workspace="/a")))
    assert await desk.known() == {"run-a": "workspace", "run-b": "workspace_lock"}
    desk.pass_time(600_000)
    await desk.compare()
    assert await desk.known() == {"run-a": "workspace", "run-b": "workspace_lock"}, "the catalog says the same"
    assert desk.launched() == ["run-a"]
    await desk.write("run-a", "paused")
    await desk.tell(Left("run-a", 1))
    assert desk.launched() == ["run-b"]


async def test_what_nobody_told_is_found_by_comparing(desk: Desk) -> None:
    await desk.start(slots=3)
    await desk.tell(Enqueue(Ticket("run-gone", BORN)))
    await desk.write("run-left", "queued")
    await desk.tell(Enqueue(Ticket("run-left", BORN)))
    await desk.write("run-new", "queued", created_ms=BORN + 1)
    await desk.write("run-runs", "running")
    await desk.write("run-left", "running")
    await desk.write("run-left", "paused")
    assert (desk.launched(), await desk.known()) == (["run-gone", "run-left"], {"run-gone": "slot", "run-left": "slot"})
    await desk.compare()
    assert await desk.known() == {"run-gone": "slot", "run-left": "slot", "run-runs": "slot", "run-new": "capacity"}, (
        "what is recent is kept"
    )
    desk.pass_time(120_001)
    await desk.compare()
    assert (desk.launched(), await desk.known()) == (["run-new"], {"run-runs": "slot", "run-new": "slot"})


async def test_a_slot_that_is_not_claimed_is_given_again(desk: Desk) -> None:
    await desk.write("run-a", "queued")
    await desk.start(slots=1)
    await desk.tell(Due())
    await desk.tell(Relaunch("run-a"))
    await desk.tell(Relaunch("run-b"))
    assert desk.launched() == ["run-a", "run-a"]
    await desk.compare()
    assert desk.launched() == []
    desk.pass_time(120_001)
    await desk.compare()
    assert (desk.launched(), await desk.known()) == (["run-a"], {"run-a": "slot"})


async def test_news_of_a_former_claim_does_not_free_a_slot_that_was_taken_up(desk: Desk) -> None:
    await desk.write("run-a", "running")
    await desk.start(slots=1)
    await desk.tell(Left("run-a", 0))
    assert await desk.known() == {"run-a": "slot"}
    await desk.tell(Left("run-a", 1))
    assert await desk.known() == {}


async def test_a_reserved_slot_is_the_run_s_own_and_goes_before_nobody(desk: Desk) -> None:
    await desk.start(slots=1)
    assert await desk.ask(Reserve(Ticket("run-a", BORN + 9, epoch=3))) is True
    assert await desk.ask(Reserve(Ticket("run-a", BORN + 9, epoch=3))) is True, "asked again, it has it"
    assert (desk.launched(), await desk.known()) == ([], {"run-a": "slot"}), "it launches itself"
    assert await desk.ask(Reserve(Ticket("run-b", BORN))) is False
    assert await desk.known() == {"run-a": "slot"}, "who is not queued yet stands in no queue"
    await desk.tell(Enqueue(Ticket("run-c", BORN + 5)))
    await desk.tell(Left("run-a", 3))
    assert await desk.known() == {"run-a": "slot", "run-c": "capacity"}, "news of the claim before"
    await desk.tell(Left("run-a", 4))
    assert (desk.launched(), await desk.known()) == (["run-c"], {"run-c": "slot"})


async def test_a_slot_that_is_free_goes_to_who_waits_and_not_to_who_asks(desk: Desk) -> None:
    await desk.start(slots=1)
    await desk.tell(Throttled("openai", BORN + 500))
    await desk.tell(Enqueue(Ticket("run-a", BORN, priority=1, providers=("openai",))))
    desk.pass_time(500)
    assert await desk.ask(Reserve(Ticket("run-b", BORN))) is False
    assert (desk.launched(), await desk.known()) == (["run-a"], {"run-a": "slot"})


async def test_a_slot_that_was_reserved_and_never_used_is_found_by_comparing(desk: Desk) -> None:
    await desk.write("run-a", "awaiting_approval")
    await desk.start(slots=1)
    assert await desk.ask(Reserve(Ticket("run-a", BORN)))
    await desk.compare()
    assert await desk.known() == {"run-a": "slot"}
    desk.pass_time(120_001)
    await desk.compare()
    assert await desk.known() == {}


async def test_a_reason_is_told_to_the_run_with_the_claim_for_which_it_was_found(desk: Desk) -> None:
    await desk.write("run-a", "running", facts={"workspace": "/a"})
    await desk.start(slots=9)
    await desk.tell(Throttled("openai", BORN + 500_000))
    await desk.write("run-b", "queued", facts={"workspace": "/a"})
    await desk.write("run-c", "queued", facts={"providers": ["github", "openai"], "queue_reason": "capacity"})
    await desk.tell(Enqueue(Ticket("run-b", BORN, workspace="/a", epoch=4)))
    await desk.tell(Enqueue(Ticket("run-c", BORN, providers=("github", "openai"), recorded="capacity")))
    await desk.tell(Tick())
    assert desk.registrar.received == []
    await desk.tell(Tick())
    assert desk.registrar.received == [
        QueueReason("run-b", 4, "workspace_lock", resource_key="/a"), QueueReason("run-c", 0, "rate_limit", provider="openai"),
    ]  # fmt: skip


async def test_one_run_is_asked_about(desk: Desk) -> None:
    await desk.start(slots=1)
    assert await desk.ask(QueueOf("nobody")) is None
    await desk.tell(Enqueue(Ticket("run-a", BORN)))
    await desk.tell(Enqueue(Ticket("run-b", BORN)))
    assert await desk.ask(QueueOf("run-a")) is None
    assert (await desk.ask(QueueOf("run-b")))["queue_reason"] == "capacity"
