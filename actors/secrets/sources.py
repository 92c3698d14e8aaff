"""Reading a secret where it lies: when it is needed, so that a changed one holds at once."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from actors.outside.trouble import Trouble

if TYPE_CHECKING:
    from actors.config.secrets import SecretSource
    from actors.node.guardian.guardian import Guardian

__all__ = ["read_here", "read_source"]

LARGEST: Final = 4 << 10
"""Bytes of a secret."""
PATIENCE_S: Final = 10.0


async def read_source(source: SecretSource, environ: Mapping[str, str], guardian: Guardian, base_env: Mapping[str, str]) -> str:
    """The secret. Raises Trouble `secret_unreadable`, which names the place and never what lies there.

    `base_env` is the environment of a command that prints it.
    """
    if source.command is None:
        return read_here(source, environ)
    from actors.outside.program import Program, run_program  # noqa: PLC0415  most secrets need no program

    try:
        said = await run_program(guardian, Program(source.command, base_env, f"secret/{source.name}", b"", PATIENCE_S))
    except Trouble as trouble:
        raise Trouble("secret_unreadable", f"the command of the secret {source.name} gives none: {trouble.code}") from None
    return _checked(said, f"the command of the secret {source.name}")


def read_here(source: SecretSource, environ: Mapping[str, str]) -> str:
    """The secret of a variable or a file. Raises as `read_source`."""
    if source.env is not None:
        return _checked(environ.get(source.env, "").encode(errors="surrogateescape"), f"the variable {source.env}")
    assert source.file is not None
    return _checked(_read_file(source.file), f"the file {source.file}")


def _read_file(path: str) -> bytes:
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        with os.fdopen(fd, "rb") as file:
            about = os.fstat(file.fileno())
            if not stat.S_ISREG(about.st_mode) or about.st_mode & 0o077:
                text = f"the file {path} has to be a plain file that only its owner may read or write: chmod 600 {path}"
                raise Trouble("secret_unreadable", text)
            return file.read(LARGEST + 1)
    except OSError as error:
        raise Trouble("secret_unreadable", f"the file {path} cannot be read: {error.strerror}") from None


def _checked(data: bytes, where: str) -> str:
    try:
        found = data.decode().strip()
    except UnicodeDecodeError:
        raise Trouble("secret_unreadable", f"{where} holds something that is no text") from None
    if not found:
        raise Trouble("secret_unreadable", f"{where} holds nothing, or is not there")
    if len(data) > LARGEST or not found.isprintable():
        raise Trouble("secret_unreadable", f"{where} holds more than one line of at most {LARGEST} bytes")
    return found
