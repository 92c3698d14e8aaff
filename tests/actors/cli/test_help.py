from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from actors.cli.main import _COMMANDS, cli

ROOT = Path(__file__).resolve().parents[3]
CLIENT = [sys.executable, str(ROOT / "bin" / "penstock")]


def commands() -> Iterator[tuple[list[str], click.Command]]:
    context = click.Context(cli)
    for name in cli.list_commands(context):
        command = cli.get_command(context, name)
        assert command is not None
        yield [name], command
        if isinstance(command, click.Group):
            yield from (([name, child], command.commands[child]) for child in command.commands)


ALL = list(commands())


@pytest.mark.parametrize(("words", "command"), ALL, ids=[" ".join(words) for words, _ in ALL])
def test_every_command_has_help_and_so_has_every_option(words: list[str], command: click.Command) -> None:
    result = CliRunner().invoke(cli, [*words, "--help"])
    assert result.exit_code == 0
    assert command.help
    assert "\\b" not in result.output, "examples stand as they are written"
    assert [option.name for option in command.params if isinstance(option, click.Option) and not option.help] == []


@pytest.mark.parametrize("name", _COMMANDS)
def test_the_list_of_commands_says_what_the_command_itself_says(name: str) -> None:
    command = cli.get_command(click.Context(cli), name)
    assert command is not None
    assert (command.help or "").split("\n\n")[0] == _COMMANDS[name][1]


def test_listings_offer_json() -> None:
    commands = [(words, command) for words, command in ALL if not isinstance(command, click.Group)]
    without = {" ".join(words) for words, command in commands if not any(option.name == "as_json" for option in command.params)}
    assert without == {"workflow show", "learning draft"}


def run(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*CLIENT, *words], capture_output=True, text=True, timeout=30, cwd=ROOT, env={"PYTHONPATH": str(ROOT)}, check=False
    )


@pytest.mark.parametrize(("words", "heading"), [([], "Gates"), (["workflow"], "Commands")])
def test_a_group_without_a_command_shows_its_help_and_ends_with_usage(words: list[str], heading: str) -> None:
    result = CliRunner().invoke(cli, words)
    assert (result.exit_code, f"\n{heading}:\n" in result.stderr) == (2, True)


def imported_by(*words: str) -> set[str]:
    """The modules that a command line imports, and its exit code as `exit:N`."""
    code = """
import sys
before = set(sys.modules)
from actors.cli.main import cli
try:
    cli.main(sys.argv[1:])
except SystemExit as end:
    print()
    print(f"exit:{end.code}", *set(sys.modules) - before)
"""
    done = subprocess.run([sys.executable, "-c", code, *words], capture_output=True, text=True, timeout=30, cwd=ROOT, check=True)
    return set(done.stdout.splitlines()[-1].split())


HEAVY = {"trio", "cattrs", "rich", "orjson", "sqlite3", "sqlite_utils", "lark", "ruamel.yaml", "storage", "supervision"}


def test_help_of_the_client_imports_no_command_and_nothing_heavy() -> None:
    loaded = imported_by("--help")
    assert "exit:0" in loaded
    assert not loaded & HEAVY
    assert not loaded & {f"actors.cli.{module.split(':')[0]}" for module, _ in _COMMANDS.values()}


def test_a_command_against_a_daemon_imports_neither_trio_nor_the_store() -> None:
    loaded = imported_by("--socket", "/nowhere/s", "pause", "r")
    assert "exit:69" in loaded
    assert not loaded & HEAVY


def test_the_executable_runs_and_ends_with_the_codes_of_the_interface() -> None:
    assert run("--help").stdout.startswith("Usage: penstock")
    assert run("nonsense").returncode == 2
    refused = run("--socket", "/nowhere/s", "tree")
    assert (refused.returncode, refused.stderr.splitlines()[-1]) == (69, "code: no_daemon")
    assert "version" in run("--version").stdout
