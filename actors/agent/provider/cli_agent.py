"""Agents with a command line of their own: how they are called, and what their output comes to. Pure; processes belong to the guardian.

Such an agent is told its task once, on its standard input, and works with tools of its own until it is done.
"""

from __future__ import annotations

import re
from typing import Final, Literal

from attrs import Factory, define, field, frozen

from actors.agent.provider.border import clean_text, decode, excerpt
from actors.agent.provider.cli_events import READERS, Progress
from actors.agent.provider.failures import ProviderFailure
from actors.agent.provider.messages import Answer, OnPart
from actors.agent.provider.tokens import TokenUsage
from storage.strict_json import BadJson

__all__ = ["COMMANDS", "MOST_OUTPUT", "CliEnd", "CliKind", "CliTranscript", "command_line"]

CliKind = Literal["claude", "codex", "gemini", "plain"]
COMMANDS: Final[dict[CliKind, tuple[str, ...]]] = {"claude": ("claude",), "codex": ("codex",), "gemini": ("gemini",), "plain": ()}
MOST_OUTPUT: Final = 64 * 1024 * 1024
"""Bytes of standard output that are read in all."""
_MOST_LINE = 8 * 1024 * 1024
_WORD: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/@+-]{0,199}")
_EXITS: Final[dict[str, dict[int, str]]] = {
    "gemini": {41: "provider_unauthorized", 42: "provider_rejected", 52: "provider_misconfigured"},
}
_WORDS: Final = (
    ("provider_quota_exhausted", ("credit balance", "insufficient_quota", "billing")),
    ("provider_unauthorized", ("invalid api key", "authentication", "unauthorized", "not logged in", "/login")),
    ("provider_rate_limited", ("rate limit", "rate_limit", "too many requests", "usage limit", "429")),
    ("provider_overloaded", ("overloaded", "529", "503", "at capacity")),
)
"""What an agent's own words tell; the first that is found counts."""


@frozen
class CliEnd:
    """A task that was done. `cost_usd` None: the agent does not say. `session_id` resumes the conversation, "" where none can be."""

    answer: Answer
    session_id: str = ""
    cost_usd: float | None = None
    tool_calls: int = 0


def command_line(
    kind: CliKind, command: tuple[str, ...] = (), *, model: str = "", session_id: str = "", more: tuple[str, ...] = ()
) -> tuple[str, ...]:
    """The argv of a task that comes on standard input. `command` stands for the agent's own name, `more` are options from the persona.

    What an agent may do unasked is decided by `more` and its own settings: none of its permissions is given here. Raises ProviderFailure
    `provider_misconfigured` for a model or session that could be taken for an option, and for a plain agent without a command.
    """
    for what, word in (("model", model), ("session", session_id)):
        if word and not _WORD.fullmatch(word):
            raise ProviderFailure("provider_misconfigured", f"{word[:80]!r} is no name of a {what}: letters, digits and . _ : / @ + - are")
    argv = command or COMMANDS[kind]
    chosen = ("--model", model) if model else ()
    match kind:
        case "claude":
            resumed = ("--resume", session_id) if session_id else ()
            return (*argv, "-p", "--output-format", "stream-json", "--verbose", *chosen, *resumed, *more)
        case "codex":
            resumed = ("resume", session_id) if session_id else ()
            return (*argv, "exec", "--json", *chosen, *more, *resumed, "-")
        case "gemini":
            resumed = ("--resume", session_id) if session_id else ()
            return (*argv, "--output-format", "stream-json", *chosen, *resumed, *more)
        case _ if argv:
            return (*argv, *more)
        case _:
            raise ProviderFailure("provider_misconfigured", "a plain agent has no command of its own: name one")


@define
class CliTranscript:
    """Takes standard output as it comes, and judges it when the process is over."""

    kind: CliKind
    on_part: OnPart
    _progress: Progress = field(init=False)
    _rest: bytearray = Factory(bytearray)
    _size: int = 0

    def __attrs_post_init__(self) -> None:
        self._progress = Progress(self.on_part)

    @property
    def text(self) -> str:
        """The last thing that was said."""
        return self._progress.text

    def feed(self, piece: bytes) -> None:
        """The next bytes. Raises ProviderFailure `provider_too_large`. A line that is no JSON object is for people, and passed over."""
        self._size += len(piece)
        self._rest += piece
        if self._size > MOST_OUTPUT or (self.kind != "plain" and len(self._rest) > _MOST_LINE + len(piece)):
            raise ProviderFailure("provider_too_large", f"the agent wrote more than is read: {MOST_OUTPUT} bytes, {_MOST_LINE} on one line")
        if self.kind == "plain":
            return
        *lines, rest = self._rest.split(b"\n")
        self._rest = rest
        for line in lines:
            self._line(bytes(line))

    def _line(self, line: bytes) -> None:
        try:
            data = decode(line)
        except BadJson:
            return
        if isinstance(data, dict):
            READERS[self.kind](self._progress, data)

    def end(self, exit_code: int, stderr: str, asked: str = "") -> CliEnd:
        """After the last byte. `asked` is the task, for an estimate where nothing was counted. Raises ProviderFailure."""
        found = self._progress
        if self.kind == "plain":
            found.say(clean_text(self._rest.decode("utf-8", "replace")).removesuffix("\n"))
            found.ended = exit_code == 0
        else:
            self._line(bytes(self._rest))
        usage = found.usage or TokenUsage(len(asked) // 4 + 1, len(found.text) // 4 + 1, estimated=True)
        if not found.ended or found.trouble:
            raise self._failure(exit_code, stderr, usage)
        return CliEnd(Answer(found.text, usage=usage, model=found.model), found.session_id, found.cost_usd, len(found.tools))

    def _failure(self, exit_code: int, stderr: str, usage: TokenUsage) -> ProviderFailure:
        last = next((line for line in reversed(stderr.splitlines()) if line.strip()), "")
        why = self._progress.trouble or excerpt(last)
        if exit_code == 0 and not self._progress.trouble:
            return ProviderFailure("provider_truncated", "the agent ended without saying that it was done", partial=self.text, usage=usage)
        told = next((code for code, words in _WORDS if any(word in why.lower() for word in words)), "provider_agent_failed")
        code = _EXITS.get(self.kind, {}).get(exit_code, told)
        message = f"the agent {self.kind} gave up (exit code {exit_code})" + (f": {why}" if why else "; it wrote nothing to stderr")
        return ProviderFailure(code, message, partial=self.text, usage=usage)
