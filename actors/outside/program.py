"""Running a program that the settings name: under the guardian, with a bounded time, a bounded output, and nothing left of it afterwards.

It counts as a process of Penstock's, so it can decide nothing over the socket: text of a program is never a person's word.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from attrs import field, frozen

from actors.node.guardian.process import Ended, NotStarted
from actors.node.guardian.watching import memory_file, watch
from actors.outside.trouble import Trouble

if TYPE_CHECKING:
    from actors.node.guardian.guardian import Guardian
    from actors.node.guardian.process import End

__all__ = ["LARGEST", "Program", "run_program"]

LARGEST = 1 << 20
"""Bytes of standard output that are taken."""
_TAIL = 2_000
_GRACE_S = 1.0


@frozen
class Program:
    """What is to be run. `token` names this start in the tags of its processes. The folder is the root: it works on no files of ours."""

    argv: Sequence[str]
    env: Mapping[str, str]
    token: str
    stdin: bytes = field(repr=False)
    timeout_s: float


async def run_program(guardian: Guardian, program: Program) -> bytes:
    """Its standard output, when it ended with 0 in time.

    Raises Trouble: `program_not_started`, `program_timeout`, `program_output_too_large`, `program_failed` (with the end of what it said).
    """
    folder = os.open("/", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    stdin = memory_file(program.stdin)
    try:
        process = await guardian.spawn(program.argv, program.env, token=program.token, folder=folder, stdin=stdin)
    except (ValueError, OSError) as error:
        raise Trouble("program_not_started", f"{program.argv[0]}: {error}") from error
    finally:
        os.close(folder)
        os.close(stdin)
    said = _Said()
    try:
        end, in_time = await watch(process, said.out, said.err, timeout_s=program.timeout_s, grace_s=_GRACE_S)
    finally:
        process.close()
    return _judged(program, said, end, in_time=in_time)


def _judged(program: Program, said: _Said, end: End, *, in_time: bool) -> bytes:
    name = program.argv[0]
    if not in_time:
        raise Trouble("program_timeout", f"{name} had not ended after {program.timeout_s:g} s")
    if said.too_large:
        raise Trouble("program_output_too_large", f"{name} wrote more than {LARGEST} bytes")
    if isinstance(end, NotStarted):
        raise Trouble("program_not_started", f"{name}: {os.strerror(end.number)}")
    if not isinstance(end, Ended):
        raise Trouble("program_failed", f"{name} was lost with the guardian of processes")
    if end.exit_code != 0:
        words = " ".join(said.stderr.decode(errors="replace").split())[-200:]
        raise Trouble("program_failed", f"{name} ended with {end.exit_code}{': ' + words if words else ''}")
    return bytes(said.stdout)


class _Said:
    """What it wrote so far: all of standard output up to the limit, the end of standard error."""

    def __init__(self) -> None:
        self.stdout, self.stderr = bytearray(), bytearray()
        self.too_large = False

    def out(self, chunk: bytes) -> None:
        self.stdout += chunk[: max(0, LARGEST - len(self.stdout))]
        self.too_large |= len(chunk) > 0 and len(self.stdout) >= LARGEST

    def err(self, chunk: bytes) -> None:
        self.stderr += chunk
        del self.stderr[:-_TAIL]
