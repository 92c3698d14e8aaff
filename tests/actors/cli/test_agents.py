"""`penstock personas`, `penstock ledger` and `penstock tools`."""

from __future__ import annotations

import json
from typing import Any

import pytest

from actors.cli.exits import Told
from actors.cli.source import roles_of
from tests.actors.cli.conftest import Penstock
from tests.actors.cli.world import World

PERSONA: dict[str, Any] = {
    "persona": "anna", "source": "pool", "version": 2, "backend": "openai", "model": "m", "sha256": "ab" * 32, "consent": "given",
    "consented_by": "uid:1", "consented_at_ms": 1000, "problem": "no key",
    "fallback": [{"backend": "b", "model": "n"}, {"backend": "c", "model": "o", "problem": "no key"}],
    "definition": {"fallback": [], "backend": "openai", "model": "m", "tools": ["read_file", "finish"], "system": "Be kind.\nBe short."},
    "may_use": [{"tool": "read_file", "may": "allow", "by": "what is usual for it"}],
}  # fmt: skip
CALL: dict[str, Any] = {
    "at_ms": 1000, "node_id": "draft", "turn": 1, "persona": "anna", "backend": "openai", "model": "m",
    "input_tokens": 10, "output_tokens": 5, "cost_usd": 0.25, "priced": True, "latency_ms": 1500, "status": "ok",
}  # fmt: skip
USE: dict[str, Any] = {
    "began_ms": 1000, "node_id": "draft", "attempt": 1, "tool": "run_command", "arguments": '{"argv":["make"]}', "state": "uncertain",
}  # fmt: skip
TOTALS = {"calls": 2, "failed": 1, "unpriced": 1, "input_tokens": 10, "output_tokens": 5, "cost_usd": 0.25}


@pytest.fixture
def agents(world: World) -> World:
    failed = CALL | {"turn": 2, "priced": False, "status": "error", "error_code": "provider_overloaded"}
    del failed["latency_ms"]
    world.runtime.answers |= {
        "persona_list": {"personas": [PERSONA]}, "persona_get": {"persona": PERSONA},
        "persona_consent": {"persona": "anna", "sha256": "ab" * 32, "consented": True},
        "persona_withdraw": {"persona": "anna", "sha256": "ab" * 32, "consented": False},
        "ledger_run": {"run_id": "r", "calls": [CALL, failed], "totals": TOTALS, "prices_as_of": "2026-01-01"},
        "tool_list": {"run_id": "r", "uses": [USE, USE | {"state": "ok", "latency_ms": 1500}]},
    }  # fmt: skip
    return world


def test_personas_are_listed_and_shown(agents: World, penstock: Penstock) -> None:
    assert "anna     pool  2        openai   m      given    no key" in penstock("personas", "ls", "--workflow", "w").output
    assert agents.runtime.called("persona_list")[0].workflow_id == "w"
    said = penstock("personas", "show", "anna").output
    for part in (
        "  fallback: b n\n  fallback: c o (would be passed over: no key)",
        "consent: given",
        "consented by: uid:1",
        "read_file: allow, by what is usual for it",
        "  | Be kind.\n  | Be short.",
    ):
        assert part in said
    assert json.loads(penstock("personas", "show", "anna", "--workflow", "w", "--json").output) == {"persona": PERSONA}


@pytest.mark.parametrize("word", ["consent", "withdraw"])
def test_consent_is_given_and_withdrawn_by_name(agents: World, penstock: Penstock, word: str) -> None:
    assert penstock("personas", word, "anna", "--json").exit_code == 0
    assert agents.runtime.called(f"persona_{word}")[0].persona == "anna"


@pytest.mark.parametrize(
    ("at_work", "when"), [(True, "at the next message border"), (False, "when the agent begins")], ids=["now", "later"]
)
def test_a_message_to_an_agent_is_sent_and_its_number_told(agents: World, penstock: Penstock, *, at_work: bool, when: str) -> None:
    answer = {"run_id": "r", "status": "running", "node_id": "draft", "number": 3, "position": 9, "at_work": at_work}
    agents.runtime.answers["agent_steer"] = answer
    plain, as_json = (
        penstock("steer", "r", "draft", "Be brief.", "--request-id", "x"),
        penstock("steer", "r", "draft", "Be brief.", "--json"),
    )
    assert f"r: message 3 to draft; it is heard {when}" in plain.output
    assert json.loads(as_json.output) == answer
    assert [call.text for call in agents.runtime.called("agent_steer")] == ["Be brief.", "Be brief."]


def test_what_an_agent_has_not_heard_is_shown_with_its_run(agents: World, penstock: Penstock) -> None:
    said = [{"number": 1, "by": "uid:1", "text": "Be brief."}]
    node = {"node_id": "draft", "status": "running", "attempt": 1, "kind": "agent", "unheard": said}
    failed = node | {"node_id": "b", "error": {"code": "boom", "message": "it broke"}}
    agents.runtime.answers["run_get"] = {"run": {"run_id": "r", "workflow_id": "w", "status": "running", "nodes": [node, failed]}}
    shown = penstock("show", "r").output
    assert "1 message not heard: Be brief." in shown
    assert "boom: it broke; 1 message not heard: Be brief." in shown


