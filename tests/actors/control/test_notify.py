from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from actors.control import notify


@pytest.fixture
def manager(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    """The service manager's end."""
    path = f"/tmp/pk-notify-{os.getpid()}-{tmp_path.name[-8:]}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        sock.bind(path)
        sock.settimeout(2)
        monkeypatch.setenv("NOTIFY_SOCKET", path)
        yield sock
    Path(path).unlink()


def test_the_manager_hears_of_every_stage(manager: socket.socket) -> None:
    assert [notify.ready("up"), notify.status("busy"), notify.watchdog(), notify.stopping("bye")] == [True] * 4
    assert [manager.recv(100) for _ in range(4)] == [b"READY=1\nSTATUS=up", b"STATUS=busy", b"WATCHDOG=1", b"STOPPING=1\nSTATUS=bye"]


def test_an_abstract_address_is_understood(monkeypatch: pytest.MonkeyPatch) -> None:
    name = f"pk-notify-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        sock.bind(f"\0{name}")
        sock.settimeout(2)
        monkeypatch.setenv("NOTIFY_SOCKET", f"@{name}")
        assert notify.watchdog()
        assert sock.recv(100) == b"WATCHDOG=1"


@pytest.mark.parametrize("address", ["", "relative", "/nowhere/at/all"])
def test_without_a_manager_nothing_happens(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", address)
    assert not notify.ready("up")


def test_signs_of_life_come_twice_as_often_as_they_must() -> None:
    mine = str(os.getpid())
    assert notify.watchdog_interval({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": mine}) == 15.0
    assert notify.watchdog_interval({"WATCHDOG_USEC": "30000000"}) == 15.0
    assert notify.watchdog_interval({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "1"}) is None
    assert notify.watchdog_interval({"WATCHDOG_USEC": "0"}) is None
    assert notify.watchdog_interval({}) is None
