"""How an agent with a command line is called. What it may do unasked is decided by `args` of its backend and its own settings. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from actors.agent.cli.names import sound
from actors.agent.provider.failures import ProviderFailure

if TYPE_CHECKING:
    from actors.config.cli_agents import CliAgent

__all__ = ["LONGEST_ARGUMENT", "USUAL", "command_line", "options"]

USUAL: Final = "default"
"""The model's name for the one that the agent takes by itself."""
LONGEST_ARGUMENT: Final = 128 * 1024 - 1
"""Bytes: what Linux takes as one argument of a process."""


def options(agent: CliAgent, max_turns: int | None, plugin_dirs: tuple[str, ...]) -> tuple[str, ...]:
    """What a node says of its task beyond the prompt, in the agent's own words; nothing for an agent that has none for it."""
    turns = agent.turns if max_turns is not None else ()
    plugins = (word.replace("{plugin_dir}", folder) for folder in plugin_dirs for word in agent.plugins)
    return *(word.replace("{max_turns}", str(max_turns)) for word in turns), *plugins


def command_line(agent: CliAgent, model: str, session_id: str = "", prompt: str = "", more: tuple[str, ...] = ()) -> tuple[str, ...]:
    """The argv of one task. `session_id` "" begins anew. `prompt` is of use where it is an argument; `more` is what `options` says.

    Raises ProviderFailure `provider_misconfigured` for a model or session that could be taken for an option, and for a prompt that is
    longer than an argument may be.
    """
    for what, word in (("model", model), ("session", session_id)):
        if word and not sound(word):
            raise ProviderFailure("provider_misconfigured", f"{word[:80]!r} is no name of a {what}: letters, digits and . _ : / @ + - are")
    chosen = agent.chosen if model != USUAL else ()
    resume = agent.resume if session_id else ()
    first, last = (*agent.command, *agent.fixed, *chosen, *agent.args), (*resume, *agent.last)
    filled = [[word.replace("{model}", model).replace("{session}", session_id) for word in words] for words in (first, last)]
    return (*filled[0], *more, *filled[1], *_argument(agent, prompt))


def _argument(agent: CliAgent, prompt: str) -> tuple[str, ...]:
    if agent.prompt == "stdin":
        return ()
    if len(prompt.encode()) > LONGEST_ARGUMENT:
        message = f"the task is longer than the {LONGEST_ARGUMENT} bytes that an argument may have; set the backend's prompt to stdin"
        raise ProviderFailure("provider_misconfigured", message)
    return (prompt,)
