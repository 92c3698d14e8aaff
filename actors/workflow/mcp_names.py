"""Tools of MCP servers as workflows and personas name them: `mcp.SERVER.TOOL`, or `mcp.SERVER.*` for all of a server. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

__all__ = ["ALL", "FORM", "LONGEST_SERVER", "SERVER_FORM", "covers", "heard_as", "is_server", "servers_of", "split"]

ALL: Final = "*"
FORM: Final = "mcp.SERVER.TOOL, or mcp.SERVER.* for all tools of a server"
SERVER_FORM: Final = "a small letter, then letters, digits and single - or _ between them, at most 32 in all"
LONGEST_SERVER: Final = 32
LONGEST_HEARD: Final = 64
_SERVER: Final = re.compile(r"[a-z][a-z0-9]*(?:[_-][a-z0-9]+)*")
_TOOL: Final = re.compile(r"[!-)+-~]{1,128}")
_FOREIGN: Final = re.compile(r"[^A-Za-z0-9_-]")


def is_server(name: str) -> bool:
    """Whether a server may be called so. No two `_` in a row, so that what the model hears can be told apart."""
    return len(name) <= LONGEST_SERVER and _SERVER.fullmatch(name) is not None


def split(name: str) -> tuple[str, str] | None:
    """Server and tool (`*` for all); None for what is no such name."""
    word, _, rest = name.partition(".")
    server, _, tool = rest.partition(".")
    fine = word == "mcp" and is_server(server) and (tool == ALL or _TOOL.fullmatch(tool) is not None)
    return (server, tool) if fine else None


def covers(permitted: str, name: str) -> bool:
    """Whether who may use `permitted` may use `name`: the same, or one of all tools of a server."""
    if permitted == name:
        return True
    whole, one = split(permitted), split(name)
    return whole is not None and one is not None and whole == (one[0], ALL)


def servers_of(names: Iterable[str]) -> tuple[str, ...]:
    """The servers whose tools are among the names, sorted."""
    return tuple(sorted({found[0] for name in names if (found := split(name)) is not None}))


def heard_as(server: str, tool: str) -> str:
    """The name that the model hears: `mcp__SERVER__TOOL`, at most 64 letters, digits, `_` and `-`.

    A name that does not fit ends in eight digits of the digest of the whole one, so that two tools never sound the same by being cut.
    """
    plain = f"mcp__{server}__{_FOREIGN.sub('_', tool)}"
    if plain == f"mcp__{server}__{tool}" and len(plain) <= LONGEST_HEARD:
        return plain
    from hashlib import sha256  # noqa: PLC0415 - settings import this file, and start the client

    mark = sha256(tool.encode()).hexdigest()[:8]
    return f"{plain[: LONGEST_HEARD - 9]}_{mark}"
