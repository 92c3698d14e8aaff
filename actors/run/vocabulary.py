"""All event classes of a run's log, and the codec that writes and reads them."""

from __future__ import annotations

from functools import cache

from actors.entity import Fact
from actors.run.evolve import FOLDS
from storage.codec import Codec

__all__ = ["run_codec"]


@cache
def run_codec() -> Codec[Fact]:
    """The codec of run logs. Every event that can be written can be folded: the classes are those that the fold knows."""
    return Codec(FOLDS)
