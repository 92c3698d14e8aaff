"""What the catalog says of a run is enough to put it back where it stood."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve

from actors.run import events as run
from actors.run.evolve import evolve as apply
from actors.run.headline import born, headline_of
from actors.run.new_state import new_state
from actors.run.schedule import first_ticket, ticket_of
from actors.scheduler.events import RunQueueReasonChanged
from actors.scheduler.messages import Ticket
from actors.scheduler.tickets import ticket_of_line
from tests.actors.run.table import Story, plan_of

LATER = "a retry: {max_attempts: 2, backoff: {strategy: fixed, initial: 5s}}"
TOP = "limits: {weight: 7}\nproviders: [openai, github]"


@pytest.mark.parametrize(
    "more", [{}, {"workspace": "/srv", "priority": 3}, {"scheduled_for_ms": 900}, {"scheduled_for_ms": 900, "queues": True}]
)
@pytest.mark.parametrize("top", ["", TOP])
def test_a_new_run_has_the_same_ticket_from_its_event_its_state_and_its_line(top: str, more: dict[str, Any]) -> None:
    plan = plan_of("a", top=top)
    event = run.RunCreated(workflow_id="paper", version=1, digest="d", **more)
    state = new_state("run-1", plan)
    apply(state, event, 1000)
    line = born("run-1", event, plan.workflow, 1000)
    ticket = evolve(first_ticket("run-1", event, plan.workflow, 1000), queued_ms=1000)
    assert ticket_of(state) == ticket_of_line(line, 0) == ticket
    assert line == headline_of(state)
    assert (ticket.weight, ticket.providers, ticket.behind) == (
        7 if top else 1, ("openai", "github") if top else (), "paper" if more.get("queues") else None,
    )  # fmt: skip
    assert line.keys == (("scheduled/paper",) if more.get("scheduled_for_ms") else None)


def test_a_run_in_a_back_off_has_the_same_ticket_from_its_state_and_its_line() -> None:
    story = Story.begun(LATER, top=TOP)
    story.fail("a")
    ticket = ticket_of(story.state)
    assert (ticket.not_before_ms, ticket.epoch, ticket.recorded, ticket.since_ms) == (6000, 1, "retry_backoff", 1000)
    assert ticket_of_line(headline_of(story.state), 1) == ticket


def test_a_run_that_is_queued_again_has_waited_since_then_and_what_is_noted_changes_nothing_of_that() -> None:
    story = Story.begun("a")
    story.now = 2000
    story.pause()
    story.now = 3000
    story.resume()
    story.now = 4000
    story.do(lambda turn: turn.emit(RunQueueReasonChanged("workspace_lock", "/srv")), go_on=False)
    assert story.state.queue == {"queue_reason": "workspace_lock", "queued_at_ms": 3000, "resource_key": "/srv"}
    assert ticket_of(story.state) == Ticket("run-1", 1000, epoch=1, workflow="paper", queued_ms=3000, recorded="workspace_lock")


def test_what_is_noted_keeps_what_is_known_of_a_back_off() -> None:
    story = Story.begun(LATER)
    story.fail("a")
    story.now = 7000
    story.do(lambda turn: turn.emit(RunQueueReasonChanged("rate_limit", rate_limited_provider="openai")), go_on=False)
    assert story.state.queue == {
        "queue_reason": "rate_limit", "queued_at_ms": 1000, "rate_limited_provider": "openai", "retry_node_id": "a", "retry_attempt": 2,
        "retry_backoff_ms": 5000, "retry_after_ms": 6000, "retry_reason": "boom!",
    }  # fmt: skip
    assert story.claim() == ["run_execution_claimed", "start a.2"]
    assert story.state.queue is None


def test_a_scheduled_run_is_found_until_it_is_over() -> None:
    plan = plan_of("g gate: human_approval", "b needs: [g]")
    story = Story.on(plan)
    story.state.scheduled_for_ms = 900
    found = [headline_of(story.state).keys]
    story.claim()
    found.append(headline_of(story.state).keys)
    story.decide("approve")
    found.append(headline_of(story.state).keys)
    story.claim()
    found.append(headline_of(story.state).keys)
    story.ok("b")
    found.append(headline_of(story.state).keys)
    held = ("scheduled/paper",)
    assert found == [held, (), held, held, ()]
