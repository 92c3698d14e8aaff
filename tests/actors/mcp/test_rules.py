"""What is decided about servers without any: names, catalogs, results, lines, patience."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.agent.tools.source import Said
from actors.config.mcp import McpServer
from actors.mcp import rpc
from actors.mcp.catalog import MOST_TOOLS, Catalog, read_catalog, read_row
from actors.mcp.patience import LONGEST_S, Patience
from actors.mcp.results import LARGEST, said_of
from actors.mcp.wanted import chosen, missing, wanted
from actors.outside.trouble import Trouble
from actors.workflow.mcp_names import covers, heard_as, is_server, servers_of, split
from actors.workflow.spec_agent import Persona
from storage.strict_json import BadJson

OBJECT = {"type": "object"}
HERE = McpServer("here", command=("x",))


def catalog_of(*rows: Any, server: McpServer = HERE) -> Catalog:
    return read_catalog(server, [read_row(row) for row in rows])


def tool(name: Any = "echo", **more: Any) -> dict[str, Any]:
    return {"name": name, "description": "Says.", "inputSchema": OBJECT} | more


def nested(levels: int) -> Any:
    value: Any = {}
    for _ in range(levels):
        value = {"a": value}
    return value


# Names


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("mcp.github.create_issue", ("github", "create_issue")), ("mcp.a-b.*", ("a-b", "*")), ("mcp.a.b.c/d", ("a", "b.c/d")),
        ("mcp.a", None), ("mcp.a.", None), ("mcp..b", None), ("mcp.A.b", None), ("mcp.a__b.c", None), ("mcp.a_.b", None),
        ("mcp.a.b c", None), ("mcp.a.b*", None), ("mcp.*.b", None), ("mcp." + "a" * 33 + ".b", None), ("mcp.a." + "b" * 129, None),
        ("read_file", None), ("", None),
    ],
)  # fmt: skip
def test_a_name_says_server_and_tool(name: str, parts: tuple[str, str] | None) -> None:
    assert split(name) == parts


def test_all_tools_of_a_server_are_those_of_that_server() -> None:
    assert covers("mcp.a.*", "mcp.a.x")
    assert covers("mcp.a.*", "mcp.a.*")
    assert covers("read_file", "read_file")
    for permitted, name in (("mcp.a.*", "mcp.ab.x"), ("mcp.a.x", "mcp.a.*"), ("mcp.a.x", "mcp.a.xy"), ("mcp.a.*", "read_file")):
        assert not covers(permitted, name)
    assert servers_of(("mcp.b.x", "read_file", "mcp.a.*", "mcp.b.y")) == ("a", "b")


NAMES = st.tuples(
    st.from_regex(r"[a-z][a-z0-9]{0,9}(?:[_-][a-z0-9]{1,9}){0,2}", fullmatch=True), st.from_regex(r"[!-)+-~]{1,128}", fullmatch=True)
)


@given(NAMES, NAMES)
def test_what_a_model_hears_is_a_name_for_every_service_and_tells_tools_apart(one: tuple[str, str], other: tuple[str, str]) -> None:
    assert is_server(one[0])
    assert re.fullmatch(r"[A-Za-z0-9_-]{1,64}", heard_as(*one))
    assert (heard_as(*one) == heard_as(*other)) == (one == other)


def test_names_that_fit_are_heard_as_they_are() -> None:
    assert heard_as("github", "create_issue") == "mcp__github__create_issue"
    assert heard_as("a", "b.c") != heard_as("a", "b_c")
    assert heard_as("a", "b" * 100) != heard_as("a", "b" * 101)


def test_an_attempt_may_use_what_it_asks_for_and_its_persona_names() -> None:
    persona = Persona("p", "b", "m", tools=("read_file", "mcp.a.*", "mcp.b.x"))
    assert wanted((), persona) == {"a": ("*",), "b": ("x",)}
    assert wanted(("mcp.a.one", "mcp.b.y", "write_file"), persona) == {"a": ("one",)}
    everything = Persona("p", "b", "m")
    assert (wanted((), everything), wanted(("mcp.a.one",), everything)) == ({}, {})
    catalog = catalog_of(tool("one"), tool("two"))
    assert list(chosen(catalog, ("*",))) == ["one", "two"]
    assert list(chosen(catalog, ("two",))) == ["two"]
    assert missing(catalog, ("two", "*", "three")) == {"three": "the server has no such tool"}


# What a server has


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ("echo", "no description of a tool"), (tool(7), "its name is none"),
        (tool("a b"), "its name is none"), (tool("*"), "its name is none"),
        (tool(inputSchema=None), "not that of an object"), (tool(inputSchema={"type": "array"}), "not that of an object"),
        (tool(inputSchema=OBJECT | {"properties": {"a": {"$ref": "https://elsewhere.example/"}}}), "cannot be used"),
        (tool(inputSchema=OBJECT | {"description": "x" * 70_000}), "more than 65536 bytes"), (tool("first"), "another tool has this name"),
        (tool(inputSchema=nested(300)), "nested too deeply"), (tool(inputSchema=OBJECT | {"x": nested(70)}), "levels"),
    ],
    ids=["text", "number", "blank", "star", "no-schema", "array", "reference", "large", "twice", "abyss", "deep"],
)  # fmt: skip
def test_a_tool_that_cannot_be_used_is_left_out_with_the_reason(row: Any, why: str) -> None:
    catalog = catalog_of(tool("first"), row)
    assert list(catalog.tools) == ["first"]
    [said] = catalog.left_out.values()
    assert why in said


def test_settings_say_which_tools_there_are_and_which_only_look() -> None:
    catalog = catalog_of(tool("a"), tool("b"), tool("c"), server=McpServer("here", url="x", tools=("a", "b"), read_only=("b",)))
    assert {name: one.spec.effect for name, one in catalog.tools.items()} == {"a": "once", "b": "none"}
    assert catalog.left_out == {"c": "it is not among mcp.here.tools"}


def test_a_server_has_so_many_tools_and_says_so_much_of_each() -> None:
    catalog = catalog_of(*(tool(f"t{i}", description="x" * 9_000) for i in range(MOST_TOOLS)), tool("more"), 7)
    assert (len(catalog.tools), set(catalog.left_out)) == (MOST_TOOLS, {"more", "?"})
    assert len(catalog.tools["t0"].spec.description) == 4_001


@pytest.mark.parametrize(
    ("more", "same"),
    [
        ({"description": "Says more."}, False), ({"inputSchema": OBJECT | {"x": 1}}, False), ({"annotations": {"a": True}}, False),
        ({"outputSchema": OBJECT}, False), ({"title": "T"}, False), ({"_meta": {"at": 1}}, True), ({"icons": []}, True),
    ],
    ids=["description", "schema", "annotations", "output", "title", "meta", "icons"],
)  # fmt: skip
def test_the_digest_is_that_of_all_that_makes_a_tool(more: dict[str, Any], same: bool) -> None:
    one, other = (catalog_of(row).tools["echo"].sha256 for row in (tool(), tool(**more)))
    assert (one == other) == same


# What tools answer


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ([{"type": "text", "text": "a"}, {"type": "text", "text": "b"}], "a\nb"), ([], "(no text)"), (None, "(no text)"),
        ([{"type": "audio", "data": "QUJD", "mimeType": "audio/wav"}], "[audio audio/wav, 3 bytes, left out]"),
        ([{"type": "resource", "resource": {"uri": "u", "blob": "QQ==", "mimeType": "m"}}], "[resource u m, left out]"),
        ([{"type": "hologram"}, 7], "[a part of the unknown type hologram, left out]\n[a part that is none, left out]"),
    ],
    ids=["texts", "none", "missing", "audio", "blob", "unknown"],
)  # fmt: skip
def test_texts_are_told_and_all_else_is_named(content: Any, text: str) -> None:
    assert said_of({"content": content}) == Said(text)


def test_errors_structures_and_long_texts() -> None:
    assert said_of({"content": [{"type": "text", "text": "no"}], "isError": True}) == Said("no", is_error=True)
    assert said_of({"content": [], "structuredContent": {"a": 1}}) == Said('{"a":1}')
    many = said_of({"content": [{"type": "text", "text": "x"}] * 1_002}).text
    assert many.endswith("x\n[2 more parts, left out]")
    assert said_of({"content": [], "structuredContent": nested(300)}).text == "[a structure that is nested too deeply, left out]"
    assert said_of({"content": [{"type": "text", "text": "a\0b"}]}).text == "a\ufffdb"
    long = said_of({"content": [{"type": "text", "text": "é" * LARGEST}]}).text
    assert long.endswith("[... 131072 bytes in all]")
    assert len(long.encode()) < LARGEST + 40


# Messages


def test_lines_come_in_pieces_and_have_a_bound() -> None:
    lines = rpc.Lines()
    assert [lines.feed(piece) for piece in (b'{"a"', b":1}\n\n  \n{}", b"\n")] == [[], [b'{"a":1}'], [b"{}"]]
    lines.feed(b"x" * rpc.MOST_BYTES)
    with pytest.raises(Trouble, match="mcp_too_large"):
        lines.feed(b"x")


def test_messages_are_json_rpc_alone_or_in_a_batch() -> None:
    assert rpc.messages(b'[{"jsonrpc":"2.0"},{"jsonrpc":"2.0","id":1}]') == [{"jsonrpc": "2.0"}, {"jsonrpc": "2.0", "id": 1}]
    for wrong in (b"7", b"{}", b'[{"jsonrpc":"1.0"}]', b"[" * 99, b"\xff", b"[" + b"{}," * 1_000 + b"{}]", b"x" * 300_000):
        with pytest.raises(BadJson):
            rpc.messages(wrong)
    [half] = rpc.messages(b'{"jsonrpc":"2.0","result":{"a":"\\ud800"}}')
    assert half["result"] == {"a": "\ufffd"}
    assert rpc.line(rpc.notice("x", {"a": 1})) == b'{"jsonrpc":"2.0","method":"x","params":{"a":1}}\n'
    assert "params" not in rpc.notice("x")
    assert rpc.reply({"id": 1, "method": "roots/list"})["error"]["code"] == -32601
    for wrong_answer, code in (({"error": {"code": 1, "message": "m"}}, "mcp_refused"), ({"result": 7}, "mcp_malformed")):
        with pytest.raises(Trouble, match=code):
            rpc.result_of(wrong_answer)


# Again


def test_a_server_that_fails_is_started_at_once_then_ever_later() -> None:
    patience, waits = Patience(), []
    for _ in range(12):
        patience.failed(100.0)
        waits.append(patience.left(100.0))
    assert waits[:5] == [0.0, 0.5, 1.0, 2.0, 4.0]
    assert waits[-1] == LONGEST_S
    assert patience.left(100.0 + LONGEST_S) == 0.0
    patience.answered()
    assert (patience.left(0.0), patience.failures) == (0.0, 0)
