"""An attempt that has to produce an artifact succeeds only with it, and never with another's."""

# ruff: noqa: ASYNC240  # tests look at the disk between two steps: nothing else waits for the loop

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

from actors.node.executor import perform
from actors.node.messages import ArtifactFact, Failure, Success
from actors.node.orders import ArtifactOrder, CommandOrder, WorkOrder
from actors.node.tools import Tools
from tests.actors.node.support import sh
from tests.actors.node.test_artifact import NOTES

Orders = Callable[..., WorkOrder]


async def test_an_attempt_succeeds_with_its_artifact(order: Orders, tools: Tools) -> None:
    task = order(sh("echo said; printf '{\"n\": 3}' > a"), artifact=ArtifactOrder("a", NOTES, "notes"))
    digest = hashlib.sha256(b'{"n": 3}').hexdigest()
    assert await perform(task, tools) == Success("said", ArtifactFact("a", digest, 8, "notes"))


async def test_a_good_exit_without_the_artifact_is_a_failure(order: Orders, tools: Tools) -> None:
    task = order(CommandOrder(("true",)), artifact=ArtifactOrder("a"))
    Path(task.workdir, "a").write_text("stale")
    verdict = await perform(task, tools)
    assert isinstance(verdict, Failure)
    assert verdict.code == "artifact_missing"


async def test_a_failed_command_is_not_asked_for_its_artifact(order: Orders, tools: Tools) -> None:
    verdict = await perform(order(sh("touch a; exit 1"), artifact=ArtifactOrder("a")), tools)
    assert isinstance(verdict, Failure)
    assert verdict.code == "command_exit_nonzero"


async def test_an_artifact_that_would_lie_outside_stops_the_attempt_before_it_starts(order: Orders, tools: Tools) -> None:
    verdict = await perform(order(sh("true"), artifact=ArtifactOrder("../a")), tools)
    assert isinstance(verdict, Failure)
    assert (verdict.code, tools.guardian.pid) == ("artifact_path_escapes", None)


async def test_what_writes_to_the_artifact_after_the_end_is_dead_before_it_is_read(order: Orders, tools: Tools) -> None:
    task = order(sh("echo one > a; (setsid sh -c 'sleep 0.2; echo two > a' &)"), artifact=ArtifactOrder("a"))
    verdict = await perform(task, tools)
    assert isinstance(verdict, Success)
    assert verdict.artifact is not None
    assert verdict.artifact.sha256 == hashlib.sha256(b"one\n").hexdigest()


async def test_a_folder_swapped_for_a_link_during_the_attempt_changes_nothing_outside(order: Orders, tools: Tools, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "a").write_text("theirs")
    task = order(sh(f"cd /; mv {tmp_path}/work {tmp_path}/moved; ln -s {tmp_path}/outside {tmp_path}/work"), artifact=ArtifactOrder("a"))
    verdict = await perform(task, tools)
    assert isinstance(verdict, Failure)
    assert verdict.code == "artifact_missing", "the folder that was opened is looked into, wherever its name leads now"
