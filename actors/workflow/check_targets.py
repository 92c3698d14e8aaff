"""Whether a workflow is for something that there is (flow spec 4.1)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from actors.workflow.problems import NOWHERE, Path, Place, Problem, field_path, similar
from actors.workflow.spec import Workflow

__all__ = ["unknown_targets"]


def unknown_targets(
    workflow: Workflow, targets: tuple[str, ...], places: Mapping[Path, Place] | None = None, file: str = ""
) -> Iterator[Problem]:
    """Each target that is not among `targets`; all are fine where that is empty."""
    known = places or {}
    for index, target in enumerate(workflow.targets):
        if targets and target not in targets:
            line, column = next((known[at] for at in (("targets", index), ("targets",)) if at in known), NOWHERE)
            near = similar(target, targets)
            message = f'There is no target "{target[:80]}".{near} Name one of {", ".join(targets)}, or add it to flow.targets.'
            yield Problem("unknown_target", message, file, line, column, field_path(("targets", index)), f'"{target}"', targets)
