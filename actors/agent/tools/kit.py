"""Which tools an attempt has: what its node asks for and its persona is permitted, and what it needs in any case."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from actors.agent.tools.command import Command, Place, Sandbox
from actors.agent.tools.files import FileTools
from actors.agent.tools.finish import Finish
from actors.agent.tools.hands import Hands
from actors.agent.tools.http import Http
from actors.agent.tools.search import Search
from actors.workflow.spec_agent import TOOLS

if TYPE_CHECKING:
    from actors.agent.house import House
    from actors.agent.policy import Policy
    from actors.agent.tools.source import ToolSource
    from actors.node.orders import AgentOrder, WorkOrder
    from actors.node.tools import Tools
    from actors.workflow.spec_agent import Persona

__all__ = ["Kit"]


class Kit:
    """What the tools of one attempt are made from: `folder` is the descriptor of its working folder, `foreign` are tools from outside.

    What `policy` denies is not there.
    """

    def __init__(self, order: WorkOrder, tools: Tools, house: House, folder: int, foreign: ToolSource | None, policy: Policy) -> None:
        self._order = order
        self._tools = tools
        self._house = house
        self._folder = folder
        self._foreign = foreign
        self._policy = policy

    def hands(self, action: AgentOrder, persona: Persona, heard: Callable[[], object]) -> Hands:
        """The tools. `heard` is called when one of them shows that it lives."""
        names = {name for name in (action.tools or TOOLS) if persona.may(name)}
        if self._order.artifact is not None:
            names.add("write_file")
        sandbox = None if persona.sandbox == "none" else Sandbox(self._house.private(), self._house.filter)
        place = Place(self._folder, self._order.token, sandbox)
        return Hands(
            (
                FileTools(self._folder, names), Search(self._folder, names), Command(self._tools, place, names, heard),
                Http((self._house.http_hosts, persona.http_hosts), names), Finish(),
                *([self._foreign] if self._foreign is not None else []),
            ),
            self._policy,
        )  # fmt: skip
