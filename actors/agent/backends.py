"""The door to the services that models run at, as the rest of the room sees it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from actors.agent.provider.messages import Provider

__all__ = ["Backends"]


class Backends(Protocol):
    """The backends of one daemon."""

    def available(self) -> Mapping[str, str]:
        """Each backend that is configured, with why it cannot be used; "" where it can."""
        ...

    def provider(self, name: str, model: str) -> Provider:
        """Who answers for the model at that backend. Raises ProviderFailure where there is none of that name."""
        ...
