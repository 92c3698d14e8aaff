"""What an attempt says that it has used: tokens and money of models, calls of tools. A line of JSON for each use, in a file of its own."""

from __future__ import annotations

import json
import os
import re
from typing import Any, Final

from attrs import evolve

from actors.node.messages import Usage
from actors.node.orders import WorkOrder

__all__ = ["UNPRICED", "read_usage", "usage_line", "usage_path"]

MOST_BYTES: Final = 1 << 20
COUNTS: Final = ("prompt_tokens", "completion_tokens", "tool_calls", "turns", "cached_tokens", "stored_tokens")
MOST: Final = 2**53
MODEL: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/@+-]{0,199}")
UNPRICED: Final = '{"cost_usd": "unknown"}\n'
"""A line that says: there is something in it whose price nobody knows."""


def usage_path(order: WorkOrder) -> str:
    """Where `$PENSTOCK_USAGE` of this attempt points to, and where `context.usage` writes."""
    return f"{order.run_dir}/outputs/{order.node_id}.{order.instance}.{order.attempt}.usage"


def usage_line(
    *,
    prompt_tokens: int = 0,
    completion_tokens: int = 0,
    cost_usd: float | None = None,
    tool_calls: int = 0,
    turns: int = 0,
    cached_tokens: int = 0,
    stored_tokens: int = 0,
    model: str | None = None,
) -> str:
    """One use as a line of the file. `cost_usd` None: the price is not known."""
    said = {
        "prompt_tokens": prompt_tokens, "completion_tokens": completion_tokens, "cost_usd": cost_usd, "tool_calls": tool_calls,
        **({"turns": turns} if turns else {}), **({"cached_tokens": cached_tokens} if cached_tokens else {}),
        **({"stored_tokens": stored_tokens} if stored_tokens else {}),
    }  # fmt: skip
    return json.dumps(said if model is None else said | {"model": model})


def read_usage(path: str) -> Usage | None:
    """The sum of all lines, None where nothing was written. A line that cannot be read counts as a use whose price is not known."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        data = os.read(fd, MOST_BYTES)
    finally:
        os.close(fd)
    total = Usage()
    for line in data.splitlines():
        if line.strip():
            total += _use(line)
    return total if total != Usage() else None


def _use(line: bytes) -> Usage:
    try:
        said = json.loads(line)
    except ValueError:
        return Usage(unpriced=True)
    if type(said) is not dict:
        return Usage(unpriced=True)
    asked, answered, calls, turns, cached, stored = (_count(said.get(name, 0)) for name in COUNTS)
    used = Usage(
        asked, answered, tool_calls=calls, turns=turns, cached_tokens=cached, stored_tokens=stored, model=_model(said.get("model"))
    )
    cost = said.get("cost_usd")
    if isinstance(cost, int | float) and 0 <= cost < MOST:
        return evolve(used, cost_usd=float(cost))
    return evolve(used, unpriced=cost is not None or asked + answered > 0)


def _model(value: Any) -> str:
    return value if isinstance(value, str) and MODEL.fullmatch(value) else ""


def _count(value: Any) -> int:
    return value if type(value) is int and 0 <= value < MOST else 0
