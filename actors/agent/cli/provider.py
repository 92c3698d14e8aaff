"""An agent with a command line as one who answers: its task is told to a new process, and what that leaves is the answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from attrs import evolve, field, frozen

from actors.agent.cli.command_line import command_line, options
from actors.agent.cli.process import CliProcess
from actors.agent.cli.transcript import Transcript
from actors.agent.provider.failures import ProviderFailure
from actors.agent.provider.messages import Answer, AssistantTurn, UserText
from actors.agent.thread_events import AgentSessionHeard
from actors.node import failures
from actors.node.environment import build
from actors.node.guardian.ends import Ended, GuardianLost, NotStarted
from actors.node.orders import AgentOrder, CommandOrder

if TYPE_CHECKING:
    from actors.agent.backends import Desk
    from actors.agent.provider.messages import ModelRequest, OnPart, Turn
    from actors.agent.provider.tokens import TokenUsage
    from actors.config.cli_agents import CliAgent
    from actors.node.guardian.ends import End

__all__ = ["CliProvider"]

GO_ON: Final = "You were cut off before you were done. Look at what is there already, and go on. The task again:"
_OF_STEPS: Final = ("PENSTOCK_OUTPUT", "PENSTOCK_USAGE")
"""What steps hand back by files; an agent's answer and its tokens are read from what it writes."""


@frozen(eq=False)
class CliProvider:
    """A Provider for one attempt. `variables` are those of the daemon that the backend names, and show nowhere."""

    name: str
    agent: CliAgent
    desk: Desk
    variables: Mapping[str, str] = field(repr=False)

    async def stream(self, request: ModelRequest, on_part: OnPart) -> Answer:
        """One task from the start of its process until none of its processes is left.

        A session that the agent knows goes on; in its log stands which one, as soon as the agent says it.
        """
        transcript = Transcript(self.agent.dialect, on_part)
        session = self.desk.log.thread.sessions.get(self.name, "") if self.agent.resume else ""
        try:
            return await self._answer(request, transcript, session)
        except ProviderFailure as failure:
            raise failure.at(self.name, failure.partial, self._used(failure.usage, transcript)) from None

    async def _answer(self, request: ModelRequest, transcript: Transcript, session: str) -> Answer:
        prompt = self._prompt(request, session)
        argv = command_line(self.agent, request.model, session, prompt, self._options())
        process = CliProcess(self.desk, transcript, lambda: self._note(transcript), self.variables)
        spoken = prompt if self.agent.prompt == "stdin" else None
        try:
            end = await process.run(argv, self._environment(), spoken, self.agent.after_result_ms)
        except (OSError, ValueError) as error:
            raise ProviderFailure("provider_misconfigured", f"{argv[0]!r} cannot be started: {error}") from error
        if process.failure is not None:
            raise process.failure
        answer = transcript.end(_exit_code(end, argv, self.desk), process.stderr, prompt)
        return evolve(answer, usage=self._used(answer.usage, transcript))

    def _prompt(self, request: ModelRequest, session: str) -> str:
        """What it does not know yet: a session has heard the system prompt before, and perhaps the task."""
        task = "\n\n".join(news(request.turns, knows=bool(session)))
        if session:
            return f"{GO_ON}\n\n{task}" if self.desk.log.thread.tries > 1 else task
        return f"{request.system.strip()}\n\n{task}" if request.system.strip() else task

    def _options(self) -> tuple[str, ...]:
        action = self.desk.order.action
        return options(self.agent, action.max_turns, action.plugin_dirs) if isinstance(action, AgentOrder) else ()

    def _environment(self) -> dict[str, str]:
        env, _ = build(self.desk.order, {**self.desk.tools.base_env, **self.variables}, {}, "", "")
        return {name: value for name, value in env.items() if name not in _OF_STEPS}

    async def _note(self, transcript: Transcript) -> None:
        """Have the session in the log before anything else happens in it: after a crash it is all that is left of the call."""
        thread = self.desk.log.thread
        if transcript.session_id and thread.open_turn is not None and thread.session != transcript.session_id:
            await self.desk.log.append((AgentSessionHeard(thread.open_turn, self.name, transcript.session_id),))

    def _used(self, usage: TokenUsage, transcript: Transcript) -> TokenUsage:
        """What this call has used. Codex counts the whole session up, so what calls before have used in it is taken off."""
        known = self.desk.log.thread.counted.get(transcript.session_id)
        return usage if known is None or usage.estimated or self.agent.dialect != "codex" else usage - known


def news(turns: tuple[Turn, ...], *, knows: bool) -> list[str]:
    """What has to be told: to a session that `knows` the rest, what was said since it answered; else the task, and what people said."""
    answered = max((n for n, turn in enumerate(turns) if isinstance(turn, AssistantTurn)), default=-1)
    found = [turn.text for turn in turns[answered + 1 :] if isinstance(turn, UserText)]
    if knows and found:
        return found
    task = next(turn.text for turn in reversed(turns) if isinstance(turn, UserText) and not turn.aside)
    return [task, *(turn.text for turn in turns if isinstance(turn, UserText) and turn.aside)]


def _exit_code(end: End, argv: tuple[str, ...], desk: Desk) -> int:
    """Of a process that ran and is gone with all below it. Raises ProviderFailure for any other end."""
    match end:
        case Ended(undead=count) if count:
            raise ProviderFailure("provider_agent_unkillable", failures.undead(count).message)
        case Ended(exit_code=code):
            return code
        case NotStarted():
            told = failures.not_started(CommandOrder(argv), end, desk.order.workdir)
            raise ProviderFailure("provider_misconfigured", f"{told.message}; install the agent, or set the backend's command")
        case GuardianLost():
            raise ProviderFailure("provider_agent_failed", failures.lost().message)
