"""What an agent with a command line writes, from its first byte to what that comes to. Pure; its process is another's."""

from __future__ import annotations

from typing import Final

from attrs import Factory, define, evolve, field

from actors.agent.cli.events import READERS, Progress
from actors.agent.cli.names import sound
from actors.agent.provider.border import clean_text, decode, excerpt
from actors.agent.provider.failures import ProviderFailure
from actors.agent.provider.messages import Answer, AtWork, OnPart
from actors.agent.provider.tokens import TokenUsage
from actors.config.cli_agents import Dialect
from storage.strict_json import BadJson

__all__ = ["MOST_LINE", "MOST_OUTPUT", "MOST_PLAIN", "Transcript"]

MOST_OUTPUT: Final = 256 * 1024 * 1024
"""Bytes of standard output that are read in all."""
MOST_PLAIN: Final = 16 * 1024 * 1024
"""Bytes of an answer that is the whole output."""
MOST_LINE: Final = 8 * 1024 * 1024
"""Bytes of one line; a longer one is passed over."""
_CHARACTERS_PER_TOKEN: Final = 4
_EXITS: Final[dict[str, dict[int, str]]] = {
    "gemini": {41: "provider_unauthorized", 42: "provider_rejected", 52: "provider_misconfigured"},
}
_WORDS: Final = (
    ("provider_quota_exhausted", ("credit balance", "insufficient_quota", "billing")),
    ("provider_unauthorized", ("invalid api key", "authentication", "unauthorized", "not logged in", "/login")),
    ("provider_rate_limited", ("rate limit", "rate_limit", "too many requests", "usage limit", "hit your limit", "429")),
    ("provider_overloaded", ("overloaded", "529", "503", "at capacity")),
)
"""What an agent's own words tell; the first that is found counts."""


@define
class Transcript:
    """Takes standard output as it comes, and judges it when the process is over."""

    dialect: Dialect
    on_part: OnPart
    _progress: Progress = field(init=False)
    _rest: bytearray = Factory(bytearray)
    _size: int = 0
    _skips: bool = False

    def __attrs_post_init__(self) -> None:
        self._progress = Progress(self.on_part)

    @property
    def text(self) -> str:
        """The last thing that was said."""
        return self._progress.text

    @property
    def session_id(self) -> str:
        """What resumes the conversation, "" where nothing does."""
        return self._progress.session_id if sound(self._progress.session_id) else ""

    @property
    def over(self) -> bool:
        """Whether it has said that it is done: nothing more is to be expected but its end."""
        return self._progress.over

    def hear(self) -> None:
        """It wrote something for people: it is alive."""
        self.on_part(AtWork())

    def feed(self, piece: bytes) -> None:
        """The next bytes. Raises ProviderFailure `provider_too_large`. A line that is no JSON object is for people, and passed over."""
        self._size += len(piece)
        most = MOST_PLAIN if self.dialect == "plain" else MOST_OUTPUT
        if self._size > most:
            raise ProviderFailure("provider_too_large", f"the agent wrote more than the {most} bytes that are read")
        self.hear()
        if self.dialect == "plain" or b"\n" not in piece:
            self._keep(piece)
            return
        first, *lines, rest = piece.split(b"\n")
        self._keep(first)
        self._end_line()
        for line in lines:
            self._line(line)
        self._keep(rest)

    def _keep(self, piece: bytes) -> None:
        if self.dialect != "plain" and len(self._rest) + len(piece) > MOST_LINE:
            self._skips = True
        if self._skips:
            self._rest.clear()
        else:
            self._rest += piece

    def _end_line(self) -> None:
        line, self._rest, self._skips = bytes(self._rest), bytearray(), False
        self._line(line)

    def _line(self, line: bytes) -> None:
        try:
            data = decode(line)
        except BadJson:
            return
        if isinstance(data, dict):
            READERS[self.dialect](self._progress, data)

    def end(self, exit_code: int, stderr: str, asked: str = "") -> Answer:
        """What it answers, after the last byte. `asked` is the task, for an estimate where nothing was counted. Raises ProviderFailure."""
        found = self._progress
        if self.dialect == "plain":
            found.say(clean_text(self._rest.decode("utf-8", "replace")).removesuffix("\n"))
            found.ended = exit_code == 0
        else:
            self._end_line()
        guess = TokenUsage(len(asked) // _CHARACTERS_PER_TOKEN + 1, len(found.text) // _CHARACTERS_PER_TOKEN + 1, estimated=True)
        usage = evolve(found.usage or guess, cost_usd=found.cost_usd, tool_calls=len(found.tools))
        if not found.ended or found.trouble:
            raise self._failure(exit_code, stderr, usage)
        return Answer(found.text, usage=usage, request_id=self.session_id, model=found.model)

    def _failure(self, exit_code: int, stderr: str, usage: TokenUsage) -> ProviderFailure:
        last = next((line for line in reversed(stderr.splitlines()) if line.strip()), "")
        why = self._progress.trouble or excerpt(last)
        if exit_code == 0 and not self._progress.trouble:
            return ProviderFailure("provider_truncated", "the agent ended without saying that it was done", partial=self.text, usage=usage)
        told = next((code for code, words in _WORDS if any(word in why.lower() for word in words)), "provider_agent_failed")
        code = _EXITS.get(self.dialect, {}).get(exit_code, told)
        ending = f"exit code {exit_code}" if exit_code >= 0 else f"killed by signal {-exit_code}"
        message = f"the agent gave up ({ending})" + (f": {why}" if why else "; it wrote nothing to stderr")
        return ProviderFailure(code, message, partial=self.text, usage=usage)
