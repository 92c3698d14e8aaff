"""The plan that a workflow carries in its metadata, and what of it can be the next version (learning spec 9.4). Pure.

`plan_package` is the plan: `{plan_id?, plan_revision?, title?, workflow?}`, where `workflow` is a definition as in a file; without one, the
version that is stored is the plan's. `plan_package_bundle` is `{bundle_version: 1, plan: …}`, or the same as JSON in a text.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from copy import deepcopy
from typing import TYPE_CHECKING, Any, Final

from attrs import asdict, evolve, frozen

from actors.workflow.parse import load_tree
from actors.workflow.problems import Problem, Report, WorkflowInvalid
from actors.workflow.spec import Workflow

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["BUNDLE_VERSION", "Preview", "bundle_of", "next_plan", "preview"]

BUNDLE_VERSION: Final = 1


@frozen
class Preview:
    """The workflow that the plan says; None where `validation` says why it cannot be used."""

    workflow: Workflow | None
    validation: Mapping[str, Any]


def bundle_of(workflow: Workflow) -> Mapping[str, Any] | None:
    """The plan as a bundle; None where there is none that can be read."""
    found = workflow.metadata.get("plan_package_bundle")
    if isinstance(found, str):
        try:
            found = json.loads(found)
        except ValueError:
            found = None
    if isinstance(found, Mapping) and isinstance(found.get("plan"), Mapping):
        return found
    package = workflow.metadata.get("plan_package")
    return {"bundle_version": BUNDLE_VERSION, "plan": package} if isinstance(package, Mapping) else None


def preview(bundle: Mapping[str, Any], present: Workflow, lacks: Callable[[Workflow], tuple[Problem, ...]]) -> Preview:
    """What would be stored; `lacks` says what this daemon's configuration lacks for it."""
    plan: Mapping[str, Any] = bundle["plan"]
    version = bundle.get("bundle_version", BUNDLE_VERSION)
    said = {"bundle_version": version, "plan_id": plan.get("plan_id"), "plan_revision": plan.get("plan_revision")}
    if type(version) is not int or version != BUNDLE_VERSION:
        text = f"Found {version!r}, and this release reads bundles of version {BUNDLE_VERSION}."
        return Preview(None, said | _not([Problem("bundle_version_unsupported", text, path="bundle_version")]))
    workflow, problems = _read(plan, present)
    if not problems:
        problems = _other(workflow, present) or list(lacks(workflow))
    return Preview(None, said | _not(problems)) if problems else Preview(workflow, said | {"compatible": True, "problems": []})


def next_plan(workflow: Workflow) -> Workflow:
    """The definition with its plan one revision on; the plan's own definition goes, since this one is what it says now."""
    metadata: dict[str, Any] = deepcopy(dict(workflow.metadata))
    bundle = metadata.get("plan_package_bundle")
    plans = [metadata.get("plan_package"), bundle.get("plan") if isinstance(bundle, Mapping) else None]
    for plan in plans:
        if isinstance(plan, dict):
            plan.pop("workflow", None)
            revision = plan.get("plan_revision")
            if type(revision) is int:
                plan["plan_revision"] = revision + 1
    return evolve(workflow, metadata=metadata)


def _read(plan: Mapping[str, Any], present: Workflow) -> tuple[Workflow, list[Problem]]:
    tree = plan.get("workflow")
    if tree is None:
        return present, []
    try:
        loaded = load_tree(Report("plan"), tree, folder=None).workflow
    except WorkflowInvalid as wrong:
        return present, list(wrong.problems)
    # A plan may say the definition alone: what the workflow carries beside it, its plan above all, stays.
    return evolve(loaded, folder=present.folder, metadata={**present.metadata, **loaded.metadata}), []


def _other(workflow: Workflow, present: Workflow) -> list[Problem]:
    if workflow.workflow_id == present.workflow_id:
        return []
    text = f"The plan is one of the workflow {workflow.workflow_id!r}, not of {present.workflow_id!r}."
    return [Problem("plan_of_another_workflow", text, path="plan.workflow", found=workflow.workflow_id)]


def _not(problems: list[Problem]) -> dict[str, Any]:
    told = [{name: value for name, value in asdict(one).items() if value not in (None, "", ())} for one in problems]
    return {"compatible": False, "problems": told}
