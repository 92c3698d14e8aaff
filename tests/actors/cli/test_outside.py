"""The hook and the resolvers on the command line: one test message, and what the doctor says of both."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from actors.cli.checks_outside import look_at_hook, look_at_resolvers
from actors.cli.link import Link
from tests.actors.cli.conftest import Daemon, Penstock
from tests.actors.cli.world import World

TOOK = {"way": "command", "ok": True, "took_ms": 12}
REFUSED = {"way": "url", "ok": False, "code": "http_refused", "message": "it answered 500", "took_ms": 7}


@pytest.mark.parametrize(
    ("ways", "code", "said"),
    [
        ([TOOK], 0, ["notify.command: took it (12 ms)"]),
        ([TOOK, REFUSED], 1, ["notify.command: took it (12 ms)", "notify.url: did not take it: http_refused: it answered 500 (7 ms)"]),
    ],
    ids=["taken", "refused"],
)
def test_a_test_message(world: World, penstock: Penstock, ways: list[dict[str, Any]], code: int, said: list[str]) -> None:
    world.runtime.answers["notify_test"] = {"id": "test:1", "ways": ways}
    result = penstock("notify", "test")
    assert (result.exit_code, result.output.splitlines()) == (code, said)
    result = penstock("notify", "test", "--json")
    assert (result.exit_code, json.loads(result.output)["ways"]) == (code, ways)


def written(folder: Path, text: str) -> Link:
    (folder / "penstock.toml").write_text(text)
    return Link(data=str(folder / "data"), socket=str(folder / "s"), config=str(folder / "penstock.toml"))


def test_without_a_hook_and_resolvers_there_is_nothing_to_do(tmp_path: Path) -> None:
    link = written(tmp_path, "")
    assert [(level, advice) for level, _, advice in look_at_hook(link) + look_at_resolvers(link)] == [("ok", ""), ("ok", "")]


def test_settings_that_are_wrong_are_said_elsewhere(tmp_path: Path) -> None:
    link = written(tmp_path, "[notify]\nurl = 5\n")
    assert look_at_hook(link) + look_at_resolvers(link) == []


def test_programs_and_secrets_are_looked_for(tmp_path: Path) -> None:
    for name, mode in (("good", 0o600), ("open", 0o644)):
        (tmp_path / name).write_text("s3cret")
        (tmp_path / name).chmod(mode)
    link = written(tmp_path, f"""
[notify]
command = ["{sys.executable}", "x"]
url = "https://hook.example/"
key_file = "{tmp_path}/open"
[gates.resolvers]
pr_checks = ["no-such-program"]
pr_approval = "forge:https://api.forge.example"
[gates.tokens]
default = "file:{tmp_path}/good"
other = "file:{tmp_path}/absent"
env = "env:TOKEN"
""")  # fmt: skip
    hook, resolvers = look_at_hook(link), look_at_resolvers(link)
    assert [level for level, _, _ in hook] == ["ok", "warn"]
    assert [level for level, _, _ in resolvers] == ["fail", "ok", "ok", "fail"]
    assert all(advice for level, _, advice in hook + resolvers if level != "ok")
    assert "s3cret" not in str(hook + resolvers)


@pytest.mark.parametrize(
    ("told", "level", "word"),
    [
        ({}, "ok", "none yet"),
        ({"sent": 3}, "ok", "3 sent"),
        ({"queued": 1, "sent": 3, "failing": "http_refused"}, "warn", "http_refused"),
        ({"given_up": 2}, "warn", "2 given up"),
    ],
    ids=["none", "sent", "failing", "given-up"],
)
def test_what_the_daemon_has_met_with_is_told(
    world: World, daemon: Daemon, tmp_path: Path, told: dict[str, Any], level: str, word: str
) -> None:
    world.runtime.answers["system_info"] = {"version": "9.9", "pid": 4} | ({"notifications": told} if told else {})
    (tmp_path / "penstock.toml").write_text(f'[notify]\ncommand = ["{sys.executable}"]\n')
    found = look_at_hook(Link(socket=daemon.socket, config=str(tmp_path / "penstock.toml")))
    assert (found[-1][0], word in found[-1][1]) == (level, True)
