"""The system call openat2, which Python does not have. Only resolution below a folder, without links."""

from __future__ import annotations

import errno
import os
from ctypes import CDLL, Structure, byref, c_char_p, c_int, c_long, c_size_t, c_uint64, get_errno, sizeof

__all__ = ["openat2"]

_SYS_OPENAT2 = 437  # the same number on every architecture that has it
_NO_MAGICLINKS, _NO_SYMLINKS, _BENEATH = 0x02, 0x04, 0x08
_TRIES = 16  # EAGAIN: something was renamed while the kernel looked


class _How(Structure):
    _fields_ = (("flags", c_uint64), ("mode", c_uint64), ("resolve", c_uint64))


_library = CDLL(None, use_errno=True)
_library.syscall.restype = c_long


def openat2(folder: int, path: str, flags: int) -> int:
    """A descriptor of `path` below the folder. Raises OSError: ELOOP for a link on the way, EXDEV for a way out, ENOSYS on old kernels."""
    how = _How(flags, 0, _BENEATH | _NO_SYMLINKS | _NO_MAGICLINKS)
    for _ in range(_TRIES):
        fd = _library.syscall(c_long(_SYS_OPENAT2), c_int(folder), c_char_p(os.fsencode(path)), byref(how), c_size_t(sizeof(how)))
        if fd >= 0:
            return int(fd)
        if get_errno() != errno.EAGAIN:
            break
    raise OSError(get_errno(), os.strerror(get_errno()), path)
