"""What the guardian does when the world is unkind to it: tried in this process, on its own work."""

from __future__ import annotations

import errno
import os
import signal
import socket
from collections.abc import Iterator

import pytest

from actors.node.guardian.inside import procfs, warden, wire
from actors.node.guardian.inside.warden import Warden


class Daemon:
    """The other end of a warden's socket."""

    def __init__(self) -> None:
        self.sock, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.theirs = theirs
        self.warden = Warden(theirs, [])

    def spawn(self, name: bytes, *argv: bytes) -> None:
        fds = [os.open("/", os.O_PATH), *(os.open("/dev/null", os.O_RDWR) for _ in range(3))]
        self.warden.handle([wire.SPAWN, name, b"token", b"%d" % len(argv), *argv], fds)

    def hear(self) -> list[bytes]:
        message = wire.receive(self.sock)
        assert message is not None
        for fd in message[1]:
            os.close(fd)
        return message[0]

    def close(self) -> None:
        self.sock.close()
        self.theirs.close()


@pytest.fixture
def daemon() -> Iterator[Daemon]:
    daemon = Daemon()
    yield daemon
    daemon.close()


def test_processes_that_will_not_die_are_reported_and_not_waited_for(daemon: Daemon, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(warden, "UNDEAD_AFTER", 0.0)
    daemon.spawn(b"1", b"/bin/sleep", b"1000")
    pid = int(daemon.hear()[2])
    with monkeypatch.context() as patch:
        patch.setattr(procfs, "send_signal", lambda *_: False)
        daemon.warden.handle([wire.KILL, b"1", b"0"], [])
    assert daemon.hear() == [wire.ENDED, b"1", b"-9", b"0", b"1"]
    assert daemon.warden.wait_ms() is None
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)


def test_a_guardian_without_room_for_descriptors_refuses(daemon: Daemon) -> None:
    daemon.warden.handle([wire.SPAWN, b"1", b"token", b"1", b"/bin/true"], [os.open("/", os.O_PATH)])
    assert daemon.hear() == [wire.NOT_STARTED, b"1", b"%d" % errno.EMFILE, b"exec"]


def test_a_start_is_told_without_a_descriptor_when_there_is_none_left(daemon: Daemon, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_pid: int) -> int:
        raise OSError(errno.EMFILE, "Too many open files")

    monkeypatch.setattr(os, "pidfd_open", full)
    daemon.spawn(b"1", b"/bin/true")
    message = wire.receive(daemon.sock)
    assert message is not None
    assert (message[0][:2], message[1]) == ([wire.STARTED, b"1"], [])
    os.waitpid(int(message[0][2]), 0)


def test_an_order_about_nobody_is_ignored(daemon: Daemon) -> None:
    daemon.warden.handle([wire.KILL, b"9", b"0"], [])
    daemon.warden.reap()
    assert daemon.warden.wait_ms() is None


def test_a_daemon_that_went_away_does_not_disturb_the_guardian(daemon: Daemon) -> None:
    daemon.sock.close()
    daemon.spawn(b"1", b"/no/such/file")
    assert daemon.warden.wait_ms() is None


def test_a_second_order_to_kill_changes_nothing(daemon: Daemon) -> None:
    daemon.spawn(b"1", b"/bin/sleep", b"1000")
    pid = int(daemon.hear()[2])
    daemon.warden.handle([wire.KILL, b"1", b"0"], [])
    daemon.warden.handle([wire.KILL, b"1", b"5000"], [])
    assert (daemon.warden.wait_ms() or 0) < 1000
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    daemon.warden.reap()
    assert daemon.hear() == [wire.ENDED, b"1", b"-9", b"0", b"0"]


def test_a_message_may_be_longer_than_a_packet() -> None:
    one, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    fields = [b"spawn", b"x" * 1_000_000, b"", b"y"]
    null = os.open("/dev/null", os.O_RDONLY)
    with one, other:
        wire.send(one, fields, [null])
        found = wire.receive(other)
    assert found is not None
    assert found[0] == fields
    assert [os.fstat(fd).st_rdev for fd in found[1]] == [os.fstat(null).st_rdev]
    assert [os.get_inheritable(fd) for fd in found[1]] == [False]
    for fd in (null, *found[1]):
        os.close(fd)


def test_the_end_of_the_other_side_is_no_message() -> None:
    one, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with other:
        one.close()
        assert wire.receive(other) is None