def test_the_ledger_lists_calls_and_their_sum(agents: World, penstock: Penstock) -> None:
    said = penstock("ledger", "r", "--node", "draft").output
    assert "0.250000  1.5s  ok" in said
    assert "no price  -     provider_overloaded" in said
    assert "2 calls, 10 tokens in, 5 out, 0.250000 USD; 1 of them have no price" in said
    assert agents.runtime.called("ledger_run")[0].node_id == "draft"
    assert len(json.loads(penstock("ledger", "r", "--json").output)["calls"]) == 2
    agents.runtime.answers["ledger_run"] = {"run_id": "r", "calls": [], "totals": TOTALS, "prices_as_of": ""}
    assert penstock("ledger", "r").output == "No calls of models.\n"


def test_uses_of_tools_are_listed(agents: World, penstock: Penstock) -> None:
    said = penstock("tools", "r", "--node", "draft").output
    assert 'run_command  uncertain  -     {"argv":["make"]}' in said
    assert "run_command  ok         1.5s" in said
    assert agents.runtime.called("tool_list")[0].node_id == "draft"
    assert len(json.loads(penstock("tools", "r", "--json").output)["uses"]) == 2
    agents.runtime.answers["tool_list"] = {"run_id": "r", "uses": []}
    assert penstock("tools", "r").output == "No uses of tools.\n"


def test_roles_are_written_role_and_name() -> None:
    assert roles_of(("writer=anna", "reader=ben")) == {"writer": "anna", "reader": "ben"}
    for wrong in (("writer",), ("=anna",), ("a=b", "a=c")):
        with pytest.raises(Told):
            roles_of(wrong)


SERVER: dict[str, Any] = {
    "server": "files", "place": "files (and 1 more words)", "env": ["TOKEN"], "folder": "/", "read_only": [], "timeout": "60s",
    "state": "running", "tools": 2, "uses": 3,
}  # fmt: skip
TOOLS = [
    {"tool": "read", "name": "mcp.files.read", "read_only": True, "description": "Reads " + "a long file " * 20},
    {"tool": "odd", "problem": "its schema cannot be used"},
]


def test_mcp_servers_are_listed_and_shown(world: World, penstock: Penstock) -> None:
    world.runtime.answers["mcp_list"] = {"servers": [SERVER]}
    assert "files   files (and 1 more words)  running  2      3" in penstock("mcp", "ls").output
    said = penstock("mcp", "show", "files").output
    for part in ("env: TOKEN", "read only: none", "state: running"):
        assert part in said
    assert json.loads(penstock("mcp", "show", "files", "--json").output) == SERVER
    missing = penstock("mcp", "show", "other")
    assert (missing.exit_code, "configured are: files" in missing.output + missing.stderr) == (66, True)


def test_tools_of_a_server_and_those_that_a_run_holds_to_are_listed(world: World, penstock: Penstock) -> None:
    world.runtime.answers |= {
        "mcp_tools": {"server": "files", "tools": TOOLS},
        "mcp_pins": {"pins": [{"server": "files", "tool": "read", "sha256": "ab" * 32, "pinned_at_ms": 1000, "changed_to": "cd" * 32}]},
    }
    said = penstock("mcp", "tools", "files").output
    assert ("mcp.files.read" in said, "its schema cannot be used" in said, "…" in said) == (True, True, True)
    assert json.loads(penstock("mcp", "tools", "files", "--json").output)["tools"] == TOOLS
    assert "cdcdcd" in penstock("mcp", "pins", "r").output
    assert world.runtime.called("mcp_pins")[0].run_id == "r"


def test_sums_of_all_runs_are_printed_for_each_word(agents: World, penstock: Penstock) -> None:
    answer: dict[str, Any] = {"by": "day", "groups": [{"day": "2026-01-31", **TOTALS}], "totals": TOTALS, "truncated": True}
    agents.runtime.answers["ledger_totals"] = answer
    said = penstock("ledger", "--totals", "--by", "day", "--since", "2026-01-30", "--workflow", "w").output
    for part in ("DAY", "2026-01-31  2      1       10", "2 calls, 10 tokens in", "Older conversations were left out"):
        assert part in said
    asked = agents.runtime.called("ledger_totals")[0]
    assert (asked.by, asked.since_ms, asked.workflow_id) == ("day", 1_769_731_200_000, "w")
    assert json.loads(penstock("ledger", "--totals", "--since", "7d", "--json").output) == answer
    agents.runtime.answers["ledger_totals"] = {**answer, "groups": [], "truncated": False}
    assert penstock("ledger", "--totals").output == "No calls of models.\n"


@pytest.mark.parametrize(
    ("arguments", "says"), [((), "--totals"), (("r", "--totals"), "--totals"), (("--totals", "--since", "soon"), "2026-01-31")],
    ids=["nothing", "both", "no-time"],
)  # fmt: skip
def test_what_the_ledger_is_not_asked_rightly_is_a_mistake_of_the_user(
    agents: World, penstock: Penstock, arguments: tuple[str, ...], says: str
) -> None:
    done = penstock("ledger", *arguments)
    assert (done.exit_code, says in done.stderr) == (2, True)
