"""Conversations: what their logs fold to, with what an attempt begins, when it is over, and what its agent may do."""

from __future__ import annotations

from typing import Any

import pytest
import trio
from attrs import evolve

from actors.agent.binding import Bound
from actors.agent.envelope import envelope
from actors.agent.opening import opening
from actors.agent.provider.messages import AssistantTurn, TokenUsage, ToolCall, ToolResult, UserText
from actors.agent.thread import Thread
from actors.agent.thread_events import (
    AgentSessionHeard,
    Asked,
    ModelCallAnswered,
    ModelCallFailed,
    ModelCallIntended,
    PromptAdded,
    ThreadBegun,
    ToolAnswered,
    ToolIntended,
)
from actors.agent.thread_log import ThreadLog, facts_of
from actors.agent.watcher import over, summary_of
from actors.entity import Fact
from actors.node.messages import Usage
from actors.node.orders import AgentOrder, ArtifactOrder, RepairOrder, WorkOrder
from actors.services import Services
from actors.telemetry.meter import Meter
from storage import VersionConflict

ACTION = AgentOrder(Bound("writer", "anna", 1, "ab" * 32, "stage", "m", "pool"), "Write.", "run:r:node:n")
SCHEMA = {"type": "object", "required": ["n"]}
ORDER = WorkOrder("r", "n", 1, 1, "t", "k", ACTION, "/w", "/d", artifact=ArtifactOrder("n.json", SCHEMA, "notes"))
BEGUN = (ThreadBegun("r", "n", 1), PromptAdded(1, "do it"))


def intended(turn: int) -> ModelCallIntended:
    return ModelCallIntended(turn, 1, "writer", "anna", 1, "stage", "m")


def thread(*facts: Fact) -> Thread:
    made = Thread()
    for fact in facts:
        made.apply(fact)
    return made


def asked(*calls: tuple[str, dict[str, Any]], turn: int = 1) -> tuple[Fact, Fact]:
    named = tuple(Asked(f"c{i}", name, arguments) for i, (name, arguments) in enumerate(calls))
    return intended(turn), ModelCallAnswered(turn, 10, 5, cost_input_usd=0.1, text="hm", calls=named)


WRITE = ("write_file", {"path": "n.json", "content": "{}"})


def test_a_log_folds_to_turns_and_to_what_was_used() -> None:
    found = thread(*BEGUN, *asked(WRITE), ToolAnswered("c0", "write_file", "ok"), intended(2), ModelCallFailed(2, 3, priced=False))
    call = ToolCall("c0", *WRITE)
    assert found.turns == [UserText("do it"), AssistantTurn("hm", (call,)), ToolResult("c0", "ok")]
    assert (found.seq, found.calls, found.open_turn, found.unanswered) == (7, 2, None, [])
    assert found.used == Usage(13, 5, 0.1, 1, unpriced=True, turns=2, model="m")
    found.apply(ThreadBegun("r", "n", 2))
    assert (found.turns, found.used.tokens, found.last_text) == ([], 18, "")


def test_a_log_folds_to_the_sessions_of_agents_and_to_what_each_has_counted() -> None:
    heard, other = AgentSessionHeard(1, "stage", "s-1"), ModelCallIntended(3, 1, "writer", "anna", 1, "understudy", "m")
    found = thread(*BEGUN, intended(1), heard, ModelCallFailed(1, 100, 20, tool_calls=2))
    assert (found.sessions, found.counted, found.tries, found.used.tool_calls) == ({"stage": "s-1"}, {"s-1": TokenUsage(100, 20)}, 1, 2)
    _apply(found, intended(2), ModelCallFailed(2), other, ModelCallFailed(3, code="provider_agent_failed"))
    assert found.sessions == {"stage": "s-1"}  # the call was lost before it could say so, and the other failed elsewhere
    _apply(found, PromptAdded(2, "again"), intended(4), ModelCallFailed(4, code="provider_agent_failed"))
    assert (found.sessions, found.tries) == ({}, 1)  # it could not be resumed
    _apply(found, intended(5), AgentSessionHeard(5, "stage", "s-2"), ThreadBegun("r", "n", 2))
    assert found.sessions == {}


