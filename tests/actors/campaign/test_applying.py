"""Winners on paper, on their way into the live workflow."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest
from attrs import evolve

from actors.campaign import events as e
from actors.campaign.applying import apply_winners, to_apply
from actors.campaign.declined import Declined
from tests.actors.campaign.paper import FAILED, Tale
from tests.actors.campaign.table import C0, W0, changed, policy


def approved(tale: Tale | None = None) -> Tale:
    """A campaign whose newest candidate was approved."""
    tale = tale or Tale().running()
    tale.world.ends(tale.newest.eval_run_id)
    tale.pass_()
    tale.act("approve_winner", experiment_id=tale.newest.experiment_id)
    return tale


def applied(tale: Tale, live: dict[str, Any]) -> Any:
    step = tale.step()
    return apply_winners(step, to_apply(step, tale.newest.experiment_id), live)


def why_not(tale: Tale, live: dict[str, Any]) -> str:
    before = deepcopy(live)
    with pytest.raises(Declined) as declined:
        applied(tale, live)
    assert declined.value.message
    assert live == before
    return declined.value.code


def test_the_field_is_changed_and_its_origin_noted_and_the_rest_kept() -> None:
    tale = approved()
    live = changed(title="edited since", metadata={"mine": 1})
    found = applied(tale, {**live, "metadata": {"a": 1}})
    assert found.definition["flow"]["nodes"][0] == {**live["flow"]["nodes"][0], "timeout_ms": 69_000}
    [record] = found.definition["metadata"]["optimization_apply_history"]
    assert found.definition["metadata"] == {"a": 1, "optimization_apply_history": [record], "last_optimization_apply": record}
    assert (record["previous_value"], record["new_value"], record["field_path"]) == (60_000, 69_000, "timeout_ms")
    assert found.previous == (60_000,)


@pytest.mark.parametrize(
    ("live", "code"),
    [
        ({**W0, "flow": {"nodes": []}}, "live_node_not_found"),
        (changed(timeout_ms=None), "live_field_missing"),
        (changed(timeout_ms=60_000.0), "live_workflow_drift"),
        (changed(timeout_ms=69_000), "live_workflow_drift"),
        ({**W0, "metadata": {"optimization_apply_history": "none"}}, "apply_history_not_list"),
    ],
    ids=["node", "field", "type", "applied", "history"],
)
def test_a_live_workflow_that_has_moved_on_is_left_alone(live: dict[str, Any], code: str) -> None:
    assert why_not(approved(), live) == code


def test_a_field_within_another_is_set_there() -> None:
    tale = Tale(evolve(C0, mutation_policy=policy(allowed_knob_fields=("retry_policy_max_attempts",)))).running()
    found = applied(approved(tale), W0)
    assert found.definition["flow"]["nodes"][0]["retry_policy"] == {"max_attempts": 2}
    tale.step().emit(
        e.WinnerApplied(
            experiment_id=tale.newest.experiment_id, node_id="node-1", field="retry_policy_max_attempts", previous_value=1, new_value=2,
            workflow_id="w0", version=2,
        )
    )  # fmt: skip
    assert tale.newest.applied == {"workflow_id": "w0", "applied_at_ms": 1000, "field": "retry_policy_max_attempts", "node_id": "node-1"}


def test_only_the_approved_winner_that_is_the_baseline_is_applied() -> None:
    tale = Tale().running()
    assert why_not(tale, W0) == "experiment_not_approved"
    approved(tale)
    tale.campaign.baseline_hash = "0" * 64
    assert why_not(tale, W0) == "not_latest_winner"


def test_a_winner_brings_along_the_one_that_it_builds_on() -> None:
    tale = approved()
    first = tale.newest
    for _ in range(2):
        tale.act("queue_baseline_replay")
        run_id = tale.campaign.pending[-1]
        tale.world.ends(run_id, snapshot_hash=tale.campaign.baseline_hash, measured=FAILED)
        assert tale.act("record_baseline_replay", run_id=run_id) == ["baseline_replay_recorded"]
    tale.pass_()
    tale.world.ends(tale.newest.eval_run_id)
    tale.pass_()
    approved_second = tale.newest
    tale.act("approve_winner", experiment_id=approved_second.experiment_id)
    found = applied(tale, W0)
    assert found.experiments == (first, approved_second)
    assert found.definition["flow"]["nodes"][0]["timeout_ms"] == 79_350
    assert found.previous == (60_000, 69_000)
    first.applied = {"workflow_id": "w0"}
    assert why_not(tale, W0) == "live_workflow_drift"
    assert applied(tale, changed(timeout_ms=69_000)).experiments == (approved_second,)
