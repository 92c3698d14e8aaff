"""Backends that are agents with a command line: which there are, how each is started, and what its table may say. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final, Literal

from attrs import frozen

__all__ = ["CLI_KINDS", "CliAgent", "Dialect", "names_of_variables", "one_of", "with_session", "words"]

Dialect = Literal["claude", "codex", "gemini", "plain"]
"""In what an agent tells what it does: the events of one of the three, or any text, which is its answer."""

MOST_WORDS: Final = 64
LONGEST: Final = 4_096
MODEL: Final = ("--model", "{model}")
_VARIABLE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,127}")


@frozen
class CliAgent:
    """How an agent is started, word by word in the order of the fields; `{model}` and `{session}` stand for those of the task.

    `turns` bound how often it asks its model (`{max_turns}`), `plugins` name each folder of plugins (`{plugin_dir}`); none: it takes none.
    `fixed` make it talk to us, `chosen` name its model, `args` say what it may do, `resume` go on with a session, `last` stand at the end.
    `prompt`: where the task goes, `stdin` or `argument`. `env`: the variables of the daemon that it gets beside those of all processes.
    `after_result_ms`: how long it may go on once it has said that it is done.
    """

    dialect: Dialect
    command: tuple[str, ...] = ()
    fixed: tuple[str, ...] = ()
    chosen: tuple[str, ...] = ()
    args: tuple[str, ...] = ()
    resume: tuple[str, ...] = ()
    last: tuple[str, ...] = ()
    prompt: str = "stdin"
    env: tuple[str, ...] = ()
    after_result_ms: int = 30_000
    turns: tuple[str, ...] = ()
    plugins: tuple[str, ...] = ()


CLI_KINDS: Final = {
    "claude-cli": CliAgent(
        "claude", ("claude",), ("-p", "--output-format", "stream-json", "--verbose"), MODEL, ("--permission-mode", "acceptEdits"),
        ("--resume", "{session}"), turns=("--max-turns", "{max_turns}"), plugins=("--plugin-dir", "{plugin_dir}"),
    ),
    "codex-cli": CliAgent(
        "codex", ("codex",), ("exec", "--json"), MODEL, ("--sandbox", "workspace-write", "--skip-git-repo-check"),
        ("resume", "{session}"), ("-",),
    ),
    "gemini-cli": CliAgent(
        "gemini", ("gemini",), ("--output-format", "stream-json"), MODEL, ("--approval-mode", "auto_edit"), ("--resume", "{session}"),
    ),
    "command": CliAgent("plain"),
}  # fmt: skip
"""The kinds with what holds where their table says nothing: each may change files in its working folder, and no more."""


def words(raw: object, *, least: int) -> tuple[str, ...] | None:
    """A list of words, None where it is none."""
    if not isinstance(raw, list) or not least <= len(raw) <= MOST_WORDS:
        return None
    fine = all(isinstance(word, str) and 0 < len(word) <= LONGEST and "\0" not in word for word in raw)
    return tuple(raw) if fine else None


def with_session(found: tuple[str, ...] | None, of: str = "{session}") -> tuple[str, ...] | None:
    """The words that go on with a session, or say something else `of` the task; None where they do not name it."""
    return found if found is not None and any(of in word for word in found) else None


def names_of_variables(raw: object) -> tuple[str, ...] | None:
    """A list of names of variables, none of them ours; None where it is none."""
    found = words(raw, least=0)
    fine = found is not None and all(_VARIABLE.fullmatch(name) and not name.startswith("PENSTOCK_") for name in found)
    return found if fine else None


def one_of(*allowed: str) -> Callable[[object], Any]:
    """Reads one of these words."""
    return lambda raw: raw if isinstance(raw, str) and raw in allowed else None
