"""Children on demand: many, parallel, dismissed, restarted, escalating."""

from __future__ import annotations

from functools import partial

import pytest
import trio
from trio.testing import MockClock

from supervision import (
    ActorDead,
    ChildSpec,
    Dynamic,
    Failed,
    Ignore,
    KernelEvent,
    Killed,
    RestartIntensityExceeded,
    Shutdown,
    StartFailed,
    Supervisor,
)  # fmt: skip
from supervision.errors import AlreadyStarted, UnknownActor
from supervision.testing import run_tree, settled
from tests.supervision.workers import Boom, Do, End, Journal, Nap, Ping, child, ends, happened

POOL = [ChildSpec("pool", lambda: Dynamic(intensity=1, period=10))]


async def test_a_started_child_answers_and_a_stopped_one_is_gone() -> None:
    journal: Journal = []
    async with run_tree(POOL) as system:
        pool = system.dynamic("pool")
        ref = await pool.start(child("a", journal))
        assert ref.path == "pool/a"
        assert await ref.ask(Ping(), timeout=1) == "pong"
        await pool.stop("a")
        assert journal == ["start pool/a", "stop pool/a"]
        assert pool.children() == ()


async def test_start_soon_gives_a_mailbox_at_once() -> None:
    async with run_tree(POOL) as system:
        assert await system.dynamic("pool").start_soon(child("a", [])).ask(Ping(), timeout=1) == "pong"


async def test_starts_do_not_wait_for_each_other(autojump_clock: MockClock) -> None:
    async with run_tree(POOL) as system:
        pool = system.dynamic("pool")
        slow = pool.start_soon(child("slow", [], starts="naps"))
        await pool.start(child("quick", []))
        assert trio.current_time() == 0
        assert await slow.ask(Ping(), timeout=2) == "pong"


async def test_two_thousand_children_start_and_stop_under_one_deadline(autojump_clock: MockClock) -> None:
    journal: Journal = []
    async with run_tree(POOL) as system:
        pool = system.dynamic("pool")
        for number in range(2000):
            pool.start_soon(child(str(number), journal, "temporary", parting=partial(trio.sleep, 3)))
        await settled()
        assert len(pool.children()) == 2000
        assert len(system.tree()) == 2002
    assert trio.current_time() == 3
    assert sum(line.startswith("stop") for line in journal) == 2000


async def test_the_deadline_is_the_longest_of_the_childrens_unless_it_is_given(autojump_clock: MockClock) -> None:
    events: list[KernelEvent] = []
    tree = [ChildSpec("free", Dynamic), ChildSpec("strict", lambda: Dynamic(shutdown=1.0))]
    async with run_tree(tree, observe=events.append) as system:
        for name in ("free", "strict"):
            for own in (2.0, 4.0):
                await system.dynamic(name).start(child(str(own), [], shutdown=own, parting=partial(trio.sleep, 3)))
    ended = dict(ends(events))
    assert (ended["strict/2.0"], ended["strict/4.0"]) == (Killed(), Killed())
    assert (ended["free/2.0"], ended["free/4.0"]) == (Shutdown(), Shutdown())
    assert trio.current_time() == 4


async def test_one_child_without_deadline_lets_all_take_their_time(autojump_clock: MockClock) -> None:
    async with run_tree(POOL) as system:
        for own in (1.0, "infinity"):
            await system.dynamic("pool").start(child(str(own), [], shutdown=own, parting=partial(trio.sleep, 60)))
    assert trio.current_time() == 60


@pytest.mark.parametrize("where", ["child", "pool"])
async def test_a_brutal_kill_does_not_wait(where: str, autojump_clock: MockClock) -> None:
    events: list[KernelEvent] = []
    plan = Dynamic(shutdown="brutal_kill") if where == "pool" else Dynamic()
    async with run_tree([ChildSpec("pool", lambda: plan)], observe=events.append) as system:
        spec = child("a", [], shutdown="brutal_kill" if where == "child" else 9.0, parting=partial(trio.sleep, 3))
        await system.dynamic("pool").start(spec)
    assert dict(ends(events))["pool/a"] == Killed()
    assert trio.current_time() == 0


async def test_a_dismissed_child_stops_with_its_own_deadline_and_does_not_return(autojump_clock: MockClock) -> None:
    events: list[KernelEvent] = []
    async with run_tree(POOL, observe=events.append) as system:
        pool = system.dynamic("pool")
        await pool.start(child("a", [], "permanent", shutdown=2.0))
        system.ref("pool/a").tell_nowait(Nap(60))
        await settled()
        pool.dismiss("a")
        pool.dismiss("a")
        assert pool.children() == ("a",)
        with pytest.raises(AlreadyStarted):
            pool.start_soon(child("a", []))
        await pool.stop("a")
        assert trio.current_time() == 2
        pool.start_soon(child("a", []))
    assert ends(events)[0] == ("pool/a", Killed())


async def test_dismissing_nobody_is_no_error() -> None:
    async with run_tree(POOL) as system:
        system.dynamic("pool").dismiss("nobody")
        await system.dynamic("pool").stop("nobody")


async def test_a_child_may_be_dismissed_before_it_is_up() -> None:
    journal: Journal = []
    async with run_tree(POOL) as system, trio.open_nursery() as nursery:
        pool = system.dynamic("pool")

        async def starter() -> None:
            with pytest.raises(StartFailed) as caught:
                await pool.start(child("a", journal, starts="hangs"))
            assert isinstance(caught.value.error, ActorDead)
            assert caught.value.error.exit == Shutdown()

        nursery.start_soon(starter)
        await settled()
        pool.dismiss("a")
    assert journal == ["start pool/a hangs"]


