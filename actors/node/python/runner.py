"""The process of an isolated python node: reads its arguments from stdin, calls the function, writes what came of it to $PENSTOCK_OUTPUT.

It is an ordinary process: the workflow's folder is the first entry of its `sys.path`. Standard library only, trio for async functions.
"""

from __future__ import annotations

import importlib
import inspect
import json
import os
import sys
from collections.abc import Callable, Coroutine
from typing import Any

from actors.node.python.describe import clean, describe
from actors.node.values import NotJson, check

__all__ = ["main"]


class _Context:
    """What an isolated function may know about its attempt: the same names as in the daemon."""

    def __init__(self, facts: dict[str, Any]) -> None:
        self.__dict__.update(facts)

    def progress(self, text: object) -> None:
        """Write one line to the attempt's log."""
        sys.stdout.flush()
        sys.stdout.buffer.write(f"{text}\n".encode(errors="replace"))
        sys.stdout.buffer.flush()

    def usage(self, **used: Any) -> None:
        """Say what was used since the last time, in the words of the context in the daemon."""
        with open(os.environ["PENSTOCK_USAGE"], "a", encoding="utf-8") as file:  # noqa: PTH123  # pathlib is not needed for this
            file.write(json.dumps(used) + "\n")


def main(folder: str, function: str) -> None:
    """Call `module:function` of the folder."""
    order = json.loads(sys.stdin.buffer.read())
    for name in [name for name in sys.modules if name.partition(".")[0] == "actors"]:
        del sys.modules[name]  # what we have of it we have; the workflow may have a module of that name
    sys.path.insert(0, folder)
    report = _perform(function, order["arguments"], _Context(order["context"]))
    sys.stdout.flush()
    output = os.environ["PENSTOCK_OUTPUT"]
    with open(output + ".new", "w", encoding="utf-8") as file:  # noqa: PTH123  # pathlib is not needed for this
        json.dump(report, file, ensure_ascii=False)
    os.rename(output + ".new", output)  # noqa: PTH104  # as above


def _perform(function: str, arguments: dict[str, Any], context: _Context) -> dict[str, Any]:
    module_name, _, name = function.partition(":")
    try:
        module = importlib.import_module(module_name)
    except (Exception, SystemExit) as error:  # noqa: BLE001  # whatever a user's module does is reported
        return {"import_failed": describe(error)}
    call: Any = module
    for part in name.split("."):
        call = getattr(call, part, None)
    if not callable(call):
        return {"function_missing": f"{module_name} has no function {name!r}"}
    if "context" in inspect.signature(call).parameters and "context" not in arguments:
        arguments["context"] = context
    try:
        value = _call(call, arguments)
    except (Exception, SystemExit) as error:  # noqa: BLE001  # as above
        return {"raised": describe(error)}
    try:
        check(value)
    except NotJson as error:
        return {"not_json": clean(str(error))}
    return {"value": value}


def _call(call: Callable[..., Any], arguments: dict[str, Any]) -> Any:
    value = call(**arguments)
    if not inspect.iscoroutine(value):
        return value
    import trio  # noqa: PLC0415  # 60 ms that sync functions need not pay

    return trio.run(_await, value)


async def _await(value: Coroutine[Any, Any, Any]) -> Any:
    return await value
