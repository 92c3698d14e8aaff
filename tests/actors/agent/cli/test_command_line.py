"""How agents with a command line are called, and what is kept out of what they write."""

from __future__ import annotations

import pytest
from attrs import evolve

from actors.agent.cli.command_line import LONGEST_ARGUMENT, command_line, options
from actors.agent.provider.messages import ProviderFailure
from actors.config.cli_agents import CLI_KINDS, CliAgent

OWN = CliAgent("plain", ("my-agent", "--model={model}"), resume=("--go-on", "{session}"))


@pytest.mark.parametrize(
    ("kind", "argv"),
    [
        ("claude-cli", "claude -p --output-format stream-json --verbose --model m --permission-mode acceptEdits --resume s"),
        ("codex-cli", "codex exec --json --model m --sandbox workspace-write --skip-git-repo-check resume s -"),
        ("gemini-cli", "gemini --output-format stream-json --model m --approval-mode auto_edit --resume s"),
    ],
)
def test_how_they_are_called(kind: str, argv: str) -> None:
    assert command_line(CLI_KINDS[kind], "m", "s") == tuple(argv.split())
    bare = evolve(CLI_KINDS[kind], command=("npx", "agent"), args=())
    assert command_line(bare, "default")[:2] == ("npx", "agent")
    assert not {"--model", "--resume", "resume", "--sandbox"} & set(command_line(bare, "default"))


def test_any_command_is_called_as_it_is() -> None:
    assert command_line(OWN, "m") == ("my-agent", "--model=m")
    assert command_line(OWN, "m", "s", "do it") == ("my-agent", "--model=m", "--go-on", "s")
    assert command_line(evolve(OWN, prompt="argument"), "m", "s", "do it")[-1] == "do it"
    with pytest.raises(ProviderFailure, match="provider_misconfigured"):
        command_line(evolve(OWN, prompt="argument"), "m", "", "x" * (LONGEST_ARGUMENT + 1))


def test_bounds_and_plugins_are_told_to_who_has_words_for_them() -> None:
    claude = CLI_KINDS["claude-cli"]
    more = options(claude, 3, ("a", "b"))
    assert more == ("--max-turns", "3", "--plugin-dir", "a", "--plugin-dir", "b")
    assert command_line(claude, "m", "s", more=more)[-8:] == (*more, "--resume", "s")
    assert options(claude, None, ()) == options(CLI_KINDS["codex-cli"], 3, ("a",)) == ()


@pytest.mark.parametrize("word", ["--dangerously", "a b", "x" * 300, "a\n"], ids=["option", "blank", "long", "line"])
def test_nothing_that_could_be_an_option_is_taken_for_a_name(word: str) -> None:
    for model, session in ((word, ""), ("m", word)):
        with pytest.raises(ProviderFailure, match="provider_misconfigured"):
            command_line(CLI_KINDS["claude-cli"], model, session)
