"""An agent that asks about a tool, for stories: the run at the open gate, the answer, and what was said about tools."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from actors.agent.provider.messages import ToolResult
from actors.agent.thread_log import facts_of
from tests.scenarios.harness import House
from tests.scenarios.inside import store_of
from tests.scenarios.models import GOOD, agent, crew, writes

__all__ = ["ASKS", "FILE", "answer", "asked", "asking", "heard", "said_of_tools", "work"]

ASKS = "policy: {write_file: ask}"
FILE = "artifact: {path: notes.json, schema: notes}"


def asking(more: str = f"{FILE}, {ASKS}", **given: Any) -> str:
    """A workflow of one agent."""
    return crew(agent(more=more), **given)


async def asked(d: House, *replies: Any, text: str | None = None, **params: Any) -> tuple[str, dict[str, Any]]:
    """A run that asks about its first file, and the open gate."""
    d.models.script[:] = replies or (writes("notes.json", GOOD),)
    run_id = await d.begin(text or asking(), **params)
    await d.run_until(run_id, "awaiting_approval")
    return run_id, await d.gate(run_id)


async def answer(d: House, run_id: str, found: dict[str, Any], decision: str = "approve", **more: Any) -> dict[str, Any]:
    """Answer what was found open."""
    return await d.decide(run_id, decision, gate=found["gate_name"], shown_digest=found["shown_digest"], **more)


def heard(d: House) -> list[ToolResult]:
    """What the model was told of its tools, when it was asked last."""
    return [turn for turn in d.models.requests[-1].turns if isinstance(turn, ToolResult)]


def work(d: House, run_id: str) -> Path:
    """The working folder of a run without a workspace."""
    return d.places.data / "runs" / run_id / "work"


def said_of_tools(d: House, run_id: str, node_id: str = "draft") -> list[str]:
    """What the conversation records of tools, in order."""
    found = [fact.kind for _, fact in facts_of(store_of(d), f"run:{run_id}:node:{node_id}")]
    return [kind for kind in found if kind.startswith("tool_")]
