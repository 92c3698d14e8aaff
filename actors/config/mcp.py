"""`[mcp.NAME]`: servers of the Model Context Protocol, whose tools agents may use. Pure: nothing is started and no secret read here."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from attrs import Factory, field, frozen

from actors.config.backends import LOOPBACK, Flaw, read_headers, read_time
from actors.config.cli_agents import names_of_variables
from actors.config.kinds import ALLOWED, READERS, Wrong
from actors.workflow.mcp_names import SERVER_FORM, is_server, split

__all__ = ["KEYS", "McpServer", "read_servers"]

MOST: Final = 64
MOST_NAMES: Final = 256


@frozen
class McpServer:
    """One server: a `command` that is started and spoken to over its standard streams, or the `url` of one that runs elsewhere.

    `env` names variables of the daemon that the command is given beside the usual ones, `folder` is where it runs. `token_env` (a
    variable) or `token_file` is where the token lies that goes to the address; `headers` go there, too, and may be secret. `tools` are
    those that agents may use, None for all; `read_only` those that are safe to repeat. Times are milliseconds: of one use, of a start,
    and how long the server runs without being used.
    """

    name: str
    command: tuple[str, ...] | None = None
    url: str | None = field(default=None, repr=False)
    env: tuple[str, ...] = ()
    folder: str = "/"
    token_env: str | None = None
    token_file: str | None = None
    headers: Mapping[str, str] = field(default=Factory(dict), repr=False)
    tools: tuple[str, ...] | None = None
    read_only: tuple[str, ...] = ()
    timeout_ms: int = 60_000
    start_ms: int = 30_000
    idle_ms: int = 300_000

    @property
    def place(self) -> str:
        """Its program or its address, with nothing in it that may be secret."""
        if self.command is not None:
            return self.command[0] + (f" (and {len(self.command) - 1} more words)" if len(self.command) > 1 else "")
        url = urlsplit(self.url or "")
        return f"{url.scheme}://{url.netloc}{url.path}"


def read_servers(raw: Mapping[str, Any]) -> tuple[tuple[McpServer, ...], tuple[Flaw, ...]]:
    """The servers of the file, by name, and everything that is wrong."""
    flaws: list[Flaw] = []
    if len(raw) > MOST:
        return (), (Flaw("", "there are too many servers", len(raw), f"at most {MOST}"),)
    found = []
    for name, table in raw.items():
        if not is_server(name):
            flaws.append(Flaw(name[:80], "not a name of a server", name[:80], SERVER_FORM))
        elif not isinstance(table, dict):
            flaws.append(Flaw(name, "a server is a table", table, f"[mcp.{name}] with " + ", ".join(KEYS)))
        else:
            found.append(_read(name, table, flaws))
    return tuple(sorted(found, key=lambda one: one.name)), tuple(flaws)


def _read(name: str, table: Mapping[str, Any], flaws: list[Flaw]) -> McpServer:
    values: dict[str, Any] = {}
    for key, raw in table.items():
        if key not in KEYS:
            flaws.append(Flaw(f"{name}.{key[:80]}", "no such setting", "", ", ".join(KEYS)))
            continue
        attribute, allowed, read = KEYS[key]
        try:
            value = read(raw)
        except Wrong:
            value = None
        if value is None:
            flaws.append(Flaw(f"{name}.{key}", "not an allowed value", raw if key in SHOWN else "", allowed))
        else:
            values[attribute] = value
    server = McpServer(name, **values)
    _check(server, table, flaws)
    return server


def _check(server: McpServer, table: Mapping[str, Any], flaws: list[Flaw]) -> None:
    """What hangs on another key."""
    name = server.name
    if ("command" in table) == ("url" in table):
        said = "stands beside url" if "url" in table else "is missing, and so is url"
        flaws.append(Flaw(f"{name}.command", said, "", "a command that is started, or the url of a server that runs elsewhere"))
    strange, allowed = (FOREIGN["url"], "with command alone") if "url" in table else (FOREIGN["command"], "with url alone")
    flaws += [Flaw(f"{name}.{key}", "says nothing of such a server", "", allowed) for key in strange if key in table]
    if server.token_env is not None and server.token_file is not None:
        flaws.append(Flaw(f"{name}.token_file", "stands beside token_env", "", "one of the two"))
    url = urlsplit(server.url or "")
    secret = server.token_env or server.token_file or server.headers
    if secret and url.scheme == "http" and not LOOPBACK.fullmatch(url.hostname or ""):
        flaws.append(Flaw(f"{name}.url", "would send its token or headers unencrypted", "", "https, or http to this machine"))
    if server.tools is not None and (foreign := [tool for tool in server.read_only if tool not in server.tools]):
        flaws.append(Flaw(f"{name}.read_only", "names a tool that is not among tools", foreign[0], ", ".join(server.tools)))


def _tools(raw: object) -> tuple[str, ...] | None:
    names = _texts(raw)
    return names if names is not None and all(name != "*" and split(f"mcp.x.{name}") for name in names) else None


def _texts(raw: object) -> tuple[str, ...] | None:
    fine = isinstance(raw, list) and len(raw) <= MOST_NAMES and all(isinstance(one, str) for one in raw)
    return tuple(dict.fromkeys(raw)) if isinstance(raw, list) and fine else None


def _variable(raw: object) -> str | None:
    return raw if isinstance(raw, str) and re.fullmatch(r"[A-Z_][A-Z0-9_]{0,127}", raw) else None


_A_TIME: Final = "a duration of at most a day"
_TOOLS: Final = "a list of at most 256 names of tools, as the server has them"
KEYS: Final[dict[str, tuple[str, str, Callable[[object], Any]]]] = {
    "command": ("command", ALLOWED["argv"].partition(";")[0], READERS["argv"]),
    "url": ("url", ALLOWED["url"], READERS["url"]),
    "env": ("env", "a list of at most 64 names of variables of the daemon; none of Penstock's own", names_of_variables),
    "folder": ("folder", "the absolute path of a folder", READERS["path"]),
    "token_env": ("token_env", "the name of a variable of the daemon, in capitals", _variable),
    "token_file": ("token_file", ALLOWED["path"], READERS["path"]),
    "headers": ("headers", "a table of at most 32 names and printable ASCII texts; none that the protocol needs itself", read_headers),
    "tools": ("tools", _TOOLS, _tools),
    "read_only": ("read_only", _TOOLS, _tools),
    "timeout": ("timeout_ms", _A_TIME, read_time),
    "start": ("start_ms", _A_TIME, read_time),
    "idle": ("idle_ms", _A_TIME, read_time),
}
"""Key of the file to attribute, what is allowed, and how it is read (None or Wrong: refused)."""
SHOWN: Final = ("env", "folder", "tools", "read_only", "timeout", "start", "idle")
"""Where nobody puts a secret, not even by mistake: what was found there is told."""
FOREIGN: Final = {"url": ("env", "folder"), "command": ("token_env", "token_file", "headers")}
