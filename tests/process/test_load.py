"""Hundreds of clients, and some that do not read: what a person needs is answered in time, and nothing piles up (G17, G18, G27)."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from actors.control.client import CallRefused, Client, Disconnected
from tests.process.house import House, living, until

pytestmark = pytest.mark.slow
BUSY = 3.0  # one second is the promise; the machine of a test has two cores, and the clients take one of them
FLOOD = """
import json, os, select, socket, sys
path, count, folder = sys.argv[1], int(sys.argv[2]), sys.argv[3]
text = "penstock: 1\\nworkflow: flood\\nnodes:\\n  - {id: a, python: 'steps:quick'}\\n"
poll, number = select.poll(), 0
socks = {}
for _ in range(count):
    sock = socket.socket(socket.AF_UNIX); sock.connect(path); socks[sock.fileno()] = sock
    poll.register(sock, select.POLLIN | select.POLLOUT)
while True:
    for fd, _ in poll.poll():
        number += 1
        call = {"jsonrpc": "2.0", "id": number, "method": "run.list", "params": {"limit": 50}}
        if number % 5 == 0:
            params = {"text": text, "notation": "yaml", "source": "f", "folder": folder, "request_id": f"{os.getpid()}-{number}"}
            call |= {"method": "run.start", "params": params}
        try:
            socks[fd].setblocking(False)
            try:
                socks[fd].recv(1 << 20)
            except BlockingIOError:
                pass
            socks[fd].send(json.dumps(call).encode() + b"\\n")
        except BlockingIOError:
            pass
        except OSError:
            poll.unregister(fd); socks.pop(fd).close()
            sock = socket.socket(socket.AF_UNIX)
            try:
                sock.connect(path)
            except OSError:
                continue
            socks[sock.fileno()] = sock; poll.register(sock, select.POLLIN | select.POLLOUT)
