"""The store of fixture F, and services over a real memory, for all tests of this room."""

from tests.actors.projection.fixture import memory
from tests.actors.run.conftest import services

__all__ = ["memory", "services"]
