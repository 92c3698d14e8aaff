"""Secrets by where they lie: read when they are needed, so that a changed one holds at once and none is kept."""

from __future__ import annotations

import os
from pathlib import Path

from actors.outside.trouble import Trouble

__all__ = ["read_secret"]

LARGEST = 64 << 10


def read_secret(handle: str) -> str:
    """The secret behind `file:PATH` or `env:NAME`, without blanks around it. Raises Trouble `secret_unreadable`, which names the place."""
    kind, _, where = handle.partition(":")
    if kind == "env":
        found = os.environ.get(where, "")
    else:
        try:
            with Path(where).open("rb") as file:
                found = file.read(LARGEST).decode()
        except (OSError, UnicodeDecodeError) as error:
            raise Trouble("secret_unreadable", f"{where} cannot be read: {getattr(error, 'strerror', None) or 'it is no text'}") from None
    found = found.strip()
    if not found or not found.isprintable():
        raise Trouble("secret_unreadable", f"{where} holds {'nothing' if not found else 'more than one line'}; one line is expected")
    return found
