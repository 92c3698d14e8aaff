"""An agent on paper that wants to use a tool, and is asked about it."""

from __future__ import annotations

from typing import Any

from actors.node.messages import Failure, ToolQuestion
from actors.node.orders import AgentOrder
from actors.refusals import Principal
from actors.run.orders import Folders, work_order
from actors.run.state import OpenGate
from tests.actors.run.table import Story

__all__ = ["AGENT", "BERT", "PUT_DOWN", "QUESTION", "approve", "asked", "gate", "order"]

AGENT = "a agent: writer, instructions: write"
QUESTION = ToolQuestion("run_command", {"argv": ["rm", "-r", "build"]}, "call-1", 1, "writer", "5e" * 32)
PUT_DOWN = ["interrupt a tool_asked", "ask a.tool", "run_awaiting_approval"]
BERT = Principal(1001)


def asked(node: str = AGENT, *others: str, **given: Any) -> Story:
    """A story whose agent was put down with its question."""
    story = Story.begun(node, *others, **given)
    story.tell("a", QUESTION)
    return story


def gate(story: Story) -> OpenGate:
    """The open question."""
    return story.state.open_gates["a"]


def approve(story: Story, **more: Any) -> list[str]:
    """Approve what is shown."""
    return story.decide("approve", shown_digest=gate(story).shown_digest, **more)


def order(story: Story) -> AgentOrder:
    """What the agent is told to do next."""
    found = work_order(story.state, "a", Folders("/data/run-1", "/work"), story.rules, story.now)
    assert not isinstance(found, Failure)
    assert isinstance(found.action, AgentOrder)
    return found.action
