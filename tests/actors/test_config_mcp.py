"""`[mcp.NAME]`: what may stand there, and what is said of the rest."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from actors.config import ConfigInvalid, load
from actors.config.mcp import McpServer, read_servers

STDIO = {"command": ["npx", "-y", "server", "--key=secret"]}
WEB = {"url": "https://mcp.example/mcp?key=secret"}


def wrong(**table: Any) -> list[tuple[str, Any]]:
    """Key and found value of everything that is wrong."""
    return [(flaw.key, flaw.found) for flaw in read_servers({"x": table})[1]]


def test_a_file_says_servers_by_name(tmp_path: Path) -> None:
    file = tmp_path / "penstock.toml"
    file.write_text(
        '[mcp.web]\nurl = "https://mcp.example/mcp"\ntoken_env = "TOKEN"\nheaders = {X-Team = "a"}\ntimeout = "5s"\n'
        '[mcp.files]\ncommand = ["files", "/data"]\nenv = ["TOKEN"]\ntools = ["read", "list"]\nread_only = ["read"]\nidle = "1m"\n'
    )
    files, web = load({}, file).mcp
    assert files == McpServer(
        "files", command=("files", "/data"), env=("TOKEN",), tools=("read", "list"), read_only=("read",), idle_ms=60_000
    )
    assert (web.token_env, web.headers, web.timeout_ms, web.tools) == ("TOKEN", {"x-team": "a"}, 5_000, None)


def test_what_may_be_secret_is_not_shown() -> None:
    (one,), _ = read_servers({"x": STDIO})
    assert one.place == "npx (and 3 more words)"
    (one,), _ = read_servers({"x": WEB})
    assert (one.place, "secret" in repr(one)) == ("https://mcp.example/mcp", False)
    assert read_servers({"x": {"command": ["one"]}})[0][0].place == "one"


@pytest.mark.parametrize(
    ("table", "found"),
    [
        ({}, [("x.command", "")]), (STDIO | WEB, [("x.command", "")]), (STDIO | {"token_env": "T"}, [("x.token_env", "")]),
        (WEB | {"env": ["T"]}, [("x.env", "")]), (WEB | {"token_env": "T", "token_file": "/t"}, [("x.token_file", "")]),
        ({"url": "http://mcp.example/", "token_env": "T"}, [("x.url", "")]), ({"url": "http://127.0.0.1/", "token_env": "T"}, []),
        (STDIO | {"env": ["PENSTOCK_STORE"]}, [("x.env", ["PENSTOCK_STORE"])]), (STDIO | {"env": "PATH"}, [("x.env", "PATH")]),
        (STDIO | {"tools": ["*"]}, [("x.tools", ["*"])]), (STDIO | {"tools": ["a"], "read_only": ["b"]}, [("x.read_only", "b")]),
        (STDIO | {"timeout": "0s"}, [("x.timeout", "0s")]), (STDIO | {"folder": "here"}, [("x.folder", "here")]),
        ({"command": "npx --key=secret"}, [("x.command", "")]), ({"url": "https://u:secret@x"}, [("x.url", "")]),
        (WEB | {"headers": {"Authorization": "secret"}}, [("x.headers", "")]), (WEB | {"token_env": "s3cret"}, [("x.token_env", "")]),
        (STDIO | {"retries": 3}, [("x.retries", "")]),
    ],
    ids=range(18),
)  # fmt: skip
def test_what_is_wrong_is_named_and_no_secret_is_repeated(table: dict[str, Any], found: list[tuple[str, Any]]) -> None:
    assert wrong(**table) == found


@pytest.mark.parametrize("name", ["X", "a b", "a__b", "a.b", "_a", "a" * 33])
def test_names_of_servers(name: str) -> None:
    assert [flaw.message for flaw in read_servers({name: STDIO})[1]] == ["not a name of a server"]


def test_there_are_tables_and_not_too_many_of_them(tmp_path: Path) -> None:
    assert [flaw.message for flaw in read_servers({"x": 7})[1]] == ["a server is a table"]
    assert [flaw.message for flaw in read_servers({f"s{i}": STDIO for i in range(65)})[1]] == ["there are too many servers"]
    file = tmp_path / "penstock.toml"
    file.write_text("[mcp.x]\n")
    with pytest.raises(ConfigInvalid, match=r"mcp\.x\.command: is missing, and so is url"):
        load({}, file)
