"""A command that a model has chosen: words without a shell, run in the working folder under the guardian, in a sandbox or not at all."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

import trio
from attrs import frozen

from actors.agent.provider.messages import ToolCall, ToolSpec
from actors.agent.tools.excerpt import Excerpt
from actors.agent.tools.filter_file import lay
from actors.agent.tools.sandbox import PROGRAM, Private, sandboxed
from actors.agent.tools.source import Said, State
from actors.agent.tools.words import shape, text
from actors.node.guardian.ends import End, GuardianLost, NotStarted
from actors.node.guardian.watching import memory_file, watch

if TYPE_CHECKING:
    from actors.node.tools import Tools

__all__ = ["SPECS", "Command", "Place", "Sandbox", "told"]

USUAL_S: Final = 120
LONGEST_S: Final = 1_800
LARGEST_INPUT: Final = 1 << 20
SHOWN: Final = 12 << 10
"""Bytes of the beginning of each stream that the model hears, and as many of its end."""

SPECS: Final = {
    "run_command": ToolSpec(
        "run_command", "Run a program in the working folder and wait for its end. There is no shell: no pipes, no globs, no variables.",
        shape(
            ("argv",),
            argv={
                "type": "array", "minItems": 1, "maxItems": 256, "items": {"type": "string", "maxLength": 32_768},
                "description": "The program and its arguments, each a word of its own.",
            },
            timeout_s={
                "type": "integer", "minimum": 1, "maximum": LONGEST_S,
                "description": f"Seconds after which it is ended with all that it has started; {USUAL_S} where none are given.",
            },
            stdin=text("What it reads from its standard input.", most=LARGEST_INPUT),
        ), "once",
    ),
}  # fmt: skip
"""The tool by its name, as models are told of it."""


@frozen
class Sandbox:
    """What it hides, and the file in which its filter of system calls lies or will lie."""

    private: Private
    filter: Path


@frozen
class Place:
    """Where commands of one attempt run: the working folder's descriptor, the attempt's token, and the sandbox; None for none."""

    folder: int
    token: str
    sandbox: Sandbox | None


class Command:
    """The tool, where `names` has it. `heard` is called for each sign of life."""

    def __init__(self, tools: Tools, place: Place, names: Collection[str], heard: Callable[[], object]) -> None:
        self._tools = tools
        self._place = place
        self._heard = heard
        self._specs = {name: spec for name, spec in SPECS.items() if name in names}

    @property
    def specs(self) -> Mapping[str, ToolSpec]:
        return self._specs

    async def use(self, call: ToolCall) -> Said:
        given = call.arguments
        argv = self._words(given["argv"])
        if isinstance(argv, Said):
            return argv
        out, err = Excerpt(SHOWN), Excerpt(SHOWN)
        began, seconds = trio.current_time(), given.get("timeout_s", USUAL_S)
        stdin = memory_file(given.get("stdin", "").encode())
        try:
            process = await self._tools.guardian.spawn(argv, self._env(), token=self._place.token, folder=self._place.folder, stdin=stdin)
        except (ValueError, OSError) as error:
            return Said(f"It was not started: {error}.", is_error=True)
        finally:
            os.close(stdin)
        try:
            end, in_time = await watch(
                process, self._taking(out), self._taking(err), timeout_s=seconds, grace_s=self._tools.settings.kill_grace_ms / 1000
            )
        finally:
            process.close()
        return told(end, seconds if not in_time else None, trio.current_time() - began, out, err)

    def _words(self, argv: list[str]) -> tuple[str, ...] | Said:
        sandbox = self._place.sandbox
        if sandbox is None:
            return tuple(argv)
        program = shutil.which(PROGRAM, path=self._tools.base_env.get("PATH", os.defpath))
        if program is None:
            return Said(
                f"run_command was not used: commands run in a sandbox only, and {PROGRAM} is not on the daemon's PATH. Do without it, or "
                "say that somebody has to install bubblewrap.",
                is_error=True, state="denied",
            )  # fmt: skip
        try:
            filtered = lay(sandbox.filter)
        except OSError as error:
            return Said(
                f"It was not started: the filter of its sandbox, {sandbox.filter.name}, could not be written: {error.strerror}.",
                is_error=True,
            )
        return sandboxed(program, argv, str(Path(f"/proc/self/fd/{self._place.folder}").readlink()), sandbox.private, filtered)

    def _env(self) -> dict[str, str]:
        """What every command of a step inherits; in the sandbox a folder for temporary files that is there."""
        return self._tools.base_env | ({} if self._place.sandbox is None else {"TMPDIR": "/tmp"})  # noqa: S108  # the sandbox's own

    def _taking(self, excerpt: Excerpt) -> Callable[[bytes], None]:
        def take(chunk: bytes) -> None:
            self._heard()
            excerpt.feed(chunk)

        return take


def told(end: End, late_s: int | None, took_s: float, out: Excerpt, err: Excerpt) -> Said:
    """What the model hears: how it ended, and what it wrote."""
    how, state = _how(end, late_s, took_s)
    wrote = "".join(f"\n{name}:\n{said}" for name, said in (("stdout", out.told()), ("stderr", err.told())) if said)
    return Said(how + (wrote or "\nIt wrote nothing."), is_error=state != "ok", state=state)


def _how(end: End, late_s: int | None, took_s: float) -> tuple[str, State]:
    if isinstance(end, NotStarted):
        return f"It was not started: {os.strerror(end.number)}.", "error"
    if isinstance(end, GuardianLost):
        return "It is not known what became of it: the process that looked after it died, and it was killed.", "uncertain"
    if end.undead:
        return f"{end.undead} of its processes could not be ended.", "error"
    if late_s is not None:
        return f"It had not ended after {late_s} s and was killed, with all that it had started. What it had done stays done.", "error"
    if end.exit_code < 0:
        return f"It was killed by signal {-end.exit_code}.", "error"
    return f"It ended with exit code {end.exit_code} after {took_s:.1f} s.", "ok" if end.exit_code == 0 else "error"
