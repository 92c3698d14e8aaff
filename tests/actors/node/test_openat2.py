"""The system call that Python does not have."""

from __future__ import annotations

import ctypes
import errno
import os

import pytest

from actors.node import openat2 as module
from actors.node.openat2 import openat2


@pytest.mark.parametrize(("times", "ends"), [(3, None), (1000, errno.EAGAIN)])
def test_when_something_is_renamed_while_the_kernel_looks_it_looks_again(
    monkeypatch: pytest.MonkeyPatch, times: int, ends: int | None
) -> None:
    tries = iter([*[errno.EAGAIN] * times, None])

    def busy(*_: object) -> int:
        if (number := next(tries)) is None:
            return os.open("/dev/null", os.O_RDONLY)
        ctypes.set_errno(number)
        return -1

    monkeypatch.setattr(module._library, "syscall", busy)
    if ends is None:
        os.close(openat2(0, "a", os.O_RDONLY))
    else:
        with pytest.raises(OSError, match="unavailable") as caught:
            openat2(0, "a", os.O_RDONLY)
        assert caught.value.errno == ends
