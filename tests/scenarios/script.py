"""What python nodes of a story do: each call of a node takes the next act that the test wrote for it. Effects go to a file."""

from __future__ import annotations

import json
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Protocol

import trio
from attrs import define, field, frozen

__all__ = ["Act", "Call", "Failed", "Hold", "Script", "fail", "give", "perform", "perform_sync", "spend", "take", "write"]

PATIENCE_S = 1_000.0
MODULE = """
from tests.scenarios import script

async def work(context, **given):
    return await script.perform(__file__, context, given)

def sync(context, **given):
    return script.perform_sync(__file__, context, given)
"""


class Context(Protocol):
    run_id: str
    node_id: str
    attempt: int
    workdir: str
    idempotency_key: str
    usage: Callable[..., None]


@frozen
class Call:
    """One call of a node: who, with what, and which call of this node it is (from 1)."""

    run_id: str
    node_id: str
    attempt: int
    given: dict[str, Any]
    workdir: str
    number: int
    usage: Callable[..., None]


Act = Callable[[Call], Awaitable[Any]]


class Failed(Exception):
    """What a scripted failure raises."""


def fail(text: str = "scripted") -> Act:
    """Raise."""

    async def act(call: Call) -> Any:
        raise Failed(text)

    return act


def give(value: Any) -> Act:
    """Return a value at once."""

    async def act(call: Call) -> Any:
        return value

    return act


def take(seconds: float, value: Any = None) -> Act:
    """Take some (virtual) time."""

    async def act(call: Call) -> Any:
        await trio.sleep(seconds)
        return value

    return act


def spend(value: Any = None, **amounts: Any) -> Act:
    """Say that so much was used (prompt_tokens, completion_tokens, cost_usd, tool_calls), and return a value."""

    async def act(call: Call) -> Any:
        call.usage(**amounts)
        return value

    return act


def write(name: str, text: str) -> Act:
    """Write a file into the working folder."""

    async def act(call: Call) -> Any:
        path = Path(call.workdir, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)  # noqa: ASYNC240  as above
        return {"wrote": name}

    return act


class Hold:
    """An act that waits until the test opens it; `entered` counts who came."""

    def __init__(self, value: Any = None, *, error: str | None = None) -> None:
        self.value, self.error = value, error
        self.entered = 0
        self._begun = trio.Event()
        self._open = trio.Event()

    async def __call__(self, call: Call) -> Any:
        self.entered += 1
        self._begun.set()
        await self._open.wait()
        if self.error is not None:
            raise Failed(self.error)
        return self.value

    async def begun(self) -> None:
        """Wait until a node has come here. Raises TooSlowError."""
        with trio.fail_after(PATIENCE_S):
            await self._begun.wait()

    def open(self) -> None:
        """Let all go on, those that come later too."""
        self._open.set()


@define(eq=False)
class Script:
    """`effects` is a file with one line for each call that began. `overlaps` names nodes that were at work twice at the same time."""

    folder: Path
    effects: Path
    overlaps: list[str] = field(factory=list)
    _acts: dict[str, list[Act]] = field(factory=dict)
    _calls: dict[str, int] = field(factory=dict)
    _live: dict[tuple[str, str], int] = field(factory=dict)

    @classmethod
    def open(cls, folder: Path) -> Script:
        """Write the module and take the folder's calls."""
        folder.mkdir(parents=True)
        (folder / "steps.py").write_text(MODULE)
        made = SCRIPTS[str(folder)] = cls(folder, folder / "effects.jsonl")
        return made

    def on(self, node_id: str, *acts: Act) -> None:
        """The next calls of the node do these; calls beyond them return at once."""
        self._acts.setdefault(node_id, []).extend(acts)

    def begin(self, context: Context, given: dict[str, Any]) -> tuple[Call, Act | None]:
        """Note the effect, and say what to do."""
        number = self._calls[context.node_id] = self._calls.get(context.node_id, 0) + 1
        line = {
            "run": context.run_id, "node": context.node_id, "attempt": context.attempt, "key": context.idempotency_key, "given": given,
        }  # fmt: skip
        fd = os.open(self.effects, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.write(fd, json.dumps(line).encode() + b"\n")
        os.close(fd)
        acts = self._acts.get(context.node_id)
        call = Call(context.run_id, context.node_id, context.attempt, given, context.workdir, number, context.usage)
        return call, acts.pop(0) if acts else None

    async def play(self, context: Context, given: dict[str, Any]) -> Any:
        """One call."""
        call, act = self.begin(context, given)
        key = (call.run_id, call.node_id)
        if self._live.get(key):
            self.overlaps.append(f"{call.node_id} attempt {call.attempt}")
        self._live[key] = self._live.get(key, 0) + 1
        try:
            return await act(call) if act is not None else {"node": call.node_id}
        finally:
            self._live[key] -= 1

    def calls(self) -> list[dict[str, Any]]:
        """Every call that began, in order."""
        return [json.loads(line) for line in self.effects.read_text().splitlines()] if self.effects.exists() else []

    def given(self, node_id: str) -> list[dict[str, Any]]:
        """What each call of the node was given."""
        return [call["given"] for call in self.calls() if call["node"] == node_id]

    def count(self, node_id: str) -> int:
        """How often the node was called."""
        return sum(call["node"] == node_id for call in self.calls())


SCRIPTS: dict[str, Script] = {}


async def perform(module: str, context: Context, given: dict[str, Any]) -> Any:
    """What the written module calls."""
    return await SCRIPTS[os.path.dirname(module)].play(context, given)  # noqa: PTH120  hot, and a path is a text here


def perform_sync(module: str, context: Context, given: dict[str, Any]) -> Any:
    """The same in a thread: the effect is noted, nothing is waited for."""
    SCRIPTS[os.path.dirname(module)].begin(context, given)  # noqa: PTH120  as above
    return {"sync": context.node_id}
