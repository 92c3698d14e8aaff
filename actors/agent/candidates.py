"""Who may be asked in an attempt: the model of the persona, and those that stand in for it where it cannot answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from actors.agent.backends import Traits
from actors.agent.provider.failures import ProviderFailure
from actors.agent.provider.retrying import Candidate
from actors.node.messages import Failure

if TYPE_CHECKING:
    from actors.agent.backends import Backends, Desk
    from actors.workflow.spec_agent import Persona

__all__ = ["candidates"]


def candidates(backends: Backends, persona: Persona, desk: Desk) -> tuple[Candidate, ...] | Failure:
    """In the order in which they are asked. One that stands in is passed over while its backend cannot be used.

    The failure of the first one where nobody is left.
    """
    away, traits = backends.available(), backends.traits()
    found: list[Candidate] = []
    refused: ProviderFailure | None = None
    for place, one in enumerate(persona.models):
        if place > 0 and away.get(one.backend):
            continue
        try:
            provider = backends.provider(one.backend, one.model, desk)
            found.append(Candidate(provider, one.model, traits.get(one.backend, Traits()).patience))
        except ProviderFailure as failure:
            refused = refused or failure
    if found:
        return tuple(found)
    assert refused is not None  # the first one is never passed over
    return Failure(refused.code, refused.message, refused.failure_class)
