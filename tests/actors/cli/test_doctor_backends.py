"""What the doctor says of the backends."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from actors.cli import checks_backends, probe
from actors.cli.checks_backends import look_at_backends, look_at_services
from actors.cli.link import Link
from tests.actors.cli.conftest import Penstock


@pytest.fixture
def bin_(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for programs, first on PATH."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    for name in ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "A_KEY"):
        monkeypatch.delenv(name, raising=False)
    return folder


def program(folder: Path, name: str, text: str) -> None:
    (folder / name).write_text(f"#!/bin/sh\n{text}\n")
    (folder / name).chmod(0o755)


def written(folder: Path, text: str) -> Link:
    (folder / "penstock.toml").write_text(text)
    return Link(data=str(folder / "data"), socket=str(folder / "s"), config=str(folder / "penstock.toml"))


def test_agents_are_looked_for_and_asked_for_their_version(bin_: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(bin_, "claude", 'echo "2.1.0 (Claude Code) $*"; echo more')
    program(bin_, "codex", "echo no >&2; exit 3")
    program(bin_, "own", f"touch {tmp_path}/started")
    link = written(
        tmp_path,
        """
[backends.a-claude]
kind = "claude-cli"
[backends.b-keyed]
kind = "claude-cli"
env = ["A_KEY"]
[backends.c-broken]
kind = "codex-cli"
[backends.d-missing]
kind = "gemini-cli"
command = ["gemini-of-nobody"]
[backends.e-own]
kind = "command"
command = ["own"]
""",
    )
    found = {text.partition(":")[0]: (level, text, advice) for level, text, advice in look_at_backends(link)}
    assert found["a-claude"] == ("ok", f"a-claude: {bin_}/claude, 2.1.0 (Claude Code) --version", "")
    assert (found["b-keyed"][0], "not set here: A_KEY" in found["b-keyed"][1]) == ("warn", True)
    assert (found["c-broken"][0], found["c-broken"][2]) == ("fail", "try it: codex --version")
    assert (found["d-missing"][0], "there is no program 'gemini-of-nobody'" in found["d-missing"][1]) == ("fail", True)
    assert found["e-own"] == ("ok", f"e-own: {bin_}/own", "")
    assert not (tmp_path / "started").exists()  # nobody knows what it would do
    program(bin_, "codex", "exec sleep 60")
    monkeypatch.setattr(probe, "_PATIENCE", 0.3)
    [late] = [text for _, text, _ in look_at_backends(link) if text.startswith("c-broken")]
    assert late.endswith("it did not say its version within 0.3 s")


def test_services_have_their_keys_where_they_should_be(bin_: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, mode in (("good", 0o600), ("open", 0o666)):
        (tmp_path / name).write_text("k")
        (tmp_path / name).chmod(mode)
    rest = "".join(
        f'[backends.{name}]\nbase_url = "https://x.example"\n{key}\n'
        for name, key in {
            "b-bare": "", "c-unset": 'key_env = "A_KEY"', "d-good": f'key_file = "{tmp_path}/good"',
            "e-open": f'key_file = "{tmp_path}/open"', "f-gone": f'key_file = "{tmp_path}/gone"', "g-folder": f'key_file = "{tmp_path}"',
        }.items()
    )  # fmt: skip
    monkeypatch.setenv("OPENAI_API_KEY", "k")
    found = {text.partition(":")[0]: (level, text) for level, text, _ in look_at_backends(written(tmp_path, rest))}
    assert {name: level for name, (level, _) in found.items()} == {
        "anthropic": "ok", "b-bare": "ok", "c-unset": "warn", "d-good": "ok", "e-open": "warn", "f-gone": "warn", "g-folder": "warn",
        "openai": "ok",
    }  # fmt: skip
    for name, words in {"anthropic": "not in use", "openai": "in OPENAI_API_KEY", "e-open": "chmod 600", "f-gone": "No such file"}.items():
        assert words in found[name][1]


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """Takes connections, and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server


def test_services_are_connected_to_only_where_that_is_asked_for(
    bin_: Path, tmp_path: Path, listener: socket.socket, alone: Penstock, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = listener.getsockname()[1]
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        urls = {"a": f"http://127.0.0.1:{port}", "b": f"http://127.0.0.1:{nobody.getsockname()[1]}", "c": f"https://127.0.0.1:{port}"}
        (tmp_path / "penstock.toml").write_text("".join(f'[backends.{name}]\nbase_url = "{url}"\n' for name, url in urls.items()))
        monkeypatch.setattr(checks_backends, "PATIENCE", 1.0)
        assert "services" not in {row["check"] for row in json.loads(alone("doctor", "--json").output)}
        result = alone("doctor", "--backends", "--json")
    a, b, c = [row for row in json.loads(result.output) if row["check"] == "services"]
    assert (a["level"], f"127.0.0.1:{port} answers, in" in a["text"]) == ("ok", True)
    assert (b["level"], "cannot be reached: " in b["text"], "[backends.b] base_url" in b["advice"]) == ("fail", True, True)
    assert (c["level"], c["text"].endswith("nothing answered within 1 s"), result.exit_code) == ("fail", True, 1)


def test_a_service_that_hangs_up_is_not_reached(bin_: Path, tmp_path: Path, listener: socket.socket) -> None:
    def hang_up() -> None:
        listener.accept()[0].close()

    thread = threading.Thread(target=hang_up)
    thread.start()
    link = written(tmp_path, f'[backends.a]\nbase_url = "https://127.0.0.1:{listener.getsockname()[1]}"\n')
    [(level, _, _)] = look_at_services(link)
    thread.join(5)
    assert level == "fail"


def test_without_services_or_with_wrong_settings_there_is_nothing_to_reach(bin_: Path, tmp_path: Path) -> None:
    assert look_at_services(written(tmp_path, "")) == [("ok", "no service is in use", "")]
    assert look_at_backends(written(tmp_path, "[nodes]\nkill_grace = 'x'\n")) == []
