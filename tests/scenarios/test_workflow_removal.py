"""Workflows that are removed, while their schedules are due as well, and brought back."""

from __future__ import annotations

from typing import Any

import pytest
import trio

from tests.scenarios.client import Refused
from tests.scenarios.flows import flow, gate, step
from tests.scenarios.harness import House
from tests.scenarios.planned import DAY, MINUTE, fired, next_fire, put_planned, until

JOB = flow(step("a"), name="job")


async def statuses(d: House, name: str = "job") -> dict[str, str]:
    """The runs of the workflow with their statuses."""
    return {row["run_id"]: row["status"] for row in (await d.call("run.list", workflow_id=name, limit=1000))["runs"]}


async def test_a_removed_workflow_fires_no_more_and_is_restored_as_it_was(d: House) -> None:
    first = await put_planned(d, "every: 60s")
    await until(d, first)
    [run_id] = await statuses(d)
    await d.call("workflow.delete", workflow_id="job")
    await trio.sleep(600)
    assert (await d.call("schedule.list"))["schedules"] == (await d.call("workflow.list"))["workflows"] == []
    assert (await d.run(run_id))["status"] == "completed"
    assert (await d.refused("run.start", workflow_id="job")).code == "workflow_not_found"
    restored = await d.call("workflow.restore", workflow_id="job")
    assert restored == {"workflow_id": "job", "status": "active"}
    again = await next_fire(d)
    assert again == d.clock.now_ms() + MINUTE
    assert [version["version"] for version in (await d.call("workflow.versions", workflow_id="job"))["versions"]] == [1]
    await until(d, again)
    assert await fired(d) == [first, again]
    assert (await d.refused("workflow.restore", workflow_id="job")).code == "workflow_not_deleted"
    assert (await d.refused("workflow.restore", workflow_id="nobody")).code == "workflow_not_found"


async def test_a_removed_workflow_can_be_restored_for_a_week(d: House) -> None:
    await d.put(JOB)
    await d.call("workflow.pause", workflow_id="job")
    await d.call("workflow.delete", workflow_id="job")
    d.clock.jump(7 * DAY - 1000)
    assert (await d.call("workflow.restore", workflow_id="job"))["status"] == "paused"
    await d.call("workflow.delete", workflow_id="job")
    d.clock.jump(7 * DAY + 1000)
    refused = await d.refused("workflow.restore", workflow_id="job")
    assert (refused.code, "7 days ago" in str(refused)) == ("workflow_restore_expired", True)
    await d.put(JOB)
    assert (await d.call("workflow.get", workflow_id="job"))["status"] == "active"


@pytest.mark.parametrize("cancel_runs", [False, True])
async def test_a_workflow_is_removed_while_its_schedule_is_due(d: House, *, cancel_runs: bool) -> None:
    """Whichever comes first: nothing is made of a workflow that is gone."""
    first = await put_planned(d, "every: 60s", gate("ask"))
    answers: list[Any] = []

    async def remove(after_ms: int) -> None:
        await trio.sleep((first + after_ms - d.clock.now_ms()) / 1000)
        async with await d.client() as client:
            try:
                answers.append(await client.call("workflow.delete", {"workflow_id": "job", "cancel_runs": cancel_runs}))
            except Refused as refused:
                answers.append(refused.code)

    async with trio.open_nursery() as nursery:
        for after_ms in (-2, -1, 0, 1, 2):
            nursery.start_soon(remove, after_ms)
    await trio.sleep(300)
    done = [answer for answer in answers if isinstance(answer, dict)]
    found = await statuses(d)
    if done:
        assert set(found.values()) <= {"cancelled"}
        assert (await d.call("workflow.list"))["workflows"] == []
        assert len(await fired(d)) <= 1
    else:
        assert (answers, list(found.values())) == (["workflow_has_active_runs"] * 5, ["awaiting_approval"])
    for run_id in found:
        await d.call("run.cancel", run_id=run_id)
