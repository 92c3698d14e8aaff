"""Time limits and cancellation: afterwards nothing of the attempt is left, and what had been finished counts."""

# ruff: noqa: ASYNC240  # tests look at the disk and at processes between two steps: nothing else waits for the loop

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import trio

from actors.node import command
from actors.node.executor import perform
from actors.node.messages import Failure, Success
from actors.node.orders import ArtifactOrder, CommandOrder, WorkOrder
from actors.node.tools import Tools
from tests.actors.node.support import below, sh, tagged, until

Orders = Callable[..., WorkOrder]
STAYS = "(setsid sleep 1000 &) ; trap '' TERM; while :; do sleep 0.05; done"


async def test_silence_beyond_the_idle_limit_ends_the_tree(order: Orders, tools: Tools) -> None:
    verdict = await perform(order(sh(STAYS), idle_ms=50, total_ms=60_000), tools)
    assert isinstance(verdict, Failure)
    assert (verdict.code, verdict.failure_class, verdict.unknown) == ("node_idle_timeout", "timeout", True)
    assert verdict.detail == {"node_id": "build", "after_ms": 50}
    assert tagged(tools.guardian.tag) == []


async def test_any_byte_on_either_stream_resets_the_idle_limit(order: Orders, tools: Tools) -> None:
    script = "for n in 1 2 3 4; do sleep 0.1; printf .; sleep 0.1; printf . >&2; done"
    assert await perform(order(sh(script), idle_ms=400), tools) == Success("....")


async def test_the_absolute_limit_holds_for_a_chatterer(order: Orders, tools: Tools) -> None:
    verdict = await perform(order(sh("while :; do echo x; sleep 0.01; done"), idle_ms=5_000, total_ms=100), tools)
    assert isinstance(verdict, Failure)
    assert (verdict.code, verdict.detail["after_ms"]) == ("node_absolute_timeout", 100)


async def test_if_both_are_due_at_once_it_is_the_absolute_one(order: Orders, tools: Tools) -> None:
    verdict = await perform(order(sh("sleep 1000"), idle_ms=50, total_ms=50), tools)
    assert isinstance(verdict, Failure)
    assert verdict.code == "node_absolute_timeout"


async def test_a_command_in_time_is_not_late(order: Orders, tools: Tools) -> None:
    assert await perform(order(sh("echo x"), idle_ms=10_000, total_ms=10_000), tools) == Success("x")


async def test_a_finished_artifact_makes_a_success_of_an_attempt_that_ran_out_of_time(order: Orders, tools: Tools) -> None:
    await perform(order(sh("true")), tools)
    task = order(sh("echo so far; echo [1] > a.json; sleep 1000"), idle_ms=300, artifact=ArtifactOrder("a.json", {"type": "array"}))
    verdict = await perform(task, tools)
    assert isinstance(verdict, Success)
    assert (verdict.output, verdict.artifact and verdict.artifact.size) == ("so far", 4)
    assert [warning.split(":")[0] for warning in verdict.warnings] == ["salvaged"]


async def test_what_else_was_wrong_with_a_salvaged_attempt_is_told(order: Orders, tools: Tools) -> None:
    await perform(order(sh("true")), tools)
    task = order(sh("echo '{' > $PENSTOCK_OUTPUT; echo [1] > a.json; sleep 1000"), idle_ms=300, artifact=ArtifactOrder("a.json"))
    verdict = await perform(task, tools)
    assert isinstance(verdict, Success)
    assert verdict.output is None
    assert [warning.split(":")[0] for warning in verdict.warnings] == ["output_invalid_json", "salvaged"]


@pytest.mark.parametrize("script", ["sleep 1000", "echo '{}' > a.json; sleep 1000", "echo '[' > a.json; sleep 1000"])
async def test_without_a_valid_artifact_the_limit_stands(order: Orders, tools: Tools, script: str) -> None:
    verdict = await perform(order(sh(script), idle_ms=100, artifact=ArtifactOrder("a.json", {"type": "array"})), tools)
    assert isinstance(verdict, Failure)
    assert verdict.code == "node_idle_timeout"


async def test_an_artifact_of_before_the_attempt_salvages_nothing(order: Orders, tools: Tools) -> None:
    task = order(sh("sleep 1000"), idle_ms=50, artifact=ArtifactOrder("a.json"))
    Path(task.workdir, "a.json").write_text("old")
    assert isinstance(await perform(task, tools), Failure)
    assert not Path(task.workdir, "a.json").exists()


async def test_when_a_cancellation_is_through_no_process_is_left(order: Orders, tools: Tools) -> None:
    task = order(sh(f"echo up; {STAYS}"))
    async with trio.open_nursery() as nursery:
        nursery.start_soon(perform, task, tools)
        await until(lambda: len(below(tools.guardian.pid or 0)) >= 3)
        nursery.cancel_scope.cancel()
    assert below(tools.guardian.pid or 0) == []


async def test_a_cancellation_before_the_start_starts_nothing_that_stays(order: Orders, tools: Tools) -> None:
    task = order(sh("touch started; sleep 1000"))
    with trio.CancelScope() as scope:
        scope.cancel()
        await perform(task, tools)
    assert scope.cancelled_caught
    assert tagged(tools.guardian.tag) == []


async def test_the_grace_is_given(order: Orders, tools: Tools) -> None:
    task = order(sh("trap 'touch tidy; exit' TERM; echo up; while :; do sleep 0.01; done"))
    async with trio.open_nursery() as nursery:
        nursery.start_soon(perform, task, tools)
        await until(Path(task.run_dir, "logs", f"build.1.{task.attempt}.out").exists)
        nursery.cancel_scope.cancel()
    assert Path(task.workdir, "tidy").exists()


async def test_when_the_guardian_dies_the_attempt_fails_with_an_unknown_outcome(order: Orders, tools: Tools) -> None:
    verdicts = []

    async def attempt() -> None:
        verdicts.append(await perform(order(sh(f"echo up; {STAYS}")), tools))

    async with trio.open_nursery() as nursery:
        nursery.start_soon(attempt)
        await until(lambda: len(below(tools.guardian.pid or 0)) >= 3)
        os.kill(tools.guardian.pid or 0, signal.SIGKILL)
    assert isinstance(verdicts[0], Failure)
    assert (verdicts[0].code, verdicts[0].unknown) == ("guardian_lost", True)
    assert tagged(tools.guardian.tag) == []
    assert await perform(order(CommandOrder(("echo", "again"))), tools) == Success("again")


async def test_a_pipe_that_somebody_outside_holds_open_is_not_waited_for(
    order: Orders, tools: Tools, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The command hands its stdout to the test over a fifo's descriptor: opened here, it outlives the tree."""
    monkeypatch.setattr(command, "PIPE_GRACE", 0.05)
    task = order(sh("echo up; read go < go"))
    os.mkfifo(Path(task.workdir, "go"))
    verdicts = []

    async def attempt() -> None:
        verdicts.append(await perform(task, tools))

    with trio.fail_after(5):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(attempt)
            await until(lambda: len(below(tools.guardian.pid or 0)) == 1)
            held = os.open(f"/proc/{below(tools.guardian.pid or 0)[0].pid}/fd/1", os.O_WRONLY)
            Path(task.workdir, "go").write_text("go\n")
    os.close(held)
    assert verdicts == [Success("up")]


async def test_ending_takes_no_longer_than_the_grace_and_the_kill(order: Orders, tools: Tools) -> None:
    began = time.monotonic()
    await perform(order(sh(f"echo up; {STAYS}"), total_ms=50), tools)
    assert time.monotonic() - began < 2
