"""What every event class shares. Facts only; what they mean for a state is the business of that state's `evolve`."""

from __future__ import annotations

from typing import ClassVar

from attrs import frozen

__all__ = ["Fact"]


@frozen
class Fact:
    """One durable fact. `kind` is its name on the wire; fields that equal their default are not stored.

    Fields named in `PRIVATE` are the private body: the fold needs them, nothing that enters the public history does.
    """

    kind: ClassVar[str] = ""
    PRIVATE: ClassVar[frozenset[str]] = frozenset()
