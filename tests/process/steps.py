"""Functions of python nodes that do what no function should."""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path
from typing import Any

import trio


class Odd(BaseException):
    """Neither an Exception nor one of Python's own."""


def ok(value: Any = "ok") -> Any:
    return value


async def quick() -> str:
    return "quick"


async def hang() -> None:
    await trio.sleep_forever()


def hang_in_thread(seconds: float = 60.0) -> None:
    threading.Event().wait(seconds)


async def stubborn() -> str:
    """Does not let itself be cancelled for a while."""
    with trio.CancelScope(shield=True):
        await trio.sleep(0.5)
    return "done all the same"


async def odd() -> None:
    raise Odd("odd")


def odd_in_thread() -> None:
    raise Odd("odd")


async def leave() -> None:
    sys.exit(3)


def leave_in_thread() -> None:
    sys.exit(3)


async def interrupt() -> None:
    raise KeyboardInterrupt


def interrupt_in_thread() -> None:
    raise KeyboardInterrupt


async def dig() -> Any:
    return _deeper(0)


def dig_in_thread() -> Any:
    return _deeper(0)


def _deeper(level: int) -> Any:
    return _deeper(level + 1)


async def group() -> None:
    raise BaseExceptionGroup("all at once", [SystemExit(4), ValueError("v"), KeyboardInterrupt()])


async def end_generator() -> None:
    raise GeneratorExit


async def out_of_memory() -> None:
    raise MemoryError


def vanish() -> None:
    os._exit(7)


async def nested() -> Any:
    value: Any = []
    for _ in range(100_000):
        value = [value]
    return value


async def huge() -> str:
    return "x" * (8 << 20)


async def unprintable() -> None:
    class Bad(Exception):
        def __str__(self) -> str:
            raise RuntimeError("no text")

        __repr__ = __str__

    raise Bad


def decide(socket: str, context: Any) -> str:
    """Approve the gate of its own run, or say why not."""
    from actors.control.client import CallRefused, Client

    with Client(Path(socket)) as client:
        try:
            return str(client.call("gate.decide", {"run_id": context.run_id, "decision": "approve", "request_id": "sly"}))
        except CallRefused as refused:
            return refused.code
