"""Ids: what one looks like, and how a text becomes one."""

from __future__ import annotations

import re
from collections.abc import Container
from itertools import count
from typing import Final

__all__ = ["ID_FORM", "free_id", "is_id", "provider_name", "slug"]

ID_FORM: Final = "[a-z0-9][a-z0-9._-]{0,127}, without .."
PATTERN = re.compile(r"[a-z0-9][a-z0-9._-]{0,127}")
FOREIGN = re.compile(r"[^a-z0-9._-]")
DOTS = re.compile(r"\.{2,}")


def is_id(text: str) -> bool:
    """Whether a text may be the id of a workflow, node, input or artifact: harmless as a file name."""
    return PATTERN.fullmatch(text) is not None and ".." not in text


def provider_name(text: str) -> str | None:
    """The name of an outside service, trimmed and in lower case; None for a text that is no such name."""
    name = text.strip().lower()
    return name if is_id(name) else None


def slug(text: str) -> str:
    """An id made of any text: lower case, other characters become `-`, cut to 120."""
    lower = "".join(chr(ord(c) + 32) if "A" <= c <= "Z" else c for c in text)
    if not lower[:1].isascii() or not lower[:1].isalnum():
        lower = "n" + lower
    return DOTS.sub(".", FOREIGN.sub("-", lower))[:120]


def free_id(wanted: str, taken: Container[str], start: int = 2) -> tuple[str, int]:
    """The id itself if free, else with the smallest free `.n` from `start`; and the number to start from next time."""
    if wanted not in taken:
        return wanted, start
    return next((name, n + 1) for n in count(start) if (name := f"{wanted}.{n}") not in taken)
