"""Services over a real memory."""

from tests.actors.run.conftest import services

__all__ = ["services"]
