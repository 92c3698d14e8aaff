"""An exception as text that a log accepts. Standard library only: isolated functions are described in their own process."""

from __future__ import annotations

import os
import re
import traceback

__all__ = ["clean", "describe"]

_FRAMES = 8
_CHARACTERS = 2000
_CLASS = 64
_OURS = (os.path.dirname(__file__), "<frozen importlib")  # noqa: PTH120  # pathlib is not needed for this
_THREADS = re.compile(r"/(trio|outcome)/_\w+\.py$")  # how the call came into its thread: nothing of the function's
_PRIVATE = re.compile(r"_penstock_workflow_\d+\.?")


def describe(error: BaseException) -> dict[str, str]:
    """Type, message and the last frames of the traceback, as text that a log accepts; `failure_class` where the exception names one."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if not frame.filename.startswith(_OURS)]
    while frames and _THREADS.search(frames[0].filename):
        del frames[0]
    lines = traceback.format_list(frames[-_FRAMES:])
    found = {"type": type(error).__name__, "message": clean(_message(error)), "traceback": clean("".join(lines))}
    own = _class_of(error)
    return {**found, "failure_class": own} if own else found


def _class_of(error: BaseException) -> str:
    """The failure class that the exception names, nothing where it names none."""
    try:
        own = getattr(error, "failure_class", None)
    except Exception:  # noqa: BLE001  as with its text
        return ""
    return clean(own.strip())[:_CLASS] if isinstance(own, str) else ""


def _message(error: BaseException) -> str:
    if isinstance(error, BaseExceptionGroup):
        return "; ".join(f"{type(inner).__name__}: {_message(inner)}" for inner in error.exceptions)
    try:
        return str(error)
    except Exception as second:  # noqa: BLE001  # a user's exception may not even be printable
        return f"its text cannot be had: {type(second).__name__}"


def clean(text: str) -> str:
    """The text, bounded, without what a log refuses."""
    return _PRIVATE.sub("", text[:_CHARACTERS]).replace("\0", "\ufffd").encode("utf-8", "replace").decode()
