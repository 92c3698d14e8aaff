"""The store of fixture F for all tests of this room."""

from tests.actors.projection.fixture import memory

__all__ = ["memory"]
