"""The guardian's loop. It outlives its daemon only as long as it takes to kill every process below itself."""

from __future__ import annotations

import os
import select
from _socket import socket
from time import monotonic, sleep

from actors.node.guardian.inside import procfs, wire
from actors.node.guardian.inside.rlimits import read
from actors.node.guardian.inside.signals import SIG_IGN, SIGCHLD, SIGHUP, SIGINT, SIGKILL, SIGQUIT, SIGTERM, set_wakeup_fd, signal
from actors.node.guardian.inside.warden import Warden

__all__ = ["main"]

PR_SET_CHILD_SUBREAPER = 36
LAST_GRACE = 0.5  # seconds from TERM to KILL when the daemon is gone
AGAIN, SLOWEST = 0.01, 1.0


def main(descriptor: str, *limits: str) -> None:
    """Serve the daemon at the other end of the socket until it is gone, then kill all that is left. `limits`: see `rlimits.read`."""
    fd = int(descriptor)
    os.set_inheritable(fd, False)
    sock = socket(fileno=fd)
    _become_subreaper()
    os.umask(0o077)
    os.chdir("/")
    woken, waker = os.pipe()
    os.set_blocking(woken, False)
    os.set_blocking(waker, False)
    for number in (SIGHUP, SIGINT, SIGQUIT, SIGTERM):
        signal(number, SIG_IGN)  # a service manager signals the whole group; the daemon decides, and needs us for its orderly end
    signal(SIGCHLD, lambda *_: None)
    set_wakeup_fd(waker, warn_on_full_buffer=False)
    try:
        _serve(sock, Warden(sock, read(limits)), woken)
    finally:
        sock.close()
        _purge()


def _become_subreaper() -> None:
    from ctypes import CDLL, get_errno  # noqa: PLC0415  # 3 ms that the daemon, which imports this package's other modules, need not pay

    if CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        raise OSError(get_errno(), "prctl(PR_SET_CHILD_SUBREAPER)")


def _serve(sock: socket, warden: Warden, woken: int) -> None:
    poll = select.poll()
    poll.register(sock.fileno(), select.POLLIN)
    poll.register(woken, select.POLLIN)
    while True:
        ready = [fd for fd, _ in poll.poll(warden.wait_ms())]
        if woken in ready:
            os.read(woken, 4096)
            warden.reap()
        if sock.fileno() in ready:
            try:
                message = wire.receive(sock)
            except OSError:
                return
            if message is None:
                return
            warden.handle(*message)
        warden.tick()


def _purge() -> None:
    """Kill everything below this process, again and again until nothing is left."""
    _signal_all(SIGTERM)
    deadline = monotonic() + LAST_GRACE
    pause = AGAIN
    while _reap_all():
        if monotonic() >= deadline:
            _signal_all(SIGKILL)
            pause = min(pause * 1.1, SLOWEST)  # some may not be ours to kill: wait for them without keeping the machine busy
        sleep(pause)


def _signal_all(number: int) -> None:
    for pid in procfs.children(os.getpid()):
        root = procfs.stat(pid)
        for process in procfs.descendants(root) if root else ():
            procfs.send_signal(process, number)


def _reap_all() -> bool:
    """Wait for all that has ended; whether a child is left."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        return False
    return True