def _apply(found: Thread, *facts: Fact) -> None:
    for fact in facts:
        found.apply(fact)


@pytest.mark.parametrize(
    ("facts", "expected", "ends"),
    [
        (BEGUN, None, False),
        ((*BEGUN, *asked()), "n.json", True),
        ((*BEGUN, *asked(WRITE)), "n.json", False),
        ((*BEGUN, *asked(WRITE), ToolAnswered("c0", "write_file")), "n.json", True),
        ((*BEGUN, *asked(WRITE), ToolAnswered("c0", "write_file")), "other.json", False),
        ((*BEGUN, *asked(WRITE), ToolAnswered("c0", "write_file")), None, False),
        ((*BEGUN, *asked(WRITE), ToolAnswered("c0", "write_file", is_error=True)), "n.json", False),
        ((*BEGUN, *asked(("finish", {"summary": "s"})), ToolAnswered("c0", "finish")), None, True),
        ((*BEGUN, *asked(WRITE), ToolAnswered("c0", "write_file"), PromptAdded(2, "again")), "n.json", False),
    ],
)  # fmt: skip
def test_when_nothing_more_is_asked(facts: tuple[Fact, ...], expected: str | None, *, ends: bool) -> None:
    assert over(thread(*facts), expected) is ends


def test_what_it_says_of_its_work() -> None:
    done = thread(*BEGUN, *asked(("finish", {"summary": "all of it"})), ToolAnswered("c0", "finish"))
    assert (summary_of(done), summary_of(thread(*BEGUN, *asked())), summary_of(thread())) == ("all of it", "hm", "")


def test_an_attempt_begins_with_what_its_agent_does_not_know_yet() -> None:
    first = opening(ORDER, ACTION, thread())
    assert [fact.kind for fact in first.facts] == ["thread_begun", "prompt_added"]
    goes_on = opening(evolve(ORDER, attempt=2), ACTION, thread(*BEGUN, intended(1)))
    assert ([fact.kind for fact in goes_on.facts], goes_on.prompts) == (["model_call_failed"], False)
    repaired = evolve(ACTION, repair=RepairOrder(1))
    again = opening(evolve(ORDER, attempt=2), repaired, thread(*BEGUN, *asked(WRITE)))
    assert [fact.kind for fact in again.facts] == ["tool_answered", "prompt_added"]
    said = opening(evolve(ORDER, attempt=3), repaired, thread(*BEGUN, *asked(), PromptAdded(2, "again", repair=True)))
    assert said.facts == ()  # it was cut off after it had been told
    anew = opening(evolve(ORDER, instance=2), ACTION, thread(*BEGUN, *asked(WRITE)))
    assert [fact.kind for fact in anew.facts] == ["thread_begun", "prompt_added"]
    bare = opening(ORDER, ACTION, thread(ThreadBegun("r", "n", 1)))
    assert [fact.kind for fact in bare.facts] == ["prompt_added"]


RUN = ("run_command", {"argv": ["make"]})
LEFT = (*BEGUN, *asked(RUN, WRITE), ToolIntended("c0", "run_command"))


def test_a_tool_that_was_cut_off_is_uncertain_and_not_used_again() -> None:
    cut = thread(*LEFT)
    assert (cut.under_way, len(cut.unanswered)) == (LEFT[-1], 2)
    [receipt] = opening(evolve(ORDER, attempt=2), ACTION, cut).facts
    assert isinstance(receipt, ToolAnswered)
    assert (receipt.call_id, receipt.state, receipt.is_error, receipt.attempt) == ("c0", "uncertain", True, 1)
    assert "begun in attempt 1" in receipt.text
    told = thread(*LEFT, receipt)
    assert (told.under_way, [call.call_id for call in told.unanswered]) == (None, ["c1"])  # what was not begun is still to be done
    assert not over(told, None)


