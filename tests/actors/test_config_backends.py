"""`[backends.NAME]`: what a backend may be, and every mistake by its place."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from actors.config import Config, ConfigInvalid, load
from actors.config.backends import DEFAULTS, KEYS, MOST, Backend, read_backends
from actors.config.cli_agents import CLI_KINDS, CliAgent
from tests.architecture.sources import ROOT

WHOLE = """
[backends.local]
kind = "openai"
base_url = "http://127.0.0.1:11434/v1/"
headers = {X-Team = "blue"}
connect = "2s"
first_byte = "5m"
idle = "1m"
total = "20m"

[backends.anthropic]
key_file = "/run/secrets/anthropic"

[backends.openai]
idle = "10s"
"""


def _read(table: Any, name: str = "b") -> tuple[Backend, list[str]]:
    found, flaws = read_backends({name: table})
    return {one.name: one for one in found}[name], [flaw.key for flaw in flaws]


def test_two_are_there_without_being_named() -> None:
    assert Config().backends == DEFAULTS
    assert [(one.name, one.kind, one.key_env) for one in DEFAULTS] == [
        ("openai", "openai", "OPENAI_API_KEY"), ("anthropic", "anthropic", "ANTHROPIC_API_KEY"),
    ]  # fmt: skip


def test_the_file_adds_to_them_and_changes_them(tmp_path: Path) -> None:
    file = tmp_path / "penstock.toml"
    file.write_text(WHOLE)
    anthropic, local, openai = load({}, file).backends
    assert local == Backend(
        "local", "openai", "http://127.0.0.1:11434/v1", None, None, {"x-team": "blue"}, 2_000, 300_000, 60_000, 1_200_000
    )
    assert (anthropic.kind, anthropic.base_url) == ("anthropic", "https://api.anthropic.com")
    assert (anthropic.key_env, anthropic.key_file) == (None, "/run/secrets/anthropic")
    assert (openai.key_env, openai.idle_ms) == ("OPENAI_API_KEY", 10_000)
    assert "blue" not in repr(local)


def test_the_services_own_key_is_not_sent_to_another_address() -> None:
    backend, flaws = _read({"base_url": "https://proxy.example/v1"}, "openai")
    assert (backend.key_env, flaws) == (None, [])


def test_all_mistakes_are_reported_with_their_places(tmp_path: Path) -> None:
    file = tmp_path / "penstock.toml"
    file.write_text('[backends.a]\nbase_url = "ftp://x"\ncolour = "red"\n[backends]\nB = {}\nc = 3\n')
    with pytest.raises(ConfigInvalid) as caught:
        load({}, file)
    assert {problem.key for problem in caught.value.problems} == {
        "backends.a.base_url", "backends.a.colour", "backends.B", "backends.c",
    }  # fmt: skip
    assert {problem.origin for problem in caught.value.problems} == {str(file)}


@pytest.mark.parametrize(
    "table",
    [
        {"headers": {"X-Key": "sk_canary\n"}},
        {"key_env": "sk_canary"},
        {"key": "sk_canary"},
        {"kind": "claude-cli", "env": ["sk-canary"]},
        {"base_url": "https://u:sk_canary@x"},
    ],
    ids=["header", "variable", "unknown", "agent", "password"],
)
def test_a_mistake_does_not_tell_a_key(table: dict[str, Any]) -> None:
    _, flaws = read_backends({"b": {**({} if "kind" in table else {"base_url": "https://x"}), **table}})
    assert len(flaws) == 1
    assert "canary" not in repr(flaws)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("kind", "mistral"),
        ("kind", 1),
        ("base_url", 7),
        ("base_url", "https://"),
        ("base_url", "https://user:pass@x"),
        ("base_url", "https://x/?a=b"),
        ("base_url", "https://x/#a"),
        ("base_url", "https://x:0"),
        ("base_url", "https://[x"),
        ("base_url", "https://a b"),
        ("base_url", "https://é"),
        ("base_url", "https://" + "x" * 2_000),
        ("key_env", "A-B"),
        ("key_env", 1),
        ("key_file", "relative"),
        ("headers", "x"),
        ("headers", {"a b": "c"}),
        ("headers", {"Authorization": "c"}),
        ("headers", {"a": 1}),
        ("headers", {"a": "é"}),
        ("headers", {f"h{i}": "x" for i in range(33)}),
        ("connect", "soon"),
        ("idle", "0s"),
        ("total", "2d"),
    ],
    ids=lambda value: str(value)[:24] if not isinstance(value, dict) else "table",
)
def test_what_is_not_allowed_is_refused_by_its_key(key: str, value: object) -> None:
    _, flaws = _read({"base_url": "https://x", key: value})
    assert flaws == [f"b.{key}"]


def test_an_address_is_needed_where_none_is_known() -> None:
    assert _read({})[1] == ["b.base_url"]


@pytest.mark.parametrize("url", ["http://127.0.0.1:8080", "http://localhost/v1", "http://[::1]:1", "https://models.example"])
def test_a_key_goes_to_this_machine_or_encrypted(url: str) -> None:
    assert _read({"base_url": url, "key_env": "K"})[1] == []


@pytest.mark.parametrize("url", ["http://models.example", "http://127.0.0.1.models.example", "http://10.0.0.7"])
def test_a_key_goes_nowhere_else(url: str) -> None:
    assert _read({"base_url": url, "key_env": "K"})[1] == ["b.base_url"]
    assert _read({"base_url": url})[1] == []


def test_a_key_has_one_place() -> None:
    assert _read({"base_url": "https://x", "key_env": "K", "key_file": "/k"})[1] == ["b.key_file"]


def test_there_is_a_most() -> None:
    found, flaws = read_backends({f"b{i}": {} for i in range(MOST + 1)})
    assert (found, len(flaws)) == (DEFAULTS, 1)


def test_every_key_stands_in_the_document() -> None:
    text = (ROOT / "docs" / "configuration.md").read_text()
    assert [key for key in KEYS if f"| `{key}` |" not in text.partition("## Backends")[2]] == []


AGENTS = """
[backends.claude]
kind = "claude-cli"
env = ["ANTHROPIC_API_KEY"]
after_result = "5s"

