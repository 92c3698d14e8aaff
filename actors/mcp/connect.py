"""From a server's settings to the wire that leads to it: its environment and its secrets, found at each start."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import partial
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import frozen

from actors.mcp.http import Address, Http
from actors.mcp.servers import log_of
from actors.mcp.stdio import Launch, Stdio
from actors.mcp.wire import Wire
from actors.outside.secrets import read_secret
from actors.outside.trouble import Trouble

if TYPE_CHECKING:
    from actors.config.mcp import McpServer
    from actors.node.guardian.guardian import Guardian

__all__ = ["Connector"]

_starts = count(1)


@frozen
class Connector:
    """Makes wires. `environ` is the daemon's environment, `inherit` what of it every process gets; `keys` are the variables with the
    keys of models, which no server gets unless its own settings name them. `data` is the data folder.
    """

    guardian: Guardian
    environ: Mapping[str, str]
    inherit: Collection[str]
    keys: Collection[str]
    data: Path

    def wire(self, server: McpServer) -> Wire:
        """Where it leads is found when it runs."""
        if server.command is not None:
            return Stdio(self.guardian, partial(self._launch, server, server.command))
        return Http(partial(self._address, server, server.url or ""))

    def _launch(self, server: McpServer, argv: tuple[str, ...]) -> Launch:
        if missing := [name for name in server.env if name not in self.environ]:
            text = f"the variable {missing[0]}, which mcp.{server.name}.env names, is not set for the daemon; set it, or name it no more"
            raise Trouble("mcp_misconfigured", text)
        names = [name for name in self.inherit if name not in self.keys] + list(server.env)
        env = {name: self.environ[name] for name in names if name in self.environ}
        return Launch(argv, env, server.folder, f"mcp/{server.name}/{next(_starts)}", log_of(self.data, server.name))

    def _address(self, server: McpServer, url: str) -> Address:
        token = ""
        if server.token_env is not None:
            token = self.environ.get(server.token_env, "").strip()
            if not token.isascii() or not token.isprintable() or not token or " " in token:
                text = f"the variable {server.token_env}, which should hold the token of mcp.{server.name}, holds none"
                raise Trouble("mcp_misconfigured", text)
        elif server.token_file is not None:
            token = read_secret(f"file:{server.token_file}")
            if not token.isascii() or " " in token:
                raise Trouble("mcp_misconfigured", f"the file {server.token_file} holds something that is no token")
        return Address(url, {**server.headers, **({"authorization": f"Bearer {token}"} if token else {})}, token)