"""


@contextmanager
def _flood(house: House, clients: int) -> Iterator[None]:
    """That many connections of another process, each asking and starting as fast as it is let."""
    argv = [sys.executable, "-c", FLOOD, str(house.socket), str(clients), str(Path(__file__).parent)]
    process = subprocess.Popen(argv, stderr=subprocess.DEVNULL)
    try:
        until(lambda: house.call("system.info")["runs"].get("completed", 0) > 5, 20.0)
        yield
        assert process.poll() is None, "the flood has ended before its time"
    finally:
        process.kill()
        process.wait(5)


def test_two_hundred_clients_do_not_keep_a_person_from_looking_and_steering(house: House) -> None:
    house.start()
    asking = house.run("  - {id: ask, gate: human_approval, prompt: Go?}\n")
    doomed = house.run("  - {id: a, shell: 'touch up; sleep 60', MARK}\n")
    house.wait_work(doomed)
    with _flood(house, 200):
        waits = {}
        for method, params in (
            ("system.info", {}), ("run.get", {"run_id": asking}), ("run.list", {}), ("gate.list", {}), ("gate.get", {"run_id": asking}),
            ("gate.decide", {"run_id": asking, "decision": "approve"}), ("run.cancel", {"run_id": doomed}),
        ):  # fmt: skip
            begun = time.monotonic()
            house.change(method, **params) if method in ("gate.decide", "run.cancel") else house.call(method, **params)
            waits[method] = time.monotonic() - begun
        assert max(waits.values()) < BUSY, waits
        assert living(house.mark) == []
        begun = time.monotonic()
        house.call("system.shutdown")
        assert house.daemon.wait(12) == 0
        assert time.monotonic() - begun < 11.0
    house.start()
    assert house.call("store.verify")["ok"]


def _resident_kib(pid: int) -> int:
    return next(int(line.split()[1]) for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("VmRSS"))


def _descriptors(house: House) -> int:
    return len(list(Path(f"/proc/{house.daemon.pid}/fd").iterdir()))


def test_who_does_not_read_is_cut_off_and_costs_nothing(house: House) -> None:
    house.start()
    for _ in range(20):
        house.run("  - {id: a, python: 'steps:ok', with: {value: " + json.dumps("x" * 60_000) + "}}\n")
    until(lambda: house.call("system.info")["runs"] == {"completed": 20})
    run_id = house.call("run.list")["runs"][0]["run_id"]
    fds, memory = _descriptors(house), _resident_kib(house.daemon.pid)
    ask = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "run.get", "params": {"run_id": run_id}}).encode() + b"\n"
    with ExitStack() as stack:
        for _ in range(60):
            deaf = stack.enter_context(socket.socket(socket.AF_UNIX))
            deaf.connect(str(house.socket))
            deaf.setblocking(False)
            for _ in range(200):
                try:
                    deaf.send(ask)
                except BlockingIOError:
                    break
        begun = time.monotonic()
        house.call("run.get", run_id=run_id)
        assert time.monotonic() - begun < BUSY
        assert _resident_kib(house.daemon.pid) - memory < 60 * 1024  # 60 times what is queued for one, and what one has said
        until(lambda: _descriptors(house) <= fds + 2, 12.0, lambda: _descriptors(house))
    assert house.daemon.poll() is None


@pytest.mark.parametrize(
    "line",
    [
        b"\n", b"{}\n", b"[]\n", b"null\n", b"{\n", b"\xff\xfe\x00\n", b"\xef\xbb\xbf{}\n", b'{"a":1,"a":2}\n', b'{"id":NaN}\n',
        b"[" * 100_000 + b"\n",
        b'{"id":' + b"9" * 5_000 + b"}\n", b'"\\ud800"\n', b'{"jsonrpc":"2.0","id":1,"method":"nothing"}\n', b"x" * (1 << 20) + b"x\n",
    ],
    ids=range(14),
)  # fmt: skip
def test_any_line_gets_an_error_and_the_next_client_an_answer(open_house: House, line: bytes) -> None:
    with socket.socket(socket.AF_UNIX) as sock:
        sock.connect(str(open_house.socket))
        sock.settimeout(5)
        sock.sendall(line)
        answer = json.loads(sock.makefile("rb").readline())
        assert answer["error"]["data"]["code"] in ("bad_request", "method_unknown")
    assert open_house.call("system.ping")["pong"]


def test_clients_that_die_at_any_moment_leave_nothing_behind(open_house: House) -> None:
    fds = _descriptors(open_house)
    start = {"text": "penstock: 1\nworkflow: w\nnodes:\n  - {id: a, python: 'steps:quick'}\n", "notation": "yaml", "source": "w"}
    for number in range(60):
        call = {"jsonrpc": "2.0", "id": 1, "method": "run.start", "params": {**start, "folder": "/", "request_id": f"dead-{number}"}}
        line = json.dumps(call).encode() + b"\n"
        with socket.socket(socket.AF_UNIX) as sock:
            sock.connect(str(open_house.socket))
            sock.send(line[: len(line) * (number % 20) // 19])
    until(lambda: _descriptors(open_house) <= fds + 1, 8.0, lambda: (fds, _descriptors(open_house)))
    assert open_house.call("system.ping")["pong"]


def _connected(house: House) -> bool:
    try:
        return bool(house.call("run.list"))
    except (CallRefused, Disconnected):
        return False


def test_connections_beyond_the_bound_are_turned_away_and_a_person_still_gets_in(open_house: House) -> None:
    with ExitStack() as stack:
        for _ in range(300):
            sock = stack.enter_context(socket.socket(socket.AF_UNIX))
            sock.connect(str(open_house.socket))
        with pytest.raises((CallRefused, Disconnected)) as refused, Client(open_house.socket, timeout=5.0) as client:
            client.call("run.list")
        assert "taken" in str(refused.value)
    until(lambda: _connected(open_house))


def test_the_same_request_from_many_sides_is_applied_once(open_house: House) -> None:
    runs: list[str] = []
    text = "penstock: 1\nworkflow: once\nnodes:\n  - {id: a, python: 'steps:quick'}\n"
    params = {"text": text, "notation": "yaml", "source": "w", "folder": os.fspath(Path(__file__).parent), "request_id": "the-same"}
    threads = [threading.Thread(target=lambda: runs.append(str(open_house.call("run.start", **params)["run_id"]))) for _ in range(30)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert len(runs) == 30
    assert len(set(runs)) == 1
