"""What is said to the actor of a server."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import Factory, frozen

from actors.mcp.catalog import Catalog
from actors.refusals import Refusal
from supervision import Request

__all__ = ["About", "ListTools", "Look", "Message", "UseTool", "Withdraw"]


@frozen
class ListTools(Request[Catalog | Refusal]):
    """Ask for its tools as they are now; it is started where it does not run."""


@frozen
class UseTool(Request[Mapping[str, Any] | Refusal]):
    """Ask for a use of a tool, which must still be the one of that digest; its result as the protocol has it. `use` names this use.

    Refused with `data` {sent}: whether the server may have begun.
    """

    use: str
    tool: str
    sha256: str
    arguments: Mapping[str, Any] = Factory(dict)


@frozen
class Withdraw:
    """Tell that nobody waits for this use any more."""

    use: str


@frozen
class About(Request[dict[str, Any]]):
    """Ask how it stands: {state, version?, answers_as?, tools?, starts, uses, trouble?, again_in_ms?}."""


@frozen
class Look:
    """See whether it is still needed."""


Message = ListTools | UseTool | Withdraw | About | Look
