"""What stands open in a run and in those below it."""

from __future__ import annotations

from typing import Any

import pytest

from actors.cli.questions import standing_of
from actors.control.client import CallRefused
from tests.actors.cli.world import gate, node


def asking(run_id: str, **more: Any) -> dict[str, Any]:
    return {"run_id": run_id, "status": "awaiting_approval", "open_gates": ["ok"], "nodes": [node("ok", "waiting", gate=gate())], **more}


def waiting(run_id: str, *kinds: str, children: tuple[dict[str, Any], ...] = (), **more: Any) -> dict[str, Any]:
    waits = [{"status": "waiting", "wait_kind": kind} for kind in kinds]
    below = [{"run_id": child["run_id"], "status": child["status"]} for child in children]
    return {"run_id": run_id, "status": "waiting", "open_gates": [], "nodes": [], "waits": waits, "children": below, **more}


def look(*runs: dict[str, Any]) -> Any:
    known = {run["run_id"]: run for run in runs}

    def found(run_id: str) -> dict[str, Any]:
        if run_id not in known:
            raise CallRefused(-32000, "gone", {"code": "run_not_found"})
        return known[run_id]

    return found


def test_questions_of_runs_below_are_found_at_every_depth_the_own_first() -> None:
    deep = asking("deep")
    middle = waiting("middle", children=(deep,))
    top = asking("top", children=[{"run_id": "middle", "status": "waiting"}, {"run_id": "busy", "status": "running"}])
    assert [question.key for question in standing_of(top, look(middle, deep)).questions] == [("top", "ok", 1), ("deep", "ok", 1)]


def test_what_is_decided_or_for_a_command_alone_is_no_question() -> None:
    assert standing_of(asking("a", open_gates=[]), look()).questions == ()
    assert standing_of(asking("a", nodes=[node("ok", "waiting", gate=gate(decisions=[]))]), look()).questions == ()
    outcome = asking("a", open_gates=["ok.outcome"], nodes=[node("ok", "waiting", gate=gate(gate_name="ok.outcome"))])
    assert standing_of(outcome, look()).questions == ()


@pytest.mark.parametrize(
    ("top", "below", "moves"),
    [
        (waiting("a", "timer"), (), True),
        (waiting("a", "timer", "external_condition"), (), False),
        (waiting("a"), (), False),
        (waiting("a", children=(waiting("b", "timer"),)), (waiting("b", "timer"),), True),
        (waiting("a", children=(waiting("b", "webhook"),)), (waiting("b", "webhook"),), False),
        (waiting("a", "timer", children=(waiting("b", status="paused"),)), (), False),
        (waiting("a", children=(waiting("b"),)), (), False),
        (asking("a"), (), False),
    ],
    ids=["timer", "event", "nothing", "below", "event_below", "held_below", "gone_below", "asks"],
)
def test_a_run_moves_by_itself_where_all_that_is_waited_for_is_time(
    top: dict[str, Any], below: tuple[dict[str, Any], ...], *, moves: bool
) -> None:  # fmt: skip
    assert standing_of(top, look(*below)).moves is moves
