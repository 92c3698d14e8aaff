"""Before any run goes on, the daemon learns those of its secrets that a program prints: so that they are known wherever they turn up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supervision import Actor

if TYPE_CHECKING:
    from actors.node.guardian.guardian import Guardian
    from actors.secrets.vault import Vault

__all__ = ["Locksmith"]


class Locksmith(Actor[None]):
    """Learns them when it starts; whoever uses one asks the vault, which reads it anew."""

    def __init__(self, vault: Vault, guardian: Guardian) -> None:
        self._vault = vault
        self._guardian = guardian

    async def started(self) -> None:
        """One that cannot be read keeps nobody from starting: its step says so."""
        await self._vault.prime(self._guardian)

    def status(self) -> str:
        """How many handles, for the tree."""
        return f"{len(self._vault.names)} secrets by handle"
