"""Reading a persona that a run is bound to: by the digest of its content, never by its name."""

from __future__ import annotations

from typing import Protocol

from actors.agent.persona import decode
from actors.workflow.problems import WorkflowInvalid
from actors.workflow.spec_agent import Persona
from storage import StorageError

__all__ = ["PersonaMissing", "persona_of"]


class Contents(Protocol):
    """Where contents lie by digest."""

    def get(self, sha256: str) -> bytes: ...


class PersonaMissing(LookupError):
    """The persona's content is not there, or is damaged: args (digest, why)."""

    def __str__(self) -> str:
        return f"the persona {self.args[0]} cannot be read: {self.args[1]}"


def persona_of(contents: Contents, sha256: str) -> Persona:
    """The persona of that digest. Raises PersonaMissing."""
    try:
        return decode(contents.get(sha256))
    except (StorageError, OSError, WorkflowInvalid) as error:
        raise PersonaMissing(sha256, error) from error
