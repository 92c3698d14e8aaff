"""The command line of a sandbox around a command that a model has chosen (bubblewrap's `bwrap`). Pure.

Inside, everything is to be read and nothing but the working folder to be written; there is no network, no process of outside, no folder of
Penstock, no socket, no home, none of the system calls that ways out are made of (`seccomp`), and whoever holds the sandbox takes it along
when he dies.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from attrs import frozen

__all__ = ["FILTER", "PROGRAM", "Private", "sandboxed"]

PROGRAM: Final = "bwrap"
FILTER: Final = "sandbox.bpf"
"""What the file with the filter of system calls is called in the data folder."""
EMPTY: Final = ("/run", "/tmp")  # noqa: S108  # no file is made here: what lies in them is hidden, sockets above all
"""Folders of the system that are empty inside."""
FILTERED: Final = ("/bin/sh", "-c", 'exec "$@" 9<"$0"')
"""Before the path of a filter and the words of bwrap: it runs them with the file as descriptor 9, which bwrap reads and closes."""


@frozen
class Private:
    """What a command must not see: folders that are empty for it, and files that it cannot open. Absolute, without links, all there."""

    folders: tuple[str, ...] = ()
    files: tuple[str, ...] = ()


def sandboxed(program: str, argv: Sequence[str], work: str, private: Private, filtered: str | None) -> tuple[str, ...]:
    """The words that run `argv` in the folder `work`, which is absolute and without links. `program` is where bwrap lies.

    `filtered` is the file with the filter of system calls, absolute; None for none. Where it cannot be opened, nothing is run.
    """
    mounts = [
        *(("--tmpfs", folder) for folder in EMPTY),
        *(("--tmpfs", folder) for folder in private.folders if folder not in ("/", work)),
        ("--bind", work, work),
        *(("--ro-bind", "/dev/null", file) for file in private.files),
    ]
    mounts.sort(key=lambda mount: mount[-1].count("/"))  # what lies deeper comes later: a folder is hidden with all that is in it but that
    around = () if filtered is None else (*FILTERED, filtered)
    return (
        *around, program, *(("--seccomp", "9") if around else ()),
        "--unshare-all", "--die-with-parent", "--new-session", "--cap-drop", "ALL",  # root's, too: who may unmount sees all
        "--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc",
        *(word for mount in mounts for word in mount), "--chdir", work, "--", *argv,
    )  # fmt: skip
