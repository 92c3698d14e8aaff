"""What became of the file that one attempt of an agent was to leave. Data. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import frozen

__all__ = ["ArtifactRow"]


@frozen
class ArtifactRow:
    """`valid` is false also for a file that cannot be read, and None while nobody has looked. `errors` are all that were found."""

    node_id: str
    instance: int
    attempt: int
    path: str
    schema: str | None = None
    valid: bool | None = None
    sha256: str | None = None
    size: int | None = None
    errors: tuple[Mapping[str, Any], ...] = ()
