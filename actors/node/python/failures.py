"""What can go wrong with a python node, as failures, and which exceptions are none of them."""

from __future__ import annotations

from collections.abc import Mapping

import trio

from actors.node.classes import classify, normalise
from actors.node.messages import Failure

__all__ = ["function_missing", "import_failed", "ours", "raised", "result_missing", "result_not_json"]


def ours(error: BaseException) -> BaseException | None:
    """What of an exception is no matter of the function's: the cancellation of the attempt.

    What a function raises beside its own cancellation is dropped: it has been told to end, and it has. A KeyboardInterrupt or a
    GeneratorExit is the function's own: an operator's Ctrl-C comes to the daemon as a signal, and nobody closes a task's coroutine.
    """
    if isinstance(error, BaseExceptionGroup):
        return error.split(trio.Cancelled)[0]
    return error if isinstance(error, trio.Cancelled) else None


def raised(function: str, detail: Mapping[str, str]) -> Failure:
    """The function raised. `detail` is what `describe` says. An exception that names a failure class has it; else its text tells."""
    about = {name: value for name, value in detail.items() if name != "failure_class"}
    own, told = detail.get("failure_class"), classify(detail["message"])
    usual = told.failure_class if told.trouble_outside else "execution_error"
    return Failure(
        "python_raised", f"{function} raised {detail['type']}: {detail['message']}", normalise(own) if own else usual, about,
        category="" if own else told.category,
    )  # fmt: skip


def import_failed(function: str, detail: Mapping[str, str]) -> Failure:
    """The module could not be imported. `detail` is what `describe` says."""
    text = f"the module of {function!r} cannot be imported: {detail['type']}: {detail['message']}"
    return Failure("python_import_failed", text, detail=detail)


def function_missing(function: str, reason: str) -> Failure:
    """The module is there, the function is not."""
    return Failure("python_function_missing", f"{reason}: name one as module:function", detail={"function": function})


def result_not_json(function: str, reason: str) -> Failure:
    """The function returned something that cannot be recorded."""
    text = f"what {function} returned is not JSON: {reason}; return dicts, lists, text, numbers, booleans or None"
    return Failure("python_result_not_json", text, detail={"reason": reason})


def result_missing(function: str) -> Failure:
    """The process of an isolated function ended well, but said nothing."""
    return Failure("python_result_missing", f"the process of {function} ended before the function returned", detail={"function": function})
