"""Whether an agent may use a tool: what each table says, and the strictest of what all of them say. Pure.

What the configuration says is the most that is allowed. Where it says nothing of a tool, that is what is usual for it; personas and nodes
only ever narrow it.
"""

from __future__ import annotations

from typing import Final, Literal

from attrs import frozen

from actors.workflow.tool_names import ALWAYS, MCP, POLICY_WORDS, ToolPolicy, said_of

__all__ = ["Policy", "Ruling", "Word", "name_in_policy"]

Word = Literal["allow", "ask", "deny"]
HEARD: Final = "mcp__"
USUAL: Final = "what is usual for it"


@frozen
class Ruling:
    """What holds for a tool, and who says so, in words."""

    word: str
    by: str


def name_in_policy(heard: str) -> str:
    """The name in policies of a tool that nobody here has; models hear `mcp__SERVER__TOOL` of what is `mcp.SERVER.TOOL` there."""
    return MCP + heard.removeprefix(HEARD).replace("__", ".", 1) if heard.startswith(HEARD) else heard


@frozen
class Policy:
    """All that is said for one attempt. `asks`: somebody may be asked; in clean-up and in the handling of failures nobody is.

    `unsandboxed`: commands run as the daemon's user, with all that he may do.
    """

    configuration: ToolPolicy = ()
    persona: ToolPolicy = ()
    node: ToolPolicy = ()
    asks: bool = True
    unsandboxed: bool = False

    def ruling(self, tool: str, *, reads: bool = False) -> Ruling:
        """What holds for the tool of this name in policies. `reads`: it changes nothing, as the operator says of it."""
        if tool == ALWAYS:
            return Ruling("allow", USUAL)
        bound = said_of(self.configuration, tool)
        rulings = [Ruling(self._usual(tool, reads=reads), USUAL) if bound is None else Ruling(bound, "the configuration")]
        for by, table in (("its persona", self.persona), ("its node", self.node)):
            if (word := said_of(table, tool)) is not None:
                rulings.append(Ruling(word, by))
        found = max(rulings, key=lambda one: POLICY_WORDS.index(one.word))
        if found.word == "ask" and not self.asks:
            return Ruling("deny", f"{found.by}, which asks, and nobody is asked here")
        return found

    def _usual(self, tool: str, *, reads: bool) -> Word:
        """What stays inside the working folder or reads is allowed; what may do anything is asked for."""
        if tool.startswith(MCP):
            return "allow" if reads else "ask"
        return "ask" if tool == "run_command" and self.unsandboxed else "allow"