def test_a_tool_that_may_be_repeated_is_used_again_in_the_same_conversation_alone() -> None:
    cut = thread(*BEGUN, *asked(WRITE), ToolIntended("c0", "write_file", repeatable=True))
    assert opening(evolve(ORDER, attempt=2), ACTION, cut).facts == ()
    repaired = opening(evolve(ORDER, attempt=2), evolve(ACTION, repair=RepairOrder(1)), cut)
    assert [fact.kind for fact in repaired.facts] == ["tool_answered", "prompt_added"]
    assert [fact.state for fact in repaired.facts if isinstance(fact, ToolAnswered)] == ["uncertain"]
    anew = opening(evolve(ORDER, instance=2), ACTION, thread(*LEFT))
    assert [fact.kind for fact in anew.facts] == ["tool_answered", "thread_begun", "prompt_added"]
    repaired = opening(evolve(ORDER, attempt=2), evolve(ACTION, repair=RepairOrder(1)), thread(*LEFT))
    assert [getattr(fact, "state", "") for fact in repaired.facts] == ["uncertain", "error", ""]


def test_the_message_holds_task_schema_data_feedback_and_errors_between_two_marks() -> None:
    full = evolve(
        ACTION, data={"x": [1]}, feedback=("shorter",), repair=RepairOrder(1, ({"path": "$.n", "message": "y" * 500}, {"message": "z"}))
    )
    text = envelope(ORDER, full, repair=True)
    lines = text.splitlines()
    assert (lines[0], lines[-1]) == ("=== BEGIN PENSTOCK TASK n ===", "=== END PENSTOCK TASK n ===")
    for part in ("Run: r", "Attempt: 1", "n.json", "Schema: notes", '"required"', "Write.", '"x"', "- shorter", "- $.n: yyy", "[…]", "- z"):
        assert part in text
    assert "REPAIR" not in envelope(ORDER, full, repair=False)
    assert "ended without the file n.json" in envelope(ORDER, evolve(ACTION, repair=RepairOrder(1)), repair=True)
    free = evolve(ORDER, artifact=ArtifactOrder("n.txt"))
    assert "no schema" in envelope(free, ACTION, repair=False)
    plain = envelope(evolve(ORDER, artifact=None), full, repair=True)
    assert "was not accepted" in plain
    assert "write_file" not in plain


async def test_what_was_not_recorded_is_not_remembered(services: Services) -> None:
    log = ThreadLog(services.store, services.clock, "r", "run:r:node:n", Meter())
    await log.append([ThreadBegun("r", "n", 1)])
    ghost = ThreadLog(services.store, services.clock, "r", "run:r:node:n", Meter())
    with trio.CancelScope() as scope:
        scope.cancel()
        await log.append([PromptAdded(1, "do it")])  # once begun it is done, whoever gives up meanwhile
    with pytest.raises(VersionConflict):
        await ghost.append([PromptAdded(1, "do this")])
    assert (ghost.thread.seq, ghost.thread.turns, log.thread.turns) == (1, [], [UserText("do it")])


async def test_long_texts_lie_beside_the_log_and_come_back(services: Services) -> None:
    log = ThreadLog(services.store, services.clock, "r", "run:r:node:n", Meter())
    long = "ü" * 100_000
    answer = ModelCallAnswered(1, text=long, calls=(Asked("c", "write_file", {"path": "x", "content": long}),))
    await log.append([])
    await log.append([ThreadBegun("r", "n", 1), PromptAdded(1, long)])
    await log.append([intended(1), answer])
    read = ThreadLog(services.store, services.clock, "r", "run:r:node:n", Meter()).thread
    assert (read.turns, read.seq, read.unanswered) == (log.thread.turns, 4, [ToolCall("c", "write_file", {"path": "x", "content": long})])
    await log.append([ToolAnswered("c", "write_file", "\1" * 60_000)])  # six times as long in JSON
    assert ThreadLog(services.store, services.clock, "r", "run:r:node:n", Meter()).thread.turns == log.thread.turns
    assert [len(getattr(fact, "text", "")) for _, fact in facts_of(services.store, "run:r:node:n")] == [0, 0, 0, 0, 0]
    [line] = services.store.catalog.list("thread", parent="r")
    assert (line.facts["calls"], line.stream) == (1, "run:r:node:n")