@pytest.mark.parametrize(("how", "error"), [("fails", StartFailed), ("explodes", StartFailed), ("ignores", Ignore)])
async def test_a_first_start_that_fails_is_the_callers_affair_and_costs_no_budget(how: str, error: type[Exception]) -> None:
    async with run_tree(POOL) as system:
        for _ in range(5):
            with pytest.raises(error):
                await system.dynamic("pool").start(child("a", [], starts=how))
        assert system.dynamic("pool").children() == ()


async def test_a_child_whose_factory_breaks_may_be_dismissed_before_that_is_known() -> None:
    async with run_tree(POOL) as system:
        pool = system.dynamic("pool")
        ref = pool.start_soon(child("a", [], starts="explodes"))
        assert system.alive(ref.path)
        pool.dismiss("a")
        assert pool.children() == ()
        with pytest.raises(ActorDead):
            await ref.ask(Ping(), timeout=1)


async def test_children_restart_as_their_type_says() -> None:
    async with run_tree([ChildSpec("pool", lambda: Dynamic(intensity=9))]) as system:
        pool = system.dynamic("pool")
        for restart in ("permanent", "transient", "temporary"):
            await pool.start(child(restart, [], restart))
            system.ref(f"pool/{restart}").tell_nowait(End())
        await settled()
        assert pool.children() == ("permanent",)


async def test_too_many_restarts_stop_all_and_climb() -> None:
    journal: Journal = []
    events: list[KernelEvent] = []
    async with run_tree([*POOL, child("b", journal)], observe=events.append) as system:
        pool = system.dynamic("pool")
        await pool.start(child("a", []))
        await pool.start(child("bystander", journal, "temporary"))
        for _ in range(2):
            system.ref("pool/a").tell_nowait(Boom())
            await settled()
        assert happened(events, "escalated") == ["pool"]
        assert isinstance(dict(ends(events))["pool"], Failed)
        assert system.dynamic("pool").children() == ()
        assert system.dynamic("pool") is not pool
        with pytest.raises(ActorDead):
            pool.start_soon(child("a", []))
    assert journal == ["start b", "start pool/bystander", "stop pool/bystander", "stop b"]


async def test_a_spent_budget_reaches_the_root() -> None:
    async with run_tree(Supervisor(children=[ChildSpec("pool", lambda: Dynamic(intensity=0))], intensity=0)) as system:
        await system.dynamic("pool").start(child("a", []))
        system.ref("pool/a").tell_nowait(Boom())
        ended = await system.wait_ended()
        assert isinstance(ended, Failed)
        assert isinstance(ended.error, RestartIntensityExceeded)


async def test_whole_trees_can_be_children() -> None:
    journal: Journal = []
    async with run_tree(POOL) as system:
        pool = system.dynamic("pool")
        inner = Supervisor(children=[ChildSpec("work", Dynamic), child("run", journal)], strategy="rest_for_one")
        await pool.start(ChildSpec("r1", lambda: inner, "temporary"))
        await system.dynamic("pool/r1/work").start(child("n1", journal, "temporary"))
        assert [(row.path, row.depth, row.kind) for row in system.tree()[1:]] == [
            ("pool", 1, "dynamic"), ("pool/r1", 2, "supervisor"), ("pool/r1/work", 3, "dynamic"),
            ("pool/r1/work/n1", 4, "actor"), ("pool/r1/run", 3, "actor"),
        ]  # fmt: skip
        await pool.stop("r1")
    assert journal == ["start pool/r1/run", "start pool/r1/work/n1", "stop pool/r1/run", "stop pool/r1/work/n1"]


async def test_a_second_stop_of_a_pool_that_is_stopping_changes_nothing(autojump_clock: MockClock) -> None:
    async with run_tree([ChildSpec("pool", Dynamic, shutdown=2.0)]) as system:
        await system.dynamic("pool").start(child("a", [], shutdown="infinity", parting=partial(trio.sleep, 60)))
    assert trio.current_time() == 2


async def test_only_a_dynamic_supervisor_is_found_as_one() -> None:
    async with run_tree([child("a", [])]) as system:
        for path in ("a", "", "nobody"):
            with pytest.raises(UnknownActor):
                system.dynamic(path)


async def test_an_actor_may_dismiss_itself() -> None:
    journal: Journal = []
    async with run_tree(POOL) as system:
        ref = await system.dynamic("pool").start(child("a", journal))
        ref.tell_nowait(Do(lambda worker: worker.system.dynamic("pool").dismiss("a")))
        await settled()
        assert journal == ["start pool/a", "stop pool/a"]


async def test_a_stop_finds_children_that_were_dismissed_before(autojump_clock: MockClock) -> None:
    events: list[KernelEvent] = []
    async with run_tree(POOL, observe=events.append) as system:
        pool = system.dynamic("pool")
        await pool.start(ChildSpec("inner", Dynamic))
        await system.dynamic("pool/inner").start(child("x", [], parting=partial(trio.sleep, 1)))
        await pool.start(child("a", [], parting=partial(trio.sleep, 2)))
        for name in ("inner", "a"):
            pool.dismiss(name)
        await settled()
    assert trio.current_time() == 2
    assert {ended for _, ended in ends(events)} == {Shutdown()}
