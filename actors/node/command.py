"""Running one command under the guardian: its streams, its time limits, its end. What its ending means is decided in `executor`."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import partial
from math import inf

import trio
from attrs import frozen

from actors.node import failures
from actors.node.capture import Capture
from actors.node.environment import build, for_script
from actors.node.guardian.ends import End
from actors.node.guardian.process import Process
from actors.node.guardian.watching import PIPE_GRACE, drain, memory_file
from actors.node.messages import Failure
from actors.node.orders import CommandOrder, WorkOrder
from actors.node.output import KEPT, output_path
from actors.node.tools import Tools
from actors.node.usage import usage_path
from actors.outside.trouble import Trouble

__all__ = ["PIPE_GRACE", "Finished", "run", "stdin_of"]

_STDERR_KEPT = 8 << 10


@frozen
class Finished:
    """The command and all its processes are gone. `expired`: the limit that ended it, as code and milliseconds."""

    end: End
    stdout: Capture
    stderr: Capture
    expired: tuple[str, int] | None
    warnings: list[str]


async def run(order: WorkOrder, action: CommandOrder, folder: int, tools: Tools) -> Finished | Failure:
    """Run the command in the folder of descriptor `folder` to its end. On cancellation its tree is dead before this propagates."""
    given = await _with_secrets(action.env, action.secrets, tools)
    if isinstance(given, Failure):
        return given
    base, noted = await _base(action, tools)
    if isinstance(base, Failure):
        return base
    env, warnings = build(order, base, given, output_path(order), usage_path(order))
    try:
        stdin = stdin_of(action.stdin)
        try:
            process = await tools.guardian.spawn(action.argv, env, token=order.token, folder=folder, stdin=stdin)
        finally:
            os.close(stdin)
    except ValueError as error:
        return failures.unsendable(str(error))
    except OSError as error:
        return failures.no_resources(error)
    logs = f"{order.run_dir}/logs/{order.node_id}.{order.instance}.{order.attempt}"
    stdout = Capture(
        f"{logs}.out",
        cap=tools.settings.output_cap // 2,
        keep=KEPT,
        keep_last=0 if action.script is None else KEPT,
        redactor=tools.redactor,
    )
    stderr = Capture(f"{logs}.err", cap=tools.settings.output_cap // 2, keep=_STDERR_KEPT, redactor=tools.redactor)
    attempt = _Attempt(order, process, tools.settings.kill_grace_ms / 1000)
    try:
        end, expired = await attempt.watch(stdout, stderr)
    finally:
        process.close()
        stdout.close()
        stderr.close()
    return Finished(end, stdout, stderr, expired, [*noted, *warnings])


async def _base(action: CommandOrder, tools: Tools) -> tuple[Mapping[str, str] | Failure, list[str]]:
    """What the process has before that which its node declares, and warnings about it."""
    if action.script is None:
        return tools.base_env, []
    secret = await _with_secrets({}, action.script.secrets, tools)
    return (secret, []) if isinstance(secret, Failure) else for_script(tools.base_env, action.script, secret)


async def _with_secrets(env: Mapping[str, str], handles: Mapping[str, str], tools: Tools) -> Mapping[str, str] | Failure:
    """The variables of the command, its secrets looked up now. They go to the guardian over its socket, never through an argument list."""
    found = dict(env)
    for name, handle in handles.items():
        assert tools.vault is not None, "a daemon that runs commands knows its secrets"
        try:
            found[name] = await tools.vault.resolve(handle, tools.guardian)
        except Trouble as trouble:
            return Failure(trouble.code, f"{name} = secrets.{handle}: {trouble.message}", "configuration")
    return found


def stdin_of(text: str | None) -> int:
    """Where the text is read from; without text, nothing to read."""
    if text is None:
        return os.open("/dev/null", os.O_RDONLY | os.O_CLOEXEC)
    return memory_file(text.encode())


class _Attempt:
    """The clocks of one process and the two readers of its pipes."""

    def __init__(self, order: WorkOrder, process: Process, grace: float) -> None:
        self._order = order
        self._process = process
        self._grace = grace
        self._idle_ms = order.idle_ms if isinstance(order.action, CommandOrder) else None  # a function at work has nothing to say
        self._began = self._heard = trio.current_time()

    async def watch(self, stdout: Capture, stderr: Capture) -> tuple[End, tuple[str, int] | None]:
        async with trio.open_nursery() as readers:
            readers.start_soon(drain, self._process.stdout, partial(self._take, stdout))
            readers.start_soon(drain, self._process.stderr, partial(self._take, stderr))
            try:
                expired = await self._wait()
            finally:
                end = await self._process.terminate_tree(self._grace)
            readers.cancel_scope.deadline = trio.current_time() + PIPE_GRACE
        return end, expired

    async def _wait(self) -> tuple[str, int] | None:
        """Wait for the end of the process or of a time limit, whichever is first."""
        while not self._process.is_over():
            with trio.move_on_at(min(self._total_due(), self._idle_due())):
                await self._process.wait()
                return None
            if self._process.is_over():
                return None
            if self._order.total_ms is not None and self._total_due() <= trio.current_time():
                return "node_absolute_timeout", self._order.total_ms
            if self._idle_ms is not None and self._idle_due() <= trio.current_time():
                return "node_idle_timeout", self._idle_ms
        return None

    def _total_due(self) -> float:
        return inf if self._order.total_ms is None else self._began + self._order.total_ms / 1000

    def _idle_due(self) -> float:
        return inf if self._idle_ms is None else self._heard + self._idle_ms / 1000

    def _take(self, capture: Capture, chunk: bytes) -> None:
        self._heard = trio.current_time()
        capture.feed(chunk)
