"""One attempt, from its order to its verdict. Nothing is decided here about retries, and nothing is recorded."""

# ruff: noqa: PTH103, PTH108, PTH112  # in the way of every command: pathlib takes ten times as long

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from attrs import evolve

from actors.node import command, failures
from actors.node.contained import open_folder
from actors.node.guardian.ends import Ended, GuardianLost, NotStarted
from actors.node.messages import Failure, Success, Verdict
from actors.node.orders import AgentOrder, CommandOrder, HttpOrder, PythonOrder, WorkOrder
from actors.node.output import from_stream, output_path, parsed, read_file, text_of
from actors.node.python.inprocess import call
from actors.node.python.isolated import as_command, report
from actors.node.script import as_script, output_of
from actors.node.tools import Tools

__all__ = ["perform"]


async def _nobody(_: int) -> None:
    """For attempts that nothing is said to."""


async def perform(order: WorkOrder, tools: Tools, heard: Callable[[int], Awaitable[object]] = _nobody) -> Verdict:
    """Do the work of one attempt. When this returns, or passes on a cancellation, no process of the attempt is left.

    `heard` is told each time that an agent's conversation holds what was said to it, with the number of the last message.
    """
    action = order.action
    if type(action) is AgentOrder:
        from actors.agent.executor import work  # noqa: PLC0415  # only daemons with agents pay

        return await work(order, action, tools, heard)
    if type(action) is HttpOrder:
        from actors.node.http import ask  # noqa: PLC0415  # as above

        return await ask(order, action, tools)
    if order.artifact is None and type(action) is PythonOrder and not action.isolate:
        return await call(order, action, tools)
    try:
        folder = open_folder(order.workdir)
    except OSError as error:
        return failures.workdir_missing(order.workdir, error.errno or 0)
    try:
        return await _in_folder(order, folder, tools)
    finally:
        os.close(folder)


async def _in_folder(order: WorkOrder, folder: int, tools: Tools) -> Success | Failure:
    if order.artifact is None:
        return (await _act(order, folder, tools))[0]
    from actors.node.artifact import clear, collect  # noqa: PLC0415  # ctypes and hashlib, for nodes with artifacts only

    refused = clear(folder, order.artifact)
    if refused is not None:
        return refused
    verdict, salvage = await _act(order, folder, tools)
    if isinstance(verdict, Failure) and salvage is None:
        return verdict
    found = await collect(folder, order.artifact, tools.blobs, tools.settings.artifact_cap)
    if isinstance(verdict, Success):
        return found if isinstance(found, Failure) else evolve(verdict, artifact=found)
    if isinstance(found, Failure) or salvage is None:
        return verdict
    warning = f"salvaged: {verdict.message}, but its artifact was complete and valid"
    return evolve(salvage, artifact=found, warnings=(*salvage.warnings, warning))


async def _act(order: WorkOrder, folder: int, tools: Tools) -> tuple[Success | Failure, Success | None]:
    """The verdict, and for an attempt that ran out of time what it would be if its artifact were found complete."""
    match order.action:
        case PythonOrder(isolate=False) as action:
            verdict = await call(order, action, tools)
            return verdict, Success() if _was_cancelled(verdict) else None
        case PythonOrder() as action:
            return await _act_in_process(order, as_command(order, action), folder, tools)
        case CommandOrder() as ordered:
            return await _act_in_process(order, ordered, folder, tools)
        case AgentOrder() | HttpOrder():
            raise AssertionError("neither an agent nor a request is a process")


async def _act_in_process(order: WorkOrder, action: CommandOrder, folder: int, tools: Tools) -> tuple[Success | Failure, Success | None]:
    finished = await _run(order, action, folder, tools)
    if isinstance(finished, Failure):
        return (finished if action.script is None else as_script(finished, action.script)), None
    verdict = _judge(order, action, finished)
    if action.script is not None and isinstance(verdict, Failure):
        verdict = as_script(verdict, action.script, _warnings(finished))
    in_time = finished.expired is None or not isinstance(finished.end, Ended) or finished.end.undead
    return verdict, None if in_time else _salvage(order, finished)


def _was_cancelled(verdict: Success | Failure) -> bool:
    """Whether a time limit ended a function, and nothing of it goes on."""
    return isinstance(verdict, Failure) and verdict.failure_class == "timeout" and "abandoned" not in verdict.detail


async def _run(order: WorkOrder, action: CommandOrder, folder: int, tools: Tools) -> command.Finished | Failure:
    try:
        _prepare(order)
    except OSError as error:
        return failures.run_dir_unusable(error)
    return await command.run(order, action, folder, tools)


def _prepare(order: WorkOrder) -> None:
    """The run's folders, and no output of before: in nearly every attempt the former are there and the latter is not."""
    for name in ("logs", "outputs"):
        folder = f"{order.run_dir}/{name}"
        if not os.path.isdir(folder):
            os.makedirs(folder, mode=0o700, exist_ok=True)
    with suppress(FileNotFoundError):
        os.unlink(output_path(order))


def _judge(order: WorkOrder, action: CommandOrder, finished: command.Finished) -> Success | Failure:
    stderr = text_of(bytes(finished.stderr.head))
    match finished.end:
        case NotStarted() as why:
            return failures.not_started(action, why, order.workdir)
        case GuardianLost():
            return failures.lost()
        case Ended(undead=count) if count:
            return failures.undead(count)
        case Ended() if finished.expired is not None:
            return failures.out_of_time(order, *finished.expired)
        case Ended(exit_code=code) if code < 0:
            return failures.killed(-code, stderr)
        case Ended(exit_code=code) if code > 0:
            return failures.exited(code, stderr)
    broken = finished.stdout.broken or finished.stderr.broken
    if broken is not None:
        return failures.log_unwritable(broken)
    warnings = _warnings(finished)
    value, failure = _output(order, finished, warnings)
    return failure or Success(value, None, tuple(warnings))


def _output(order: WorkOrder, finished: command.Finished, warnings: list[str]) -> tuple[Any, Failure | None]:
    written = read_file(output_path(order))
    if isinstance(written, Failure):
        return None, written
    if isinstance(order.action, PythonOrder):
        return report(order.action.function, written)
    if isinstance(order.action, CommandOrder) and order.action.script is not None:
        return output_of(order, finished.stdout, written, warnings)
    if written is not None:
        return parsed(written, "the file named in $PENSTOCK_OUTPUT")
    return from_stream(order, bytes(finished.stdout.head), finished.stdout.total, warnings)


def _warnings(finished: command.Finished) -> list[str]:
    warnings = list(finished.warnings)
    if isinstance(finished.end, Ended) and finished.end.left:
        warnings.append(f"leftovers_killed: the command left {finished.end.left} processes behind; they were ended")
    return warnings


def _salvage(order: WorkOrder, finished: command.Finished) -> Success:
    warnings = _warnings(finished)
    value, failure = _output(order, finished, warnings)
    if failure is not None:
        warnings.append(f"{failure.code}: {failure.message}")
    return Success(value, None, tuple(warnings))
