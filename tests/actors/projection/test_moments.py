"""How a run stood after each fact: nodes in their orders, gates, waits, sessions, the queue; and what is projected of waits."""

from __future__ import annotations

from typing import Any

import pytest

from actors.entity import Fact
from actors.node.events import NodeCompleted, NodeFailed, NodeRetryBackoffScheduled, NodeStarted
from actors.projection.bodies import event_of
from actors.projection.entries import record_of, what_of
from actors.projection.known import COMPACTED, compacted_ids, known_ids
from actors.projection.moments import Chronicle
from actors.projection.projecting import Projection
from actors.projection.record import Record
from actors.run.events import RunExecutionClaimed, RunResumed
from actors.run.rules import advance
from actors.run.state import new_state
from actors.run.vocabulary import run_codec
from actors.scheduler.events import RunQueueReasonChanged
from actors.services import Services
from actors.wait.ending import end_due_waits
from actors.wait.events import WaitTimerWoken
from storage import Recorded
from storage.records import Row
from tests.actors.projection.fixture import RUN, WORKFLOW, F
from tests.actors.projection.test_projection import begun, done, events, snapshots, told
from tests.actors.run.handing import handed
from tests.actors.run.house import Now
from tests.actors.run.table import flow, plan_of


def chronicle(*nodes: str, top: str = "") -> Chronicle:
    """As after its first fact."""
    made = Chronicle(new_state("run-1", plan_of(*nodes, top=top)))
    made._anew()
    return made


def after(found: Chronicle, *facts: Fact) -> dict[str, Any]:
    for at, fact in enumerate(facts, 1):
        found.apply(fact, at)
        kept = found.moment().checkpoint
        found._anew()
        assert found.moment().checkpoint == kept, "what is kept up to date is what would be put together anew"
    return dict(found.moment().checkpoint)


def test_nodes_are_told_in_the_order_in_which_they_were_done() -> None:
    found = chronicle("a", "b", "c needs: [a, b]", "d needs: [c]")
    said = after(found, RunExecutionClaimed("c", "d", 1), NodeStarted("b"), NodeCompleted("b", output=1), NodeStarted("a"))
    assert (said["completed_nodes"], said["pending_nodes"], said["blocked_nodes"]) == (["b"], ["c", "d"], ["c", "d"])
    said = after(found, NodeCompleted("a"))
    assert (said["completed_nodes"], said["pending_nodes"], said["blocked_nodes"]) == (["b", "a"], ["c", "d"], ["d"])
    assert (said["node_output_ids"], said["node_attempts"]) == (["b"], {"b": 1, "a": 1})
    said = after(found, NodeStarted("c"), NodeFailed("c", code="x", failure_class="execution_error"))
    assert said["last_failure"]["node_id"] == "c"


def test_a_node_that_begins_anew_is_done_no_more() -> None:
    found = chronicle("a", "b needs: [a]")
    after(found, RunExecutionClaimed("c", "d", 1), NodeStarted("a"), NodeCompleted("a", output=1))
    said = after(found, RunResumed(reason="again", reset_nodes=("a",)))
    assert "completed_nodes" not in said
    assert (said["pending_nodes"], said["blocked_nodes"]) == (["a", "b"], ["b"])
    said = after(found, NodeStarted("a", instance=2), NodeCompleted("a", instance=2, output=1))
    assert (said["completed_nodes"], said["node_output_ids"], said["node_attempt_verdict_counts"]) == (["a"], ["a"], {"a": 2})


def test_the_queue_says_why() -> None:
    found = chronicle("a")
    found.state.status = "queued"
    after(found, RunQueueReasonChanged("capacity"))
    assert found.moment().queue_reason == "capacity"
    after(found, NodeRetryBackoffScheduled("a", 2, 10, 20, releases_run=True))
    assert found.moment().queue_reason == "retry_backoff"


def test_the_conversations_of_agents_at_work_are_told() -> None:
    persona = "personas: {writer: {backend: openai, model: m, system: s}}"
    found = chronicle("a agent: writer, instructions: go", "b", top=persona)
    said = after(found, RunExecutionClaimed("c", "d", 1), NodeStarted("a"), NodeStarted("b"))
    assert said["active_session_ids"] == ["run:run-1:node:a"]
    assert "active_session_ids" not in after(found, NodeCompleted("a"))


