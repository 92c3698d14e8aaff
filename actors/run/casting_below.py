"""Whether those are there whom the workflows below a run ask for: said before it exists (flow spec 4.4)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import evolve

from actors.agent.binding import Binding, handed_down
from actors.refusals import Refusal
from actors.run.casting import cast
from actors.run.secret_names import unknown_secrets
from actors.workflow.projects import roots_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from actors.run.messages import Admit
    from actors.run.plan import Plan
    from actors.services import Services
    from actors.sub_run.pins import Newest

__all__ = ["missing_below"]


def missing_below(
    services: Services, admit: Admit, plan: Plan, binding: Binding, roots: tuple[str, ...], newest: Newest
) -> list[dict[str, Any]]:  # fmt: skip
    """Personas, files and secrets that the runs below would lack: code, message, path and in_workflow.

    `binding` and `roots` are those of the run. Of a workflow with a working folder of its own, the files are not known yet.
    """
    found: list[dict[str, Any]] = []
    todo, seen = [(plan, binding, roots)], {plan.workflow.workflow_id}
    for above, bound, folders in todo:
        for name in above.calls:
            if name in seen or (below := newest.plan(name)) is None:
                continue
            seen.add(name)
            around = tuple(dict.fromkeys((*roots_of((below.workflow.folder,)), *folders)))
            theirs = _cast(services, admit, below, bound, around)
            found += [{**problem, "in_workflow": name} for problem in _problems(services, below, theirs)]
            todo.append((below, Binding() if isinstance(theirs, Refusal) else theirs, around))
    return found


def _cast(services: Services, admit: Admit, plan: Plan, above: Binding, roots: tuple[str, ...]) -> Binding | Refusal:
    if plan.workflow.workspace_root is not None:
        return Binding()
    return cast(services, evolve(admit, personas=handed_down(above.bound, plan.workflow)), plan, roots)


def _problems(services: Services, plan: Plan, cast_: Binding | Refusal) -> Iterator[dict[str, Any]]:
    for refusal, path in ((cast_, "personas"), (unknown_secrets(plan, services.rules), "secrets")):
        if isinstance(refusal, Refusal):
            yield {"code": refusal.code, "message": refusal.message, "path": path}
