"""The method about secrets: which there are and where they lie, never what they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from actors.runtime.base import Answer, Base

if TYPE_CHECKING:
    from actors.control import params as p
    from actors.refusals import Principal

__all__ = ["SecretMethods"]


class SecretMethods(Base):
    """What steps can be given by handle."""

    async def secret_list(self, params: p.Nothing, by: Principal) -> Answer:
        tools = self.services.tools()
        return {"secrets": [] if tools.vault is None else await tools.vault.rows(tools.guardian)}
