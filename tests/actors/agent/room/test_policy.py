"""What may be done with tools: what each table says, and that whoever adds one only ever takes away."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.agent.binding import Pool, bind
from actors.agent.policy import Policy, Ruling, name_in_policy
from actors.config import ConfigInvalid, load
from actors.refusals import Refusal
from actors.workflow.canonical import decode, encode
from actors.workflow.spec import Agent
from actors.workflow.spec_agent import TOOLS, ToolApproval
from actors.workflow.tool_names import POLICY_WORDS, ToolPolicy, said_of
from tests.actors.workflow.samples import loaded, warned, wrong

HEARD = (*TOOLS, "mcp__github__create_issue", "mcp__github__get_issue", "mcp__files__read")
PATTERNS = (
    *(name_in_policy(name) for name in HEARD if name != "finish"),
    "*",
    "mcp.*",
    "mcp.github.*",
    "read_*",
    "write_*",
    "mcp.github.g*",
)
tables = st.dictionaries(st.sampled_from(PATTERNS), st.sampled_from(POLICY_WORDS)).map(lambda table: tuple(sorted(table.items())))
strictness = POLICY_WORDS.index


@given(configuration=tables, persona=tables, node=tables, asks=st.booleans(), unsandboxed=st.booleans())
def test_s15_whoever_says_more_allows_no_more(
    configuration: ToolPolicy, persona: ToolPolicy, node: ToolPolicy, *, asks: bool, unsandboxed: bool
) -> None:
    def strict(tool: str, first: ToolPolicy = (), second: ToolPolicy = (), third: ToolPolicy = ()) -> int:
        return strictness(Policy(first, second, third, asks=asks, unsandboxed=unsandboxed).ruling(name_in_policy(tool)).word)

    for tool in HEARD:
        whole = strict(tool, configuration, persona, node)
        assert whole >= max(strict(tool, configuration, persona), strict(tool, configuration, (), node), strict(tool, configuration))
        bound = said_of(configuration, name_in_policy(tool))
        if tool == "finish":
            assert whole == 0
        elif bound is not None:
            assert whole >= strictness(bound)
        else:
            assert whole >= strict(tool)


@pytest.mark.parametrize(
    ("table", "tool", "word"),
    [
        ({"*": "deny", "read_file": "allow"}, "read_file", "allow"),
        ({"*": "deny", "read_file": "allow"}, "write_file", "deny"),
        ({"mcp.*": "deny", "mcp.github.*": "ask"}, "mcp.github.create_issue", "ask"),
        ({"mcp.*": "deny", "mcp.github.*": "ask"}, "mcp.files.read", "deny"),
        ({"read_*": "ask"}, "read_file", "ask"),
        ({"read_file": "ask"}, "read_files", None),
        ({}, "read_file", None),
    ],
)
def test_in_one_table_the_nearest_name_counts(table: dict[str, str], tool: str, word: str | None) -> None:
    assert said_of(tuple(sorted(table.items())), tool) == word


@pytest.mark.parametrize(
    ("policy", "tool", "ruling"),
    [
        (Policy(), "write_file", Ruling("allow", "what is usual for it")),
        (Policy(), "http_get", Ruling("allow", "what is usual for it")),
        (Policy(), "run_command", Ruling("allow", "what is usual for it")),
        (Policy(unsandboxed=True), "run_command", Ruling("ask", "what is usual for it")),
        (Policy(), "mcp.github.create_issue", Ruling("ask", "what is usual for it")),
        (Policy(), "mcp.github.get_issue", Ruling("allow", "what is usual for it")),
        (Policy((("run_command", "allow"),), unsandboxed=True), "run_command", Ruling("allow", "the configuration")),
        (Policy(persona=(("run_command", "allow"),), unsandboxed=True), "run_command", Ruling("ask", "what is usual for it")),
        (Policy(persona=(("write_file", "ask"),)), "write_file", Ruling("ask", "its persona")),
        (Policy((("*", "ask"),), (("write_*", "ask"),), (("write_file", "deny"),)), "write_file", Ruling("deny", "its node")),
        (Policy((("*", "deny"),)), "finish", Ruling("allow", "what is usual for it")),
        (
            Policy(persona=(("write_file", "ask"),), asks=False), "write_file",
            Ruling("deny", "its persona, which asks, and nobody is asked here"),
        ),
    ],
    ids=[
        "inside", "web", "sandbox", "no sandbox", "outside", "reads", "operator", "no widening", "persona", "strict", "finish", "last",
    ],
)  # fmt: skip
def test_the_strictest_word_counts_and_who_says_it_is_told(policy: Policy, tool: str, ruling: Ruling) -> None:
    assert policy.ruling(tool, reads=tool.endswith("get_issue")) == ruling


PERSONA = {"backend": "stage", "model": "m"}
NODE = {"id": "a", "agent": "p", "instructions": "x"}


@pytest.mark.parametrize(
    ("policy", "code", "key"),
    [
        ({"rm": "deny"}, "tool_unknown", ".rm"),
        ({"reed_file": "deny"}, "tool_unknown", ".reed_file"),
        ({"read*file": "deny"}, "tool_unknown", ".read*file"),
        ({"finish": "deny"}, "tool_unknown", ".finish"),
        ({"read_file": "never"}, "tool_policy_invalid", ".read_file"),
        ({"read_file": True}, "tool_policy_invalid", ".read_file"),
        ([], "value_type", ""),
    ],
    ids=["unknown", "typo", "star inside", "finish", "word", "no word", "no table"],
)
def test_what_is_wrong_in_a_policy_is_told_with_its_place(policy: object, code: str, key: str) -> None:
    assert wrong(personas={"p": {**PERSONA, "policy": policy}}) == [(code, f"personas.p.policy{key}")]
    assert wrong(nodes=[{**NODE, "policy": policy}]) == [(code, f"nodes[0].policy{key}")]


@pytest.mark.parametrize(
    ("approval", "code", "key"),
    [
        ({"on_timeout": "continue"}, "invalid_on_timeout", ".on_timeout"),
        ({"timeout": "soon"}, "invalid_duration", ".timeout"),
        ({"approvers": ["me"]}, "gate_approvers_invalid", ".approvers"),
        ({"who": "me"}, "key_unknown", ".who"),
        ("always", "value_type", ""),
    ],
    ids=["word", "time", "whom", "key", "no table"],
)
def test_what_is_wrong_in_how_people_are_asked(approval: object, code: str, key: str) -> None:
    assert wrong(nodes=[{**NODE, "tool_approval": approval}]) == [(code, f"nodes[0].tool_approval{key}")]


BOTH = {**PERSONA, "tools": ["run_command", "http_get"], "sandbox": "none"}
UNGUARDED = [("tools_unguarded", "nodes[0].agent")]


@pytest.mark.parametrize(
    ("persona", "node", "found"),
    [
        (BOTH, {}, UNGUARDED),
        ({**BOTH, "policy": {"run_command": "allow"}}, {"policy": {"http_get": "allow"}}, UNGUARDED),
        ({**BOTH, "policy": {"run_command": "ask"}}, {}, []),
        (BOTH, {"policy": {"*": "ask"}}, []),
        (BOTH, {"policy": {"http_get": "deny"}}, []),
        (BOTH, {"tools": ["run_command"]}, []),
        ({**BOTH, "sandbox": "bwrap"}, {}, []),
        ({**PERSONA, "sandbox": "none"}, {}, []),
        (BOTH, {"agent": "other"}, []),
    ],
    ids=["both", "allowed", "persona asks", "node asks", "no way out", "one tool", "sandbox", "usual", "somebody else"],
)
def test_s27_what_comes_from_outside_does_not_become_a_command_unseen(
    persona: dict[str, Any], node: dict[str, Any], found: list[tuple[str, str]]
) -> None:
    assert warned(nodes=[{**NODE, **node}], personas={"p": persona}) == found


def test_only_agents_have_a_policy() -> None:
    assert wrong(nodes=[{"shell": "x", "policy": {"*": "ask"}}]) == [("key_unknown", "nodes[0].policy")]


def test_a_policy_is_kept_in_the_definition_and_read_back() -> None:
    asked = {"timeout": "1h", "on_timeout": "cancel", "approvers": [1000], "separate_from_author": True}
    node = {**NODE, "policy": {"*": "ask", "read_file": "allow"}, "tool_approval": asked}
    first = loaded(nodes=[node], personas={"p": {**PERSONA, "policy": {"mcp.*": "deny"}}})
    assert decode(encode(first)) == first
    action = first.nodes[0].action
    assert isinstance(action, Agent)
    assert action.policy == (("*", "ask"), ("read_file", "allow"))
    assert action.approval == ToolApproval(3_600_000, "cancel", ("1000",), separate_from_author=True)
    assert first.personas[0].policy == (("mcp.*", "deny"),)


@pytest.mark.parametrize(
    ("text", "found"),
    [('{"write_file": "ask", "mcp.*": "deny"}', (("mcp.*", "deny"), ("write_file", "ask"))), ("{}", ())],
    ids=["some", "none"],
)
def test_the_configuration_says_what_is_allowed_at_most(text: str, found: ToolPolicy) -> None:
    config = load({"PENSTOCK_TOOLS_POLICY": text}, None)
    assert config.tools.policy == found
    assert next(entry for entry in config.entries() if entry.key == "tools.policy").value == dict(found)


@pytest.mark.parametrize("text", ['{"sudo": "ask"}', '{"read_file": "never"}', '["read_file"]', "ask"])
def test_and_is_refused_where_it_says_nothing_known(text: str) -> None:
    with pytest.raises(ConfigInvalid, match=r"tools\.policy: not an allowed value"):
        load({"PENSTOCK_TOOLS_POLICY": text}, None)


@pytest.mark.parametrize(("persona", "configuration", "by"), [("deny", (), "its persona"), ("ask", (("*", "deny"),), "the configuration")])
def test_a_role_is_not_given_to_whom_its_tools_are_denied(persona: str, configuration: ToolPolicy, by: str) -> None:
    workflow = loaded(nodes=[{**NODE, "tools": ["write_file"]}], personas={"p": {**PERSONA, "policy": {"write_file": persona}}})
    refusal = bind(workflow, Pool(backends={"stage": ""}, policy=configuration), {})
    assert isinstance(refusal, Refusal)
    [candidate] = refusal.data["roles"][0]["candidates"]
    assert (candidate["code"], candidate["reason"]) == ("tool_denied", f"it is denied write_file (by {by})")
