"""Calling a python node in the daemon: an async function in the loop, a sync one in a thread. No process is started."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from inspect import iscoroutine
from types import ModuleType
from typing import Any

import trio
from attrs import evolve

from actors.node.failures import out_of_time
from actors.node.messages import Failure, Success
from actors.node.orders import PythonOrder, WorkOrder
from actors.node.python import failures
from actors.node.python.context import Context
from actors.node.python.describe import clean, describe
from actors.node.python.modules import FunctionMissing, ImportFailed, Loaded
from actors.node.tools import Tools
from actors.node.usage import usage_path
from actors.node.values import NotJson, check

__all__ = ["call", "log_path"]


def log_path(order: WorkOrder) -> str:
    """The log file of an attempt's standard output, where `context.progress` writes too."""
    return f"{order.run_dir}/logs/{order.node_id}.{order.instance}.{order.attempt}.out"


async def call(order: WorkOrder, action: PythonOrder, tools: Tools) -> Success | Failure:
    """Call the function with the order's arguments. Its idle limit does not apply: what happens inside cannot be heard.

    An async function is cancelled by a time limit or from outside. A sync one cannot be: it is given up (`abandoned` in the failure's
    detail), its thread goes on until it returns, and its result is dropped. `isolate` is for functions that must not outlive their attempt.
    """
    if order.total_ms is None:
        return await _call(order, action, tools)
    with trio.move_on_after(order.total_ms / 1000) as limit:
        verdict = await _call(order, action, tools)
        if not limit.cancel_called:  # it may have let the cancellation pass
            return verdict
    failure = out_of_time(order, "node_absolute_timeout", order.total_ms)
    loaded = tools.modules.get(action.folder, action.function)
    if loaded is not None and loaded.is_async:
        return failure
    return evolve(failure, detail={**failure.detail, "abandoned": True})


async def _call(order: WorkOrder, action: PythonOrder, tools: Tools) -> Success | Failure:
    loaded = tools.modules.get(action.folder, action.function)
    if loaded is None:
        try:
            loaded = await tools.modules.load(action.folder, action.function, partial(_import, tools))
        except ImportFailed as error:
            return failures.import_failed(action.function, describe(error.args[0]))
        except FunctionMissing as error:
            return failures.function_missing(action.function, str(error))
    try:
        value = await _run(loaded, _arguments(order, action, loaded), tools)
    except BaseException as error:
        ours = failures.ours(error)
        if ours is error:
            raise
        if ours is not None:
            raise ours from None
        return failures.raised(action.function, describe(error))
    try:
        check(value)
    except NotJson as error:
        return failures.result_not_json(action.function, clean(str(error)))
    return Success(value)


async def _import(tools: Tools, load: Callable[[], ModuleType]) -> ModuleType:
    """Import in a thread, for nobody knows how long a module takes."""
    if tools.settings.inline_imports:
        return load()
    return await trio.to_thread.run_sync(load, abandon_on_cancel=True, limiter=tools.threads)


def _arguments(order: WorkOrder, action: PythonOrder, loaded: Loaded) -> dict[str, Any]:
    arguments = dict(action.arguments)
    if loaded.wants_context and "context" not in arguments:
        if order.workdir.startswith(f"{order.run_dir}/"):
            with suppress(OSError):  # the function meets what is wrong when it uses the folder, and says so
                os.makedirs(order.workdir, mode=0o700, exist_ok=True)  # noqa: PTH103 - the paths are text here, as in all orders
        arguments["context"] = Context(order, log_path(order), usage_path(order))
    return arguments


async def _run(loaded: Loaded, arguments: dict[str, Any], tools: Tools) -> Any:
    if loaded.is_async:
        return await loaded.call(**arguments)

    def boxed() -> tuple[Any]:
        return (loaded.call(**arguments),)

    (value,) = await trio.to_thread.run_sync(boxed, abandon_on_cancel=True, limiter=tools.threads)
    return await value if iscoroutine(value) else value  # an async function behind a decorator that hides it; trio would refuse it bare
