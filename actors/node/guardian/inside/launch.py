"""Start one process: find its file, enter its folder, posix_spawn. The guardian has one thread, so its own folder may change meanwhile."""

# ruff: noqa: PTH116  # pathlib is too heavy an import for the guardian

from __future__ import annotations

import errno
import os
from stat import S_ISREG

from actors.node.guardian.inside.procfs import variable
from actors.node.guardian.inside.rlimits import Limit, confine, lowered
from actors.node.guardian.inside.signals import SIGHUP, SIGINT, SIGPIPE, SIGQUIT, SIGTERM, SIGXFSZ

__all__ = ["LaunchError", "launch"]

_DEFAULT_PATH = b"/usr/local/bin:/usr/bin:/bin"
_RESET = (SIGHUP, SIGINT, SIGPIPE, SIGQUIT, SIGTERM, SIGXFSZ)  # ignored in here; exec would hand that down


class LaunchError(Exception):
    """The process was not started. `number` is an errno, `stage` one of cwd, search, exec."""

    def __init__(self, number: int, stage: bytes) -> None:
        super().__init__(number, stage)
        self.number = number
        self.stage = stage


def launch(argv: list[bytes], env: list[bytes], fds: list[int], limits: list[Limit]) -> int:
    """Start argv with exactly `env`, in the folder fds[0], with fds[1:4] as its standard streams, as leader of a session of its own."""
    folder, *streams = fds
    try:
        _enter(folder)
        path = _find(argv[0], env)
        actions = [(os.POSIX_SPAWN_DUP2, fd, target) for target, fd in enumerate(streams)]
        variables = dict(entry.split(b"=", 1) for entry in env)
        try:
            with lowered(limits):
                pid = os.posix_spawn(path, argv, variables, file_actions=actions, setsid=True, setsigmask=(), setsigdef=_RESET)
        except OSError as error:
            raise LaunchError(error.errno or 0, b"exec") from None
        confine(pid, limits)
        return pid
    finally:
        os.chdir("/")


def _enter(folder: int) -> None:
    try:
        os.fchdir(folder)
    except OSError as error:
        raise LaunchError(error.errno or 0, b"cwd") from None
    if os.fstat(folder).st_nlink == 0:
        raise LaunchError(errno.ENOENT, b"cwd")


def _find(name: bytes, env: list[bytes]) -> bytes:
    """The file to execute: the name itself when it has a slash, else the first executable one on the PATH of the process to be."""
    if b"/" in name:
        return name
    found = errno.ENOENT
    path = variable(b"\0".join(env), b"PATH") or _DEFAULT_PATH
    for folder in path.split(b":") if name else ():
        if not folder:
            continue  # an empty entry means the working folder, where anyone may have put anything
        candidate = folder + b"/" + name
        try:
            regular = S_ISREG(os.stat(candidate).st_mode)
        except OSError:
            continue
        if regular and os.access(candidate, os.X_OK):
            return candidate
        found = errno.EACCES
    raise LaunchError(found, b"search")
