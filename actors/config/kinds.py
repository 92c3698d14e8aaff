"""Kinds of settings that name something outside: programs, addresses, files, secrets by where they lie. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from actors.workflow.hosts import HOST_FORM, host_entry

__all__ = ["ALLOWED", "FORGE", "READERS", "Wrong", "shown_map"]

FORGE = "forge:"
MOST_WORDS, LONGEST = 256, 4_096
NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")
HANDLE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
LOOPBACK = re.compile(r"(?:127\.0\.0\.1|\[::1\]):([0-9]{1,5})")
MOST_PORTS = 65_535
VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,127}")
WITHOUT_RESOLVER = ("human_approval", "human_review", "quality_gate")


class Wrong(ValueError):
    """A value that its rule refuses; the text says what is allowed."""


ALLOWED = {
    "argv": 'a list of words, the first one names the program (["notify-send", "Penstock"]); in the environment as JSON',
    "url": "an address that begins with https:// or http://, without a password in it",
    "path": "an absolute path",
    "loopback": "127.0.0.1 or [::1], a colon, and a port from 1 to 65535",
    "hosts": f"a list of hosts ({HOST_FORM}); in the environment separated by commas",
    "resolvers": 'a table from gate type to a command (list of words), an address (https://…), or "forge:" and the address of a forge\'s '
    "REST API; in the environment as JSON",
    "handles": 'a table from name to "file:" and an absolute path, or "env:" and the name of a variable of the daemon; in the environment '
    "as JSON",
    "policy": 'a table from the name of a tool, or its beginning and *, to allow, ask or deny ({run_command = "ask", "mcp.*" = "deny"}); '
    "in the environment as JSON",
}


def _decoded(raw: object) -> object:
    """What comes from the environment is text, and says lists and tables as JSON."""
    if not isinstance(raw, str):
        return raw
    try:
        return json.loads(raw)
    except (ValueError, RecursionError):
        raise Wrong from None


def _argv(raw: object) -> tuple[str, ...]:
    words = _decoded(raw)
    if not isinstance(words, list) or not 0 < len(words) <= MOST_WORDS:
        raise Wrong
    if not all(isinstance(word, str) and len(word) <= LONGEST and "\0" not in word for word in words) or not words[0].strip():
        raise Wrong
    return tuple(words)


def _url(raw: object) -> str:
    if not isinstance(raw, str) or not 0 < len(raw) <= LONGEST or not raw.isascii() or not raw.isprintable() or " " in raw:
        raise Wrong
    try:
        parts = urlsplit(raw)
        port = parts.port
    except ValueError:
        raise Wrong from None
    if parts.scheme not in ("http", "https") or not parts.hostname or port == 0 or "@" in parts.netloc or parts.fragment:
        raise Wrong
    return raw


def _path(raw: object) -> str:
    if isinstance(raw, str) and raw.startswith("/") and len(raw) <= LONGEST and raw.isprintable():
        return raw
    raise Wrong


def _loopback(raw: object) -> str:
    found = LOOPBACK.fullmatch(raw) if isinstance(raw, str) else None
    if found is None or not 1 <= int(found[1]) <= MOST_PORTS:
        raise Wrong
    return found[0]


def _hosts(raw: object) -> tuple[str, ...]:
    listed = [part for part in raw.split(",") if part.strip()] if isinstance(raw, str) else raw
    if not isinstance(listed, list) or len(listed) > MOST_WORDS:
        raise Wrong
    entries = [host_entry(word) if isinstance(word, str) else None for word in listed]
    if None in entries:
        raise Wrong
    return tuple(entry for entry in entries if entry is not None)


def _resolver(raw: object) -> str | tuple[str, ...]:
    if isinstance(raw, str):
        address = _url(raw.removeprefix(FORGE))
        if raw.startswith(FORGE) and urlsplit(address).query:
            raise Wrong
        return raw
    return _argv(raw)


def _resolvers(raw: object) -> tuple[tuple[str, str | tuple[str, ...]], ...]:
    table = _table(raw, NAME)
    if any(name in WITHOUT_RESOLVER for name in table):
        raise Wrong
    return tuple((name, _resolver(table[name])) for name in sorted(table))


def _handles(raw: object) -> tuple[tuple[str, str], ...]:
    table = _table(raw, HANDLE_NAME)
    return tuple((name, _handle(table[name])) for name in sorted(table))


def _handle(raw: object) -> str:
    kind, _, where = raw.partition(":") if isinstance(raw, str) else ("", "", "")
    if kind == "file":
        return f"file:{_path(where)}"
    if kind == "env" and VARIABLE.fullmatch(where):
        return f"env:{where}"
    raise Wrong


def _policy(raw: object) -> tuple[tuple[str, str], ...]:
    table = _decoded(raw)
    if not isinstance(table, dict):
        raise Wrong
    return _sound(table) if table else ()


def _sound(table: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    from actors.workflow.tool_names import POLICY_WORDS, misnamed  # noqa: PLC0415 - only who says something of tools pays

    if any(misnamed(name) or word not in POLICY_WORDS for name, word in table.items()):
        raise Wrong
    return tuple(sorted(table.items()))


def _table(raw: object, names: re.Pattern[str]) -> Mapping[str, object]:
    table = _decoded(raw)
    if not isinstance(table, dict) or not all(isinstance(name, str) and names.fullmatch(name) for name in table):
        raise Wrong
    return table


def shown_map(value: tuple[tuple[str, str | tuple[str, ...]], ...]) -> dict[str, str | list[str]]:
    """A table as one writes it in the file."""
    return {name: said if isinstance(said, str) else list(said) for name, said in value}


READERS: dict[str, Callable[[object], Any]] = {
    "argv": _argv, "url": _url, "path": _path, "loopback": _loopback, "hosts": _hosts,
    "resolvers": _resolvers, "handles": _handles, "policy": _policy,
}  # fmt: skip