async def test_gates_are_told_in_the_order_in_which_they_opened(services: Services) -> None:
    book, projection = (
        await begun(services, flow("a", "g2 gate: human_approval", "g1 gate: human_approval, needs: [a]")),
        Projection(services, 9),
    )
    assert isinstance(services.clock, Now)
    services.clock.now += 50
    await done(book, "a")
    await told(projection, book.run_id)
    newest = snapshots(services, book.run_id)[-1]
    assert [gate["node_id"] for gate in newest["checkpoint"]["open_gates"]] == ["g2", "g1"]
    assert newest["checkpoint"]["awaiting_gate"]["node_id"] == "g2"
    last = events(services, book.run_id)[-1]
    assert (last["phase_id"], last["wait_kind"]) == ("g2", "approval")


async def test_waits_are_told_as_what_they_wait_for(services: Services) -> None:
    workflow = flow("nap wait: {timer: 1m}", "pay wait: {signal: paid, timeout: 1h, on_timeout: remind}")
    book, projection = await begun(services, workflow), Projection(services, 9)
    await told(projection, book.run_id)
    assert snapshots(services, book.run_id)[-1]["phase"] == "waiting_webhook"
    assert isinstance(services.clock, Now)
    services.clock.now += 61_000
    turn = book.turn()
    turn.due = handed(book.state, turn.now)
    end_due_waits(turn)
    advance(turn)
    await book.commit(turn)
    await told(projection, book.run_id)
    [woken] = [event for event in events(services, book.run_id) if event["event_type"] == WaitTimerWoken.kind]
    assert (woken["payload"]["lag_ms"], woken["payload"]["timeout_policy"], woken["wait_kind"]) == (1000, None, "timer")
    services.clock.now += 3_600_000
    turn = book.turn()
    turn.due = handed(book.state, turn.now)
    end_due_waits(turn)
    await book.commit(turn)
    await told(projection, book.run_id)
    reminded = next(event for event in events(services, book.run_id) if event["event_type"].endswith("timeout_reminded"))
    assert reminded["payload"]["timeout_policy"]["on_timeout"] == "remind"


def test_the_end_of_a_wait_that_nobody_knows_is_a_record_like_any_other() -> None:
    fact = WaitTimerWoken("nap", "w", "timer:k", 5)
    recorded = Recorded(1, 7, fact.kind, run_codec().encode(fact).data)
    found = what_of(recorded, fact, None)
    assert isinstance(found, Record)
    assert (found.event, found.metadata) == (fact.kind, {"node_id": "nap", "wait_id": "w", "completion_key": "timer:k", "due_at_ms": 5})


def test_a_back_off_says_what_it_is_though_the_log_leaves_that_out() -> None:
    fact = NodeRetryBackoffScheduled("a", 2, 10, 20)
    found = record_of(Recorded(1, 7, fact.kind, run_codec().encode(fact).data), frozenset())
    assert found.metadata is not None
    assert found.metadata["wait_kind"] == "retry_backoff"


@pytest.mark.parametrize(
    "payload", [None, {"compacted_event_ids": 1}, {"compacted_event_ids": [1, {"event_id": " "}, {"event_id": "e", "seq": True}]}],
    ids=["none", "no-list", "no-items"],
)  # fmt: skip
def test_what_a_marker_does_not_list_is_not_known(payload: Any) -> None:
    assert compacted_ids({"payload": payload}) == []


def test_ids_of_a_marker_are_known_but_for_those_that_are_there() -> None:
    listed = [{"event_id": "a", "seq": 1}, {"event_id": "b", "seq": 2}]
    marker = {"event_id": "m", "seq": 2, "event_type": COMPACTED, "payload": {"compacted_event_ids": listed}}
    known = known_ids(RUN, WORKFLOW, [{"event_id": "a", "seq": 0, "event_type": "x"}, marker])
    assert known == {"a": ("a", 0), "b": ("b", 2), "m": ("m", 2)}


def test_older_events_count_for_themselves_where_they_say_no_occurrence() -> None:
    kind = "stateful_runtime.automation_v2.x"
    old = {"event_type": kind, "occurred_at_ms": 1, "correlation_id": WORKFLOW, "payload": "nothing"}
    known = known_ids(RUN, WORKFLOW, [{**old, "event_id": "one", "seq": 1}, {**old, "event_id": "two", "seq": 2}])
    stable = {name: found for name, found in known.items() if name not in ("one", "two")}
    assert [name[-2:] for name in stable] == ["-0", "-1"]
    assert list(stable.values()) == [("one", 1), ("two", 2)]


def test_an_event_that_is_no_json_is_none() -> None:
    assert event_of(F, Row(1, "e", 1, b"x")) is None
    assert event_of(F, Row(1, "e", 1, b"{}")) is None
