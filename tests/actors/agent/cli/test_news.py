"""What an agent with a command line is told: all of it where it knows nothing, what is new where its session goes on."""

from __future__ import annotations

from actors.agent.cli.provider import news
from actors.agent.provider.messages import AssistantTurn, Turn, UserText

TASK, AGAIN, SAID = UserText("task"), UserText("task, repaired"), UserText("be brief", aside=True)
DONE = AssistantTurn("done")


def told(*turns: Turn, knows: bool) -> list[str]:
    return news(turns, knows=knows)


def test_one_that_knows_nothing_hears_its_task_and_all_that_people_said() -> None:
    assert told(TASK, knows=False) == ["task"]
    assert told(TASK, SAID, knows=False) == ["task", "be brief"]
    assert told(TASK, SAID, DONE, AGAIN, knows=False) == ["task, repaired", "be brief"]


def test_a_session_hears_what_is_new_since_it_answered() -> None:
    assert told(TASK, DONE, SAID, knows=True) == ["be brief"]
    assert told(TASK, DONE, AGAIN, SAID, knows=True) == ["task, repaired", "be brief"]
    assert told(TASK, SAID, knows=True) == ["task", "be brief"]
    assert told(TASK, SAID, DONE, knows=True) == ["task", "be brief"]
