"""How a command ended, as its guardian says, or as its guardian's death means."""

from __future__ import annotations

from attrs import frozen

__all__ = ["End", "Ended", "GuardianLost", "NotStarted"]


@frozen
class Ended:
    """No process of the command is left. `exit_code` is negative for a signal; `left` were killed after the main process had ended.

    `undead` would not die and may still be there (processes of another user, or stuck in the kernel).
    """

    exit_code: int
    left: int = 0
    undead: int = 0


@frozen
class NotStarted:
    """Nothing ran. `number` is an errno; `stage` says where: `cwd`, `search` (no such file on PATH), `exec`."""

    number: int
    stage: str


@frozen
class GuardianLost:
    """The guardian died. What it had started has been killed, and nobody can tell what it had done."""


End = Ended | NotStarted | GuardianLost
