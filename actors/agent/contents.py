"""Reading the persona and the texts that a run is bound to: by the digest of their content, never by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import orjson

from actors.agent.brief import Brief
from actors.agent.persona import decode
from actors.flow.substitution import substitute
from actors.workflow.problems import WorkflowInvalid
from actors.workflow.spec_agent import Persona
from storage import StorageError

if TYPE_CHECKING:
    from actors.node.orders import AgentOrder

__all__ = ["PersonaMissing", "TextMissing", "brief_of", "persona_of"]


class Contents(Protocol):
    """Where contents lie by digest."""

    def get(self, sha256: str) -> bytes: ...


class TextMissing(LookupError):
    """A text that the run was bound to is not there, or is damaged: args (digest, why)."""

    def __str__(self) -> str:
        return f"the text {self.args[0]} cannot be read: {self.args[1]}"


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


def brief_of(contents: Contents, action: AgentOrder, persona: Persona) -> Brief:
    """What the order and the persona name. Raises TextMissing."""
    snippets = tuple(_content(contents, digest).decode() for digest in action.snippets)
    form, schema = action.form, None
    if form is not None:
        schema = form.schema if form.sha256 is None else orjson.loads(_content(contents, form.sha256))
    return Brief(
        substitute(persona.prompt, action.variables).strip(), tuple(substitute(text, action.variables) for text in snippets), schema,
        block=action.flat and form is None, knows=action.flat or bool(persona.prompt),
    )  # fmt: skip


def _content(contents: Contents, digest: str) -> bytes:
    try:
        return contents.get(digest)
    except (StorageError, OSError) as error:
        raise TextMissing(digest, error) from error
