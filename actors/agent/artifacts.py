"""The facts of an agent's attempt in its run's log: what it was asked for, and what became of that (engine spec 2, 6). Pure.

Each stands there at most once for a node, instance and attempt: one that repeats another says nothing new.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from attrs import frozen

from actors.entity import Fact

__all__ = [
    "ArtifactExpected", "ArtifactInvalid", "ArtifactTimeout", "ArtifactValidated", "PromptRepaired", "PromptSent",
]  # fmt: skip


@frozen
class OfAttempt(Fact):
    """What these facts share."""

    node_id: str
    attempt: int = 1
    instance: int = 1

    @property
    def key(self) -> tuple[str, str, int, int]:
        """What makes a repetition one, within its run."""
        return self.kind, self.node_id, self.instance, self.attempt


@frozen
class ArtifactExpected(OfAttempt):
    """The attempt is to leave this file (relative to its working folder)."""

    kind: ClassVar[str] = "artifact_expected"
    path: str = ""


@frozen
class PromptSent(OfAttempt):
    """The agent is told what to do."""

    kind: ClassVar[str] = "prompt_sent"


@frozen
class PromptRepaired(OfAttempt):
    """The agent is told what was wrong with what it left, and to do it again."""

    kind: ClassVar[str] = "prompt_repaired"


@frozen
class ArtifactTimeout(OfAttempt):
    """The attempt is over, and the file is not there."""

    kind: ClassVar[str] = "artifact_timeout"
    path: str = ""


@frozen
class ArtifactInvalid(OfAttempt):
    """The file is there, and is not what was asked for: the first five `errors`, each {path, message}. `sha256`: of what was looked at."""

    kind: ClassVar[str] = "artifact_invalid"
    path: str = ""
    schema: str | None = None
    errors: tuple[Mapping[str, Any], ...] = ()
    sha256: str | None = None
    size: int | None = None


@frozen
class ArtifactValidated(OfAttempt):
    """The file is there, and is what was asked for."""

    kind: ClassVar[str] = "artifact_validated"
    path: str = ""
    schema: str | None = None
    sha256: str = ""
    size: int = 0
