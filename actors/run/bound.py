"""Whether a run that is to go on still has what it was bound to at its start (engine spec 4)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from actors.agent.binding import unbound
from actors.agent.contents import PersonaMissing, persona_of
from storage import StorageError

if TYPE_CHECKING:
    from actors.run.state import RunState
    from actors.services import Services

__all__ = ["binding_problem"]


def binding_problem(services: Services, state: RunState) -> tuple[str, str] | None:
    """The code and the words of what is missing; nothing is bound anew in its place."""
    if not state.plan.agents:
        return None
    lost = [f"the role {role} is bound to nobody" for role in unbound(state.plan.workflow, state.binding)]
    for one in state.binding:
        try:
            persona_of(services.store.blobs, one.sha256)
        except PersonaMissing as missing:
            lost.append(f"the role {one.role} is bound to {one.persona}, and {missing}")
    for text in state.texts:
        try:
            services.store.blobs.get(text.sha256)
        except (StorageError, OSError) as error:
            lost.append(f"the {text.kind} {text.name} cannot be read: {error}")
    if not lost:
        return None
    return "run_metadata_missing", f"The run cannot go on: {'; '.join(lost)}. Start a fresh run."
