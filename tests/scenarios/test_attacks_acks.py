"""G1 to G3: what was said is kept, said once, and never changes."""

from __future__ import annotations

from typing import Any

import pytest

from tests.scenarios.flows import flow, step
from tests.scenarios.harness import House
from tests.scenarios.situations import in_status

APPLIED = {
    "run.pause": "run_paused", "run.resume": "run_resumed", "run.cancel": "run_stopped", "run.retry": "run_task_retried",
    "gate.decide": "approval_gate_decided",
}  # fmt: skip
"""Each operation, and the event that says that it was applied."""

OPERATIONS: dict[str, tuple[str, dict[str, Any]]] = {
    "run.pause": ("awaiting_approval", {}), "run.resume": ("paused", {}), "run.cancel": ("awaiting_approval", {"reason": "why not"}),
    "run.retry": ("failed", {"node_id": "f"}), "gate.decide": ("awaiting_approval", {"decision": "approve"}),
}  # fmt: skip


@pytest.mark.parametrize("method", list(OPERATIONS))
async def test_g1_an_answer_is_kept_though_the_daemon_dies_with_it(d: House, method: str) -> None:
    status, params = OPERATIONS[method]
    run_id = await in_status(d, status)
    answer = await d.call(method, run_id=run_id, request_id="once", **params)
    await d.crash()
    await d.start()
    assert await d.call(method, run_id=run_id, request_id="once", **params) == answer
    assert (await d.names(run_id)).count(APPLIED[method]) == 1


@pytest.mark.parametrize("point", ["commit.before", "commit.after"])
@pytest.mark.parametrize("method", list(OPERATIONS))
async def test_g2_a_request_whose_answer_was_lost_is_applied_once(house: House, method: str, point: str) -> None:
    await house.start()
    status, params = OPERATIONS[method]
    run_id = await in_status(house, status)
    before = len(await house.events(run_id))
    await house.crash()
    for n in (1, 2, 3):
        house.revive, house.point.plan = True, [(point, n)]
        await house.start()
        await house.call(method, run_id=run_id, request_id="once", **params)
        await house.stop()
    names = (await _names(house, run_id))[before:]
    assert names.count(APPLIED[method]) == 1


async def _names(house: House, run_id: str) -> list[str]:
    await house.start()
    return await house.names(run_id)


async def test_g3_logs_are_the_same_bytes_after_ten_restarts(d: House) -> None:
    runs = [await in_status(d, status) for status in ("queued", "paused", "awaiting_approval", "completed", "failed", "cancelled")]
    await d.stop()
    first = d.history.logs[-1]
    for i in range(10):
        await d.start()
        await (d.crash() if i % 2 else d.stop())
    last = d.history.logs[-1]
    assert {run_id: last[run_id] for run_id in runs} == {run_id: first[run_id] for run_id in runs}
    await d.start()


async def test_g1_a_backup_taken_while_runs_work_holds_what_was_acknowledged(d: House) -> None:
    run_id = await d.begin(flow(step("a")))
    await d.run_until(run_id)
    made = await d.call("store.backup", path=str(d.folder / "copy.db"))
    assert made["size"] > 0
    assert (await d.refused("store.backup", path=str(d.folder / "copy.db"))).code == "backup_exists"
    assert (await d.refused("store.backup", path="relative.db")).code == "path_not_absolute"
    assert (await d.call("store.verify"))["ok"] is True
