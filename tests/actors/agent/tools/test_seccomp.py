"""The filter of system calls: what it answers on each machine, and what the kernel of this one makes of it."""

from __future__ import annotations

import errno
import hashlib
import json
import platform
import shutil
import stat
import struct
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from actors.agent.tools.filter_file import lay
from actors.agent.tools.seccomp import ALLOWED, CHECKED, KILLED, MACHINES, REFUSED, program

ERROR = 0x0005_0000
ON = pytest.mark.parametrize("machine", sorted(MACHINES))
LOADABLE = pytest.mark.skipif(
    not Path("/proc/sys/kernel/seccomp/actions_avail").exists() or platform.machine() not in MACHINES,
    reason="this kernel has no seccomp, or there is no table for this machine: what the kernel does with the filter is not seen",
)


def answer(machine: str, number: int, *arguments: int, audit: int | None = None) -> int:
    """What a kernel would answer: classic BPF over `struct seccomp_data`, as far as the filter uses it."""
    code, at, loaded = program(machine) or b"", 0, 0
    given = [*arguments, *[0] * (6 - len(arguments))]
    data = struct.pack("<IIQ6Q", number, MACHINES[machine].audit if audit is None else audit, 0, *given)
    while True:
        what, yes, no, operand = struct.unpack_from("<HBBI", code, at * 8)
        at += 1
        if what == 0x06:
            return int(operand)
        if what == 0x20:
            [loaded] = struct.unpack_from("<I", data, operand)
        else:
            holds = {0x15: loaded == operand, 0x35: loaded >= operand, 0x45: bool(loaded & operand)}[what]
            at += yes if holds else no


@ON
def test_every_call_of_the_table_is_refused_and_no_other(machine: str) -> None:
    calls = MACHINES[machine].calls
    refused = {calls[name] for name in REFUSED if name in calls}
    got = {number: answer(machine, number) for number in range(600)}
    assert {number for number, said in got.items() if said == ERROR | errno.EPERM} == refused
    assert {number for number, said in got.items() if said == ERROR | errno.ENOSYS} == {calls["clone3"]}
    assert {number for number, said in got.items() if said == ALLOWED} == set(range(600)) - refused - {calls["clone3"]}


def test_the_machines_differ_in_what_one_of_them_does_not_have() -> None:
    x86, arm = (MACHINES[name].calls for name in ("x86_64", "aarch64"))
    assert (set(x86) - set(arm), set(arm) - set(x86)) == ({"iopl", "ioperm"}, set())
    assert all(len(set(calls.values())) == len(calls) for calls in (x86, arm))
    assert {check.call for check in CHECKED} <= set(arm)


@ON
@pytest.mark.parametrize(
    ("call", "arguments", "refused"),
    [
        ("clone", (0x1000_0011,), True), ("clone", (0x0002_0011,), True), ("clone", (0x003D_0F00,), False), ("clone", (0x11,), False),
        ("ioctl", (0, 0x5412), True), ("ioctl", (0, 0x541C), True), ("ioctl", (0, 0xF_0000_5412), True), ("ioctl", (0x5412, 0x5413), False),
        ("socket", (40, 1), True), ("socket", (1, 1), False), ("socket", (2, 40), False),
    ],
    ids=["user-namespace", "mounts", "thread", "fork", "sti", "tioclinux", "high-word", "window-size", "vsock", "unix", "inet"],
)  # fmt: skip
def test_arguments_are_looked_at(machine: str, call: str, arguments: tuple[int, ...], refused: bool) -> None:
    said = answer(machine, MACHINES[machine].calls[call], *arguments)
    assert said == (ERROR | errno.EPERM if refused else ALLOWED)


@ON
def test_calls_of_another_architecture_do_not_come_through(machine: str) -> None:
    assert answer(machine, 1, audit=0x4000_0003) == KILLED  # i386, whose numbers mean something else
    x32 = answer(machine, 0x4000_0000 | 101)
    assert x32 == (ERROR | errno.ENOSYS if machine == "x86_64" else ALLOWED)


@pytest.mark.parametrize(
    ("machine", "size", "digest"),
    [("x86_64", 896, "13fad7daa0e36340"), ("aarch64", 848, "bc834bdb075a6ba4")],
)
def test_the_bytes_are_always_the_same(machine: str, size: int, digest: str) -> None:
    code = program(machine) or b""
    assert (len(code), hashlib.sha256(code).hexdigest()[:16]) == (size, digest)
    assert len(code) // 8 < 4096  # the most that the kernel takes


def test_for_other_machines_there_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "riscv64")
    assert (program("riscv64"), lay(tmp_path / "f"), list(tmp_path.iterdir())) == (None, None, [])


