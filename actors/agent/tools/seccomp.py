"""The filter of system calls around a command that a model has chosen: a program of classic BPF for `bwrap --seccomp`. Pure.

Everything goes through but what no build and no test needs and what ways out of sandboxes are made of. It is a list of what is refused,
and not of what is allowed: a command must not break because its library has learnt a new call. A refused call fails as it does for whoever
lacks the right to it (EPERM), so that programs go on where they can do without.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from errno import ENOSYS, EPERM
from typing import Final

from attrs import frozen

__all__ = ["ALLOWED", "CHECKED", "KILLED", "MACHINES", "REFUSED", "Check", "Machine", "program"]

X32: Final = 0x4000_0000
"""What numbers of the x32 ABI begin with: the calls of the machine once more, under numbers that the table does not have."""


@frozen
class Machine:
    """An architecture: its number in `struct seccomp_data`, its numbers of calls by their names; `x32`: whether it has that ABI as well."""

    audit: int
    calls: Mapping[str, int]
    x32: bool = False


@frozen
class Check:
    """A call that is refused with `error` where the low word of an argument has a bit of `mask`, or is one of `values`."""

    call: str
    argument: int
    mask: int = 0
    values: tuple[int, ...] = ()
    error: int = EPERM


# Numbers since Linux 5.1 are the same everywhere.
_COMMON: Final = {
    "io_uring_setup": 425, "io_uring_enter": 426, "io_uring_register": 427, "open_tree": 428, "move_mount": 429, "fsopen": 430,
    "fsconfig": 431, "fsmount": 432, "fspick": 433, "clone3": 435, "pidfd_getfd": 438, "mount_setattr": 442, "quotactl_fd": 443,
    "open_tree_attr": 467,
}  # fmt: skip
MACHINES: Final[Mapping[str, Machine]] = {
    "x86_64": Machine(0xC000_003E, _COMMON | {
        "ioctl": 16, "socket": 41, "clone": 56, "ptrace": 101, "syslog": 103, "pivot_root": 155, "acct": 163, "settimeofday": 164,
        "mount": 165, "umount2": 166, "swapon": 167, "swapoff": 168, "reboot": 169, "iopl": 172, "ioperm": 173, "init_module": 175,
        "delete_module": 176, "quotactl": 179, "clock_settime": 227, "kexec_load": 246, "add_key": 248, "request_key": 249, "keyctl": 250,
        "unshare": 272, "perf_event_open": 298, "open_by_handle_at": 304, "setns": 308, "process_vm_readv": 310, "process_vm_writev": 311,
        "finit_module": 313, "kexec_file_load": 320, "bpf": 321, "userfaultfd": 323,
    }, x32=True),
    "aarch64": Machine(0xC000_00B7, _COMMON | {
        "ioctl": 29, "umount2": 39, "mount": 40, "pivot_root": 41, "quotactl": 60, "acct": 89, "unshare": 97, "kexec_load": 104,
        "init_module": 105, "delete_module": 106, "clock_settime": 112, "syslog": 116, "ptrace": 117, "reboot": 142, "settimeofday": 170,
        "socket": 198, "add_key": 217, "request_key": 218, "keyctl": 219, "clone": 220, "swapon": 224, "swapoff": 225,
        "perf_event_open": 241, "open_by_handle_at": 265, "setns": 268, "process_vm_readv": 270, "process_vm_writev": 271,
        "finit_module": 273, "bpf": 280, "userfaultfd": 282, "kexec_file_load": 294,
    }),
}  # fmt: skip
"""By what `uname -m` says."""

CHECKED: Final = (
    Check("clone", 0, mask=0x7E02_0000),  # CLONE_NEW*: a namespace is where a process has rights that it does not have outside
    Check("ioctl", 1, values=(0x5412, 0x541C)),  # TIOCSTI and TIOCLINUX type into the terminal of whoever started it
    Check("socket", 0, values=(40,)),  # AF_VSOCK reaches the host of a virtual machine past every network namespace
)
_NOT_THERE: Final = "clone3"  # its flags lie in memory, where no filter can look; without it the C library calls `clone`
REFUSED: Final = tuple(sorted({name for one in MACHINES.values() for name in one.calls} - {_NOT_THERE, *(one.call for one in CHECKED)}))
"""The names of what is refused whatever its arguments are."""

ALLOWED: Final = 0x7FFF_0000
KILLED: Final = 0x8000_0000
_ERROR: Final = 0x0005_0000
_LOAD, _RETURN, _IF_EQUAL, _IF_AT_LEAST, _IF_ANY_BIT = 0x20, 0x06, 0x15, 0x35, 0x45
_NUMBER, _AUDIT, _ARGUMENTS = 0, 4, 16
_Instruction = tuple[int, int, int, int]


def program(machine: str) -> bytes | None:
    """The filter for a machine as `uname -m` names it: `struct sock_filter`s, little endian. None where there is no table for it."""
    known = MACHINES.get(machine)
    return None if known is None else b"".join(struct.pack("<HBBI", *one) for one in _instructions(known))


def _instructions(machine: Machine) -> Iterator[_Instruction]:
    """Code, how many instructions to leap over if so, how many if not, and the operand. The number of the call is loaded between rules."""
    yield _LOAD, 0, 0, _AUDIT
    yield from _answer(_IF_EQUAL, machine.audit, otherwise=KILLED)
    yield _LOAD, 0, 0, _NUMBER
    if machine.x32:
        yield from _answer(_IF_AT_LEAST, X32, _ERROR | ENOSYS)
    for name in REFUSED:
        if name in machine.calls:
            yield from _answer(_IF_EQUAL, machine.calls[name], _ERROR | EPERM)
    yield from _answer(_IF_EQUAL, machine.calls[_NOT_THERE], _ERROR | ENOSYS)
    for check in CHECKED:
        yield from _checked(machine.calls[check.call], check)
    yield _RETURN, 0, 0, ALLOWED


def _answer(test: int, operand: int, then: int | None = None, otherwise: int = 0) -> tuple[_Instruction, _Instruction]:
    """Where the test holds, end with `then`; or, where there is none, end with `otherwise` unless it holds."""
    return ((test, 1, 0, operand), (_RETURN, 0, 0, otherwise)) if then is None else ((test, 0, 1, operand), (_RETURN, 0, 0, then))


def _checked(number: int, check: Check) -> Iterator[_Instruction]:
    tests = [(_IF_ANY_BIT, check.mask)] if check.mask else [(_IF_EQUAL, value) for value in check.values]
    rules = [one for test, operand in tests for one in _answer(test, operand, _ERROR | check.error)]
    yield _IF_EQUAL, 0, len(rules) + 2, number
    yield _LOAD, 0, 0, _ARGUMENTS + 8 * check.argument
    yield from rules
    yield _LOAD, 0, 0, _NUMBER
