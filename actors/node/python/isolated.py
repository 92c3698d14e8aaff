"""An isolated python node as the daemon sees it: which command it is, and what its report means."""

from __future__ import annotations

import json
import sys
from typing import Any

from actors.node import boot
from actors.node.messages import Failure
from actors.node.orders import CommandOrder, PythonOrder, WorkOrder
from actors.node.python import failures
from storage.strict_json import BadJson, loads_strict

__all__ = ["as_command", "report"]


def as_command(order: WorkOrder, action: PythonOrder) -> CommandOrder:
    """The command that calls the function in a process of its own."""
    context = {
        "run_id": order.run_id,
        "node_id": order.node_id,
        "attempt": order.attempt,
        "workdir": order.workdir,
        "run_dir": order.run_dir,
        "idempotency_key": order.idempotency_key,
        "gate_feedback": order.gate_feedback,
        "gate_selections": list(order.gate_selections),
    }
    stdin = json.dumps({"arguments": dict(action.arguments), "context": context})
    words = boot.arguments("actors.node.python.runner", action.folder, action.function)
    return CommandOrder((sys.executable, "-I", *words), stdin=stdin)


def report(function: str, written: bytes | None) -> tuple[Any, Failure | None]:
    """What the process wrote about the function: its value, or the failure."""
    try:
        said = None if written is None else loads_strict(written)
    except BadJson:
        said = None
    match said:
        case {"value": value}:
            return value, None
        case {"raised": {"type": str(), "message": str(), "traceback": str()} as detail} if all(
            type(one) is str for one in detail.values()
        ):
            return None, failures.raised(function, detail)
        case {"import_failed": {"type": str(), "message": str(), "traceback": str()} as detail}:
            return None, failures.import_failed(function, detail)
        case {"function_missing": str(text)}:
            return None, failures.function_missing(function, text)
        case {"not_json": str(text)}:
            return None, failures.result_not_json(function, text)
    return None, failures.result_missing(function)
