"""The daemon dies at every commit, and after every reply, of what people do with learnings; all of it is there once."""

from __future__ import annotations

from typing import Any

import pytest

from tests.scenarios.harness import House
from tests.scenarios.sweeping import swept, told

pytestmark = pytest.mark.no_cover  # as in the sweep of all tales
FLOW = """penstock: 1
workflow: story
metadata: {plan_package: {plan_revision: 1}}
nodes:
  - {id: node-1, python: "steps:work"}
"""
FACT = {"content": "release notes are written in English", "category": "decision"}


async def story(house: House) -> str:
    """A conversation is distilled and promoted; a draft is made, and stored."""
    await house.call("workflow.put", text=FLOW, notation="yaml", source="story.yaml", folder=str(house.folder))
    patch = {
        "learning_id": "patch",
        "workflow_id": "story",
        "kind": "prompt_patch",
        "status": "approved",
        "summary": "s",
        "fingerprint": "f",
    }
    await house.call("learning.put", learning=patch)
    [row] = (await house.call("learning.distill", session_id="talk", workflow_id="story", facts=[FACT]))["facts"]
    await house.call("learning.review", learning_id=row["learning_id"], action="approve")
    await house.call("learning.promote", learning_id=row["learning_id"])
    await house.call("learning.spawn_revision", learning_id="patch")
    await house.call("learning.put_revision", learning_id="patch")
    happened = [
        one["event"].removeprefix("workflow_learning.") for one in (await house.call("learning.events", workflow_id="story"))["events"]
    ]
    assert happened == [
        "candidate.stored", "memory.stored", "candidate.proposed", "candidate.reviewed", "memory.scoped", "memory.stored",
        "candidate.promoted", "revision.stored", "candidate.revision_spawned", "revision.put",
    ]  # fmt: skip
    shown: dict[str, Any] = await house.call("learning.get", learning_id="patch")
    live = await house.call("workflow.get", workflow_id="story")
    assert (live["version"], shown["revision"]["put_version"]) == (2, 2)
    assert live["definition"]["metadata"]["plan_package"] == {"plan_revision": 2}
    return str((await house.call("run.start", workflow_id="story"))["run_id"])


@pytest.mark.parametrize("point", ["commit.after", "reply.after"])
def test_a_death_at_each_point_changes_nothing_that_counts(point: str) -> None:
    expected, _ = told(story, [])
    endings = [ending for _, ending in swept(story, point)]
    assert all(ending == expected for ending in endings)
    assert len(endings) >= 7
