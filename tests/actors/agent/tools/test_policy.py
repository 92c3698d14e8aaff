"""Hands under a policy: what is denied is not there, and a tool goes by its name in policies, whatever the model hears."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from actors.agent.policy import Policy
from actors.agent.provider.messages import ToolCall, ToolSpec
from actors.agent.tools.finish import Finish
from actors.agent.tools.hands import Hands
from actors.agent.tools.source import Said
from actors.agent.tools.words import texts

DELETE, GET = "mcp__github__repo_delete_1a2b3c4d", "mcp__github__repo_get_5e6f7a8b"


class Server:
    """Tools from outside whose names the model cannot hear as they are. `used` are the calls that reached it."""

    def __init__(self) -> None:
        self.used: list[str] = []

    @property
    def specs(self) -> Mapping[str, ToolSpec]:
        nothing = texts()
        return {
            DELETE: ToolSpec(DELETE, "", nothing, "once", "mcp.github.repo.delete"),
            GET: ToolSpec(GET, "", nothing, "none", "mcp.github.repo.get"),
        }  # fmt: skip

    async def use(self, call: ToolCall) -> Said:
        self.used.append(call.name)
        return Said("done")


@pytest.mark.parametrize(
    ("policy", "words"),
    [
        ((), ("ask", "allow")),
        ((("mcp.github.*", "allow"),), ("allow", "allow")),
        ((("mcp.github.*", "allow"), ("mcp.github.repo.delete", "deny")), ("deny", "allow")),
        ((("mcp.github.repo.d*", "deny"),), ("deny", "allow")),
        ((("*", "ask"),), ("ask", "ask")),
    ],
    ids=["usual", "all", "but one", "by its beginning", "asked"],
)
async def test_it_is_the_name_in_policies_that_counts(policy: tuple[tuple[str, str], ...], words: tuple[str, str]) -> None:
    server = Server()
    hands = Hands((server, Finish()), Policy(policy))
    assert tuple(hands.ruling(name).word if name in hands.specs else "deny" for name in (DELETE, GET)) == words
    await hands.use(ToolCall("c", DELETE, {}))
    assert server.used == ([] if words[0] == "deny" else [DELETE])


def test_of_a_tool_that_nobody_has_the_policy_says_what_it_can() -> None:
    hands = Hands((Finish(),), Policy((("run_command", "deny"), ("mcp.github.*", "deny"))))
    assert [hands.ruling(name).word for name in ("run_command", "mcp__github__push", "finish", "sudo")] == [
        "deny",
        "deny",
        "allow",
        "allow",
    ]
    assert hands.refusal(ToolCall("c", "sudo", {})) is not None
