"""What an agent could do with all of its tools together, where nobody would be asked (S27 of the reliability page)."""

from __future__ import annotations

from collections.abc import Iterable

from actors.workflow.drafts import Draft
from actors.workflow.problems import Report
from actors.workflow.spec_agent import AT_HOME, Agent, Persona
from actors.workflow.tool_names import MCP, said_of

__all__ = ["check_agent"]

ASKED = ("ask", "deny")


def check_agent(report: Report, draft: Draft, personas: Iterable[Persona]) -> None:
    """Remark on an agent that may both bring in or send out what it likes, and do what it likes, without its workflow asking anybody."""
    action = draft.node.action
    persona = next((one for one in personas if isinstance(action, Agent) and one.name == action.role), None)
    if not isinstance(action, Agent) or persona is None or persona.sandbox != "none":
        return
    tables = (persona.policy, action.policy)
    names = [tool for tool in action.tools or persona.tools or AT_HOME if persona.may(tool)]
    free = [tool for tool in names if all(said_of(table, tool) not in ASKED for table in tables)]
    outward = [tool for tool in free if tool == "http_get" or tool.startswith(MCP)]
    if "run_command" in free and outward:
        message = (
            f"This agent hears from outside ({', '.join(outward)}) and runs commands without a sandbox: what it is told there may become a "
            "command. Whether a person is asked hangs on the configuration alone. Write policy: {run_command: ask}, or keep the sandbox."
        )
        report.warn("tools_unguarded", draft.form.at("agent", "persona_id"), message, found=persona.name)
