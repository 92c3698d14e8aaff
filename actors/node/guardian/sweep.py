"""Ends processes that no guardian looks after any more: found by the tags in their environment and by descent from known ones."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterable

import trio
from attrs import frozen

from actors.node.guardian.inside import procfs
from actors.node.guardian.inside.procfs import Stat

__all__ = ["Strays", "Swept", "find_tagged", "kill_tagged", "sweep_leftovers"]

STORE = b"PENSTOCK_STORE"
ATTEMPT = b"PENSTOCK_ATTEMPT"
GUARDIAN = b"PENSTOCK_GUARDIAN"
_AGAIN = 0.01
_PATIENCE = 5.0


@frozen
class Swept:
    """How many processes were killed, and which pids would not die within five seconds (another user's, or stuck in the kernel)."""

    killed: int
    undead: tuple[int, ...] = ()


async def sweep_leftovers(tag: str) -> Swept:
    """Kill what an earlier daemon of the same store (`tag` is its uuid) has left, guardian and steps.

    Only processes that began before this one are touched, never this one or those above it.
    """
    mine = procfs.stat(os.getpid())
    assert mine is not None
    spared = _line_of(os.getpid())
    wanted = tag.encode()

    def is_leftover(process: Stat) -> bool:
        if process.started > mine.started or process.pid in spared:
            return False
        block = procfs.environment(process.pid)
        return wanted in (procfs.variable(block, STORE), procfs.variable(block, GUARDIAN))

    return await _kill_until_none(lambda: _below(filter(is_leftover, _everything()), spared))


async def kill_tagged(tag: str, tokens: Iterable[str], roots: Iterable[int]) -> Swept:
    """Kill the processes of these attempts of store `tag`: those that carry one of the tokens, and all below the given live pids."""
    wanted = {token.encode() for token in tokens}
    known = [found for found in map(procfs.stat, roots) if found is not None]

    def is_theirs(process: Stat) -> bool:
        block = procfs.environment(process.pid)
        return procfs.variable(block, STORE) == tag.encode() and procfs.variable(block, ATTEMPT) in wanted

    def find() -> dict[int, Stat]:
        again = [found for root in known if (found := procfs.stat(root.pid)) and found.started == root.started]
        return _below([*again, *filter(is_theirs, _everything())], set())

    return await _kill_until_none(find)


def _everything() -> Iterable[Stat]:
    return [found for found in procfs.everything() if procfs.alive(found)]


def _line_of(pid: int) -> set[int]:
    """The process and all above it."""
    line: set[int] = set()
    while pid > 0 and pid not in line and (found := procfs.stat(pid)):
        line.add(pid)
        pid = found.parent
    return line


def _below(roots: Iterable[Stat], spared: set[int]) -> dict[int, Stat]:
    return {found.pid: found for root in roots for found in procfs.descendants(root) if found.pid not in spared}


async def _kill_until_none(find: Callable[[], dict[int, Stat]]) -> Swept:
    killed: set[int] = set()
    living = find()
    with trio.CancelScope(shield=True), trio.move_on_after(_PATIENCE):
        while living:
            killed |= {pid for pid, process in living.items() if procfs.send_signal(process, signal.SIGKILL)}
            await trio.sleep(_AGAIN)
            living = find()
    return Swept(len(killed), tuple(living))


def find_tagged(tag: str, tokens: Iterable[str]) -> bool:
    """Whether a process of one of these attempts of store `tag` lives."""
    wanted = {token.encode() for token in tokens}
    blocks = (procfs.environment(process.pid) for process in _everything()) if wanted else ()
    return any(procfs.variable(block, STORE) == tag.encode() and procfs.variable(block, ATTEMPT) in wanted for block in blocks)


@frozen
class Strays:
    """Processes of attempts of one store, found by their tokens wherever they run."""

    tag: str

    def any_of(self, tokens: Iterable[str]) -> bool:
        """Whether a process of one of them lives. Looks through all processes."""
        return find_tagged(self.tag, tokens)

    async def kill(self, tokens: Iterable[str]) -> None:
        """Kill all of theirs, and all below them."""
        wanted = list(tokens)
        if wanted:
            await kill_tagged(self.tag, wanted, ())
