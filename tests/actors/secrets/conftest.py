from __future__ import annotations

from tests.actors.outside.conftest import guardian

__all__ = ["guardian"]
