"""What an attempt needs beside its order: the guardian, the store of contents, limits, loaded modules. Made once per daemon."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol

import trio
from attrs import Factory, define, field, frozen

from actors.node.environment import inherited
from actors.node.guardian.guardian import Guardian
from actors.node.python.modules import Modules

if TYPE_CHECKING:
    from actors.agent.house import House
    from actors.secrets.redactor import Redactor
    from actors.secrets.vault import Vault

__all__ = ["Blobs", "NodeSettings", "Tools"]


class Blobs(Protocol):
    """Where artifacts are kept by content."""

    async def put_file(self, fd: int) -> tuple[str, int]:
        """Store everything that the descriptor reads from its beginning; its SHA-256 in hex, and its size."""
        ...


@frozen
class NodeSettings:
    """Limits that hold for every attempt. Sizes are bytes.

    `kill_grace_ms`: from TERM to KILL. `inherit_env`: names of the daemon's variables that processes get. `output_cap`: of both log files
    of an attempt together. `threads`: sync python functions at once; one that was given up keeps its thread until it returns, so this is
    also the most of those there can be. `inline_imports`: import python modules in the loop and not in a thread (under a mocked clock).
    `http_hosts`: what http nodes may reach; None: all of the open network.
    """

    kill_grace_ms: int = 5_000
    inherit_env: tuple[str, ...] = ("PATH", "HOME", "LANG", "TZ", "TMPDIR")
    output_cap: int = 8 << 20
    artifact_cap: int = 1 << 30
    threads: int = 16
    inline_imports: bool = False
    http_hosts: tuple[str, ...] | None = None


@define
class Tools:
    """Shared by all attempts of one daemon. `environ` is read once, at the start; `agents` is what agents need beside.

    `vault` knows the secrets.
    """

    guardian: Guardian
    blobs: Blobs
    settings: NodeSettings = NodeSettings()
    environ: Mapping[str, str] = Factory(lambda: dict(os.environ))
    modules: Modules = Factory(Modules)
    agents: House | None = None
    vault: Vault | None = None
    base_env: dict[str, str] = field(init=False)
    threads: trio.CapacityLimiter = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.base_env = inherited(self.environ, self.settings.inherit_env)
        self.threads = trio.CapacityLimiter(self.settings.threads)

    @property
    def redactor(self) -> Redactor | None:
        """What keeps secrets out of what attempts say; None where none is known."""
        return self.vault.redactor if self.vault is not None and self.vault.redactor.active else None
