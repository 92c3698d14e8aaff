"""Names and paths of agents in `.wf` texts (flow spec 2.5)."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from actors.workflow.wf.ast import Scalar
from actors.workflow.wf.options import Options

__all__ = ["agent_ref", "handler_of", "step_key"]


def step_key(agent: Scalar) -> str:
    """The name under which its result is found: the agent's name, or the stem of its file."""
    return (PurePosixPath(agent.text).stem if agent.quoted else agent.text) or "agent"


def agent_ref(options: Options, agent: Scalar, *, path: bool, key: str | None = None) -> dict[str, str]:
    """The agent in the model's words. A path that leads upwards is reported, at the option `key` or at the statement."""
    if not agent.text.strip():
        message = 'the agent has no name. Write a name, or the path of its file: "agents/plan.md".'
        options.wrong("wf_expected_agent", key, message, found=agent.text)
    if not path:
        return {"persona_id": agent.text}
    if ".." in re.split(r"[/\\]", agent.text):
        message = f"the path {agent.text!r} leads upwards. Name a file below the repository, without .. in its path."
        options.wrong("agent_path_traversal", key, message, found=agent.text)
    return {"persona_path": agent.text}


def handler_of(options: Options) -> str | dict[str, str] | None:
    """What `on_fail` says: `continue`, or an agent by its name or, where the text is quoted and has a slash, by its path."""
    value = options.scalar("on_fail")
    if value is None or value.text == "fail":
        return None
    if value.text == "continue":
        return "continue"
    return agent_ref(options, value, path=value.quoted and "/" in value.text, key="on_fail")
