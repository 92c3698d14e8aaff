"""auto_shutdown: when the end of a significant child is the end of its supervisor."""

from __future__ import annotations

from functools import partial

import pytest
import trio
from trio.testing import MockClock

from supervision import ChildSpec, Dynamic, Shutdown, Supervisor
from supervision.childspec import AutoShutdown, Restart
from supervision.testing import Probe, run_tree, settled
from tests.supervision.workers import Boom, End, Journal, child


@pytest.mark.parametrize(
    ("restart", "message", "over"),
    [("transient", End(), True), ("transient", Boom(), False), ("temporary", End(), True), ("temporary", Boom(), True)],
)
async def test_any_significant_child_that_ends_for_good_ends_all(restart: Restart, message: object, over: bool) -> None:
    journal: Journal = []
    children = [child("a", journal), child("s", journal, restart, significant=True)]
    async with run_tree(Supervisor(children=children, auto_shutdown="any_significant")) as system:
        system.ref("s").tell_nowait(message)
        await settled()
        assert (system.exit == Shutdown()) is over
    assert journal[-1] == "stop a"


async def test_an_insignificant_child_ends_nobody() -> None:
    children = [child("a", [], "temporary"), child("s", [], "transient", significant=True)]
    async with run_tree(Supervisor(children=children, auto_shutdown="any_significant")) as system:
        system.ref("a").tell_nowait(End())
        await settled()
        assert system.exit is None


async def test_only_the_last_significant_child_ends_all() -> None:
    children = [child(name, [], "transient", significant=True) for name in "st"]
    async with run_tree(Supervisor(children=children, auto_shutdown="all_significant")) as system:
        for name, over in (("s", False), ("t", True)):
            system.ref(name).tell_nowait(End())
            await settled()
            assert (system.exit is not None) is over


async def test_a_significant_child_that_waits_to_be_tried_again_still_counts(autojump_clock: MockClock) -> None:
    children = [child("s", [], "transient", significant=True, starts="ok fails"), child("t", [], "transient", significant=True)]
    async with run_tree(Supervisor(children=children, auto_shutdown="all_significant", intensity=5)) as system:
        system.ref("s").tell_nowait(Boom())
        await settled()
        system.ref("t").tell_nowait(End())
        await settled()
        assert system.exit is None
        await trio.sleep(1)
        assert system.alive("s")


@pytest.mark.parametrize("rule", ["any_significant", "all_significant"])
async def test_a_significant_child_that_falls_with_a_sibling_ends_nobody(rule: AutoShutdown) -> None:
    journal: Journal = []
    children = [child("a", journal), child("s", journal, "transient", significant=True)]
    async with run_tree(Supervisor(children=children, auto_shutdown=rule, strategy="one_for_all")) as system:
        system.ref("a").tell_nowait(Boom())
        await settled()
        assert system.exit is None
        assert journal.count("start s") == 2


async def test_the_farewells_of_an_auto_shutdown_are_orderly(autojump_clock: MockClock) -> None:
    journal: Journal = []
    children = [
        child("a", journal, parting=partial(trio.sleep, 1)),
        child("s", journal, "temporary", significant=True),
        child("b", journal),
    ]
    async with run_tree(Supervisor(children=children, auto_shutdown="any_significant")) as system:
        system.ref("s").tell_nowait(End())
        assert await system.wait_ended() == Shutdown()
    assert journal[3:] == ["stop s", "stop b", "stop a"]


async def test_a_dynamic_supervisor_has_no_significant_children() -> None:
    async with run_tree([ChildSpec("pool", Dynamic)]) as system:
        with pytest.raises(ValueError, match="significant"):
            system.dynamic("pool").start_soon(ChildSpec("a", Probe, "transient", significant=True))
