"""What people say to agents, on paper: who may be told, how much, when it counts as heard, and what a message does to an ending."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from actors.agent.steering import LONGEST, MOST_UNHEARD, spoken
from actors.cli.narrate import Narrator
from actors.node.messages import AgentHeard, Failure, Outcome, Success, Verdict
from actors.node.orders import AgentOrder
from actors.refusals import Principal, Refusal
from actors.run.agent_steering import note_heard
from actors.run.orders import Folders, work_order
from actors.run.outcomes import on_outcome
from actors.run.requests import Steer
from actors.run.verdicts import ends_first
from actors.run.view import event_json, run_json
from actors.run.why import reasons
from tests.actors.run.table import ANNA, Story

ROBOT = Principal(1000, human=False)
REPORT = "contract: {kind: report}"
PARALLEL = "limits: {parallel: 4}"
NO = {"status": "blocked", "approved": False, "blocked_reason": "not yet"}


def begun(*more: str, **given: object) -> Story:
    return Story.begun("a agent: writer, instructions: write", "b needs: [a]", *more, **given)


def steer(story: Story, text: str = "Be brief.", node_id: str = "a", by: Principal = ANNA) -> list[str]:
    return story.operate(Steer(by, node_id, text))


def ends(story: Story, verdict: Verdict, heard: int = 0) -> list[str]:
    outcome = Outcome("a", story.state.token("a"), verdict, None, heard)
    return story.do(lambda turn: on_outcome(turn, outcome))


def action(story: Story) -> AgentOrder:
    order = work_order(story.state, "a", Folders("/data/run-1", "/work"), story.rules)
    assert not isinstance(order, Failure)
    assert isinstance(order.action, AgentOrder)
    return order.action


def test_a_message_waits_for_its_agent_with_a_number_and_whose_it_is() -> None:
    story = begun()
    assert steer(story) == ["agent_steered"]
    assert story.answer == {"node_id": "a", "number": 1, "position": story.state.seq, "at_work": True}
    steer(story, "And kind.")
    assert [(said.number, said.by, said.text) for said in story.state.nodes["a"].unheard] == [
        (1, "uid:1000", "Be brief."), (2, "uid:1000", "And kind."),
    ]  # fmt: skip
    [node, _] = run_json(story.state)["nodes"]
    assert [said["number"] for said in node["unheard"]] == [1, 2]
    assert "From a person (uid:1000)" in spoken(1, "uid:1000", " Be brief.\n")


def test_what_is_heard_is_noted_once_and_waits_no_more() -> None:
    story = begun()
    steer(story)
    steer(story)
    assert story.do(lambda turn: note_heard(turn, AgentHeard("a", 1))) == ["agent_steering_heard"]
    assert story.do(lambda turn: note_heard(turn, AgentHeard("a", 1))) == []
    assert story.do(lambda turn: note_heard(turn, AgentHeard("nobody", 1))) == []
    assert [said.number for said in story.state.nodes["a"].unheard] == [2]
    assert ends(story, Success("done"), heard=2) == ["agent_steering_heard", "done a", "start b"]


def test_an_attempt_that_ends_well_without_having_heard_all_goes_on_and_is_not_counted() -> None:
    story = begun()
    steer(story)
    assert ends(story, Success("done")) == ["interrupt a steered", "start a.2"]
    assert (story.state.nodes["a"].spent, [said.number for said in action(story).steering]) == (1, [1])
    assert action(story).seq == story.state.seq
    assert ends(story, Success("done"), heard=1) == ["agent_steering_heard", "done a", "start b"]


def test_an_effect_that_may_happen_once_is_not_asked_about_because_of_a_message() -> None:
    story = Story.begun("a agent: writer, instructions: write, effect: once")
    steer(story)
    assert ends(story, Success("done")) == ["interrupt a steered", "start a.2"]


def test_a_reviewer_with_something_to_hear_sends_nothing_back_yet() -> None:
    review = f"a agent: writer, instructions: look, needs: [draft], {REPORT}"
    story = Story.begun("x", "draft needs: [x], retry: {max_attempts: 2}", review, "c needs: [draft]", top=PARALLEL)
    story.ok("x")
    story.ok("draft")
    outcome = Outcome("a", story.state.token("a"), Success(NO))
    assert ends_first(story.state, outcome) == ["c"]
    steer(story)
    assert ends_first(story.state, outcome) == []


def test_what_failed_hears_it_in_the_next_attempt() -> None:
    story = Story.begun("a agent: writer, instructions: write, retry: {max_attempts: 2, backoff: {strategy: fixed, initial: 60s}}")
    steer(story)
    ends(story, Failure("boom", "boom!", "provider_transient"))
    assert story.state.backoffs
    steer(story, "Still there?")
    assert story.answer == {"node_id": "a", "number": 2, "position": story.state.seq, "at_work": False}
    assert [said.number for said in story.state.nodes["a"].unheard] == [1, 2]


def test_the_reset_of_a_node_keeps_what_it_has_not_heard() -> None:
    story = Story.begun("a agent: writer, instructions: write, retry: {max_attempts: 1}")
    steer(story)
    ends(story, Failure("boom", "boom!"))
    story.retry("a")
    assert [said.number for said in story.state.nodes["a"].unheard] == [1]
    story.claim()
    steer(story)
    assert story.answer["number"] == 2  # type: ignore[index]  # a refusal has no number, and fails here


def _ended(story: Story) -> None:
    ends(story, Success("done"))


def _finishing(story: Story) -> None:
    story.finish()


def _nothing(_: Story) -> None:
    """As it is."""


def _cancelled(story: Story) -> None:
    story.cancel()


def _full(story: Story) -> None:
    for _ in range(MOST_UNHEARD):
        assert steer(story) == ["agent_steered"]


@pytest.mark.parametrize(
    ("before", "said", "code", "words"),
    [
        (_nothing, Steer(ROBOT, "a", "x"), "human_required", "comes from a person"),
        (_cancelled, Steer(ANNA, "a", "x"), "run_already_terminal", "cancelled"),
        (_nothing, Steer(ANNA, "z", "x"), "node_not_found", "Its agents: a, late."),
        (_nothing, Steer(ANNA, "b", "x"), "steer_not_agent", "is no agent"),
        (_ended, Steer(ANNA, "a", "x"), "steer_node_ended", "is completed"),
        (_finishing, Steer(ANNA, "late", "x"), "steer_node_ended", "begins no more"),
        (_nothing, Steer(ANNA, "a", " \n"), "steer_text_invalid", "this one has 2"),
        (_nothing, Steer(ANNA, "a", "ä" * (LONGEST // 2) + "b"), "steer_text_invalid", str(LONGEST + 1)),
        (_full, Steer(ANNA, "a", "x"), "steer_limit", "32 messages"),
    ],
    ids=["step", "terminal", "unknown", "no agent", "ended", "finishing", "empty", "long", "many"],
)  # fmt: skip
def test_what_cannot_be_said_is_refused_with_its_reason(before: Callable[[Story], None], said: Steer, code: str, words: str) -> None:
    story = begun("late agent: writer, instructions: write, needs: [b]")
    before(story)
    assert story.operate(said) == []
    assert isinstance(story.answer, Refusal)
    assert story.answer.code == code
    assert words in story.answer.message


def test_the_longest_message_is_taken_and_one_at_work_is_told_while_the_run_finishes() -> None:
    story = begun()
    assert steer(story, "b" * LONGEST) == ["agent_steered"]
    story.finish()
    assert steer(story) == ["agent_steered"]


def test_clean_up_can_be_told_and_the_body_then_no_more() -> None:
    story = Story.begun("a agent: writer, instructions: write", "c needs: [a]", last=("tidy agent: writer, instructions: tidy",))
    ends(story, Failure("boom", "boom!", "configuration"))
    assert "tidy" in story.state.executing
    assert steer(story, node_id="tidy") == ["agent_steered"]
    assert steer(story, node_id="a") == []


def test_why_says_what_is_not_heard_and_when_it_will_be() -> None:
    story = begun("late agent: writer, instructions: write, needs: [b]")
    steer(story)
    steer(story)
    steer(story, node_id="late")
    texts = [one["text"] for one in reasons(story.state, None, story.now) if one["code"] == "steering_unheard"]
    assert texts[0].startswith("2 messages to the agent of a: heard when it has given its present answer")
    assert texts[1] == "1 message to the agent of late: heard when its next attempt begins."
    story.cancel()
    assert "never heard" in reasons(story.state, None, story.now)[-1]["text"]


def test_the_facts_are_told_in_words() -> None:
    story = begun()
    steer(story, "Be brief.\nVery.")
    story.do(lambda turn: note_heard(turn, AgentHeard("a", 1)))
    events = [event_json(n, event, at, {"node_id": "a", "number": 1, "text": "Be brief.", "by": "uid:1000"})
              for n, (event, at) in enumerate(story.log) if event.kind.startswith("agent_")]  # fmt: skip
    lines = [str(Narrator().live_line(event)) for event in events]
    assert "a  is told by uid:1000: Be brief." in lines[0]
    assert "a  has heard message 1" in lines[1]
