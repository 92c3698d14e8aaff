"""Which versions of other workflows a run, and all runs below it, begin: those that are stored when it is made (flow spec 4.3, 5.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from actors.library.record import fold_workflow, workflow_stream
from actors.plans import VersionMissing
from actors.refusals import Refusal
from actors.sub_run.row import DEEPEST, Pinned

if TYPE_CHECKING:
    from actors.run.plan import Plan
    from actors.services import Services

__all__ = ["endless", "pins_of"]

ENDLESS: Final = ("workflow_reference_cycle", "workflow_nesting_too_deep")


def pins_of(services: Services, plan: Plan, given: tuple[Pinned, ...] | None) -> tuple[Pinned, ...] | Refusal:
    """All that the plan begins, and what that begins, sorted by id; or why one of them cannot be run. `given` by who makes the run: those.

    How deep they lie is looked at here, too: a workflow that was stored later may have closed a circle, or made a chain too long.
    """
    if not plan.calls or given is not None:
        return given or ()
    found: dict[str, Pinned] = {}
    problem = _below(services, plan, (plan.workflow.workflow_id,), found)
    return problem or tuple(found[name] for name in sorted(found))


def endless(services: Services, plan: Plan) -> Refusal | None:
    """Why no run of it could ever be made: the workflows begin each other in a circle, or in too long a chain. What is missing may come."""
    pinned = pins_of(services, plan, None)
    return pinned if isinstance(pinned, Refusal) and pinned.code in ENDLESS else None


def _below(services: Services, plan: Plan, path: tuple[str, ...], found: dict[str, Pinned]) -> Refusal | None:
    for name in plan.calls:
        chain = (*path, name)
        if name in path:
            text = f"Workflows begin each other in a circle: {' → '.join(chain)}. Take one of these steps out."
            return Refusal("workflow_reference_cycle", text, {"path": list(chain)})
        if len(path) > DEEPEST:
            text = f"Workflows may begin each other in chains of {DEEPEST + 1}, and this one is longer: {' → '.join(chain)}. Flatten it."
            return Refusal("workflow_nesting_too_deep", text, {"path": list(chain), "limit": DEEPEST + 1})
        pinned = found.get(name) or _newest(services, name, path[-1])
        if isinstance(pinned, Refusal):
            return pinned
        found[name] = pinned
        try:
            problem = _below(services, services.plans.get(pinned.digest), chain, found)
        except VersionMissing as error:
            return _unloadable(name, path[-1], str(error))
        if problem is not None:
            return problem
    return None


def _newest(services: Services, name: str, caller: str) -> Pinned | Refusal:
    record = fold_workflow(name, services.store.journal.read(workflow_stream(name)))
    if not record.there:
        return _unloadable(name, caller, "it is not stored")
    return Pinned(name, record.versions[-1].version, record.versions[-1].digest)


def _unloadable(name: str, caller: str, why: str) -> Refusal:
    text = f"The workflow {caller} begins runs of {name}, and that cannot be loaded: {why}. Store it with: penstock workflow put FILE"
    return Refusal("sub_workflow_load_failed", text, {"workflow": name, "in_workflow": caller})