[backends.careful]
kind = "codex-cli"
command = ["npx", "codex"]
args = []

[backends.helper]
kind = "command"
command = ["my-agent", "{model}"]
output = "stream-json"
resume = ["--go-on={session}"]
prompt = "argument"

[backends.plain]
kind = "command"
command = ["my-agent"]
"""


def test_agents_with_a_command_line_have_what_their_kind_has(tmp_path: Path) -> None:
    file = tmp_path / "penstock.toml"
    file.write_text(AGENTS)
    found = {one.name: one.cli for one in load({}, file).backends}
    usual = CLI_KINDS["claude-cli"]
    assert found["claude"] == evolve(usual, env=("ANTHROPIC_API_KEY",), after_result_ms=5_000)
    assert found["careful"] == evolve(CLI_KINDS["codex-cli"], command=("npx", "codex"), args=())
    assert found["helper"] == CliAgent("claude", ("my-agent", "{model}"), resume=("--go-on={session}",), prompt="argument")
    assert (found["plain"], found["openai"]) == (CliAgent("plain", ("my-agent",)), None)


@pytest.mark.parametrize(
    ("table", "flaw"),
    [
        ({"kind": "command"}, "b.command"),
        ({"kind": "command", "command": []}, "b.command"),
        ({"kind": "claude-cli", "command": "claude"}, "b.command"),
        ({"kind": "claude-cli", "command": ["a\0"]}, "b.command"),
        ({"kind": "claude-cli", "args": [1]}, "b.args"),
        ({"kind": "claude-cli", "args": ["x"] * 65}, "b.args"),
        ({"kind": "claude-cli", "env": ["PENSTOCK_STORE"]}, "b.env"),
        ({"kind": "claude-cli", "env": ["A-B"]}, "b.env"),
        ({"kind": "claude-cli", "env": "KEY"}, "b.env"),
        ({"kind": "claude-cli", "after_result": "0s"}, "b.after_result"),
        ({"kind": "claude-cli", "base_url": "https://x"}, "b.base_url"),
        ({"kind": "claude-cli", "prompt": "stdin"}, "b.prompt"),
        ({"kind": "command", "command": ["x"], "prompt": "file"}, "b.prompt"),
        ({"kind": "command", "command": ["x"], "output": "xml"}, "b.output"),
        ({"kind": "command", "command": ["x"], "output": "stream-json", "resume": ["--go-on"]}, "b.resume"),
        ({"kind": "command", "command": ["x"], "output": "stream-json", "resume": []}, "b.resume"),
        ({"kind": "command", "command": ["x"], "resume": ["{session}"]}, "b.resume"),
        ({"kind": "openai", "base_url": "https://x", "args": []}, "b.args"),
        ({"kind": [], "base_url": "https://x"}, "b.kind"),
    ],
    ids=[
        "no_command", "empty", "text", "nul", "number", "many", "ours", "name", "no_list", "none", "address", "known", "place", "form",
        "nowhere", "nothing", "no_session", "of_an_agent", "list",
    ],
)  # fmt: skip
def test_what_an_agent_cannot_have_is_refused_by_its_key(table: dict[str, Any], flaw: str) -> None:
    flaws = read_backends({"b": table})[1]
    assert [one.key for one in flaws] == [flaw]