@pytest.mark.parametrize("found", [None, b"", b"cut"], ids=["nothing", "empty", "another"])
def test_the_file_is_whole_and_its_owner_s(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, found: bytes | None) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "x86_64")
    file = tmp_path / "f"
    if found is not None:
        file.write_bytes(found)
    (tmp_path / "f.part").write_bytes(b"left by one that died" * 100)
    (tmp_path / "f.part").chmod(0o600)
    assert lay(file) == str(file)
    assert (file.read_bytes(), stat.S_IMODE(file.stat().st_mode)) == (program("x86_64"), 0o600)
    before = file.stat()
    assert lay(file) == str(file)
    assert (file.stat().st_ino, file.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)  # what is right is left alone


FILTERED = """
import ctypes, json, os, socket, subprocess, sys, threading
libc = ctypes.CDLL(None, use_errno=True)
code = open(sys.argv[1], "rb").read()
class Program(ctypes.Structure):
    _fields_ = [("len", ctypes.c_ushort), ("filter", ctypes.c_char_p)]
assert libc.prctl(38, 1, 0, 0, 0) == 0  # PR_SET_NO_NEW_PRIVS
assert libc.prctl(22, 2, ctypes.byref(Program(len(code) // 8, code)), 0, 0) == 0  # PR_SET_SECCOMP, SECCOMP_MODE_FILTER
"""
CALLS = """
said = {}
for name, number, arguments in json.loads(sys.argv[2]):
    ctypes.set_errno(0)
    said[name] = ctypes.get_errno() if libc.syscall(number, *map(ctypes.c_long, arguments)) == -1 else 0
print(json.dumps(said))
"""
WORK = """
done = []
thread = threading.Thread(target=done.append, args=("thread",)); thread.start(); thread.join()
if not os.fork():
    os._exit(7)
done.append(os.waitstatus_to_exitcode(os.wait()[1]))
one, other = socket.socketpair(); one.sendall(b"x"); done.append(other.recv(1).decode())
with socket.socket() as inet: inet.bind(("127.0.0.1", 0)); inet.listen()
done.append(subprocess.run(["sh", "-c", "echo out | cat"], capture_output=True, text=True).stdout)
with open(sys.argv[2], "w") as file: file.write("made")
done.append(open(sys.argv[2]).read())
print(json.dumps(done))
"""


def behind(tmp_path: Path, body: str, *more: str) -> str:
    """What a Python process says that has loaded the filter of this machine."""
    filtered = lay(tmp_path / "f")
    assert filtered is not None
    argv = [sys.executable, "-I", "-c", FILTERED + body, filtered, *more]
    return subprocess.run(argv, capture_output=True, text=True, check=True, timeout=60).stdout


@LOADABLE
def test_the_kernel_refuses_what_the_table_names(tmp_path: Path) -> None:
    calls: Mapping[str, int] = MACHINES[platform.machine()].calls
    harmless = -1  # arguments with which none of them would do anything: without the filter the errors are others, or there is none
    rows = [[name, calls[name], [harmless] * 6] for name in REFUSED if name in calls]
    rows += [["clone3", calls["clone3"], [0, 0]], ["clone", calls["clone"], [0x1000_0011, 0, 0, 0, 0]]]
    rows += [
        ["ioctl", calls["ioctl"], [-1, 0x5412, 0]],
        ["window", calls["ioctl"], [-1, 0x5413, 0]],
        ["socket", calls["socket"], [40, 1, 0]],
    ]
    said = json.loads(behind(tmp_path, CALLS, json.dumps(rows)))
    odd = {name: error for name, error in said.items() if error != errno.EPERM}
    assert odd == {"clone3": errno.ENOSYS, "window": errno.EBADF}


@LOADABLE
def test_threads_processes_sockets_and_files_go_on(tmp_path: Path) -> None:
    assert json.loads(behind(tmp_path, WORK, str(tmp_path / "made"))) == ["thread", 7, "x", "out\n", "made"]


@LOADABLE
@pytest.mark.skipif(shutil.which("gcc") is None, reason="there is no C compiler: that one can be used behind the filter is not seen")
def test_a_compiler_goes_on(tmp_path: Path) -> None:
    (tmp_path / "h.c").write_text('#include <stdio.h>\nint main(void) { puts("hello"); return 0; }\n')
    build = "subprocess.run(['gcc', '-o', sys.argv[2], sys.argv[2] + '.c'], check=True); subprocess.run([sys.argv[2]], check=True)"
    assert behind(tmp_path, build, str(tmp_path / "h")) == "hello\n"
