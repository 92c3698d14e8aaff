"""The rules of what makes runs without a person: a schedule gives all inputs, and what is watched for lies in a known place."""

from __future__ import annotations

from actors.workflow.form import Form
from actors.workflow.inputs import apply_inputs
from actors.workflow.problems import Path, Report
from actors.workflow.spec import Workflow
from actors.workflow.template import MARK

__all__ = ["check_triggers"]


def check_triggers(form: Form, workflow: Workflow) -> None:
    """Add everything that is wrong to the report. `form` is that of the whole workflow."""
    _check_inputs(form.report, workflow, form.at("schedule"))
    _check_watches(form, workflow)


def _check_inputs(report: Report, workflow: Workflow, path: Path) -> None:
    """Every input that its runs would lack. `path` is that of the schedule."""
    schedule = workflow.triggers.schedule
    if schedule is None or not schedule.fires:
        return
    applied = apply_inputs(workflow, schedule.inputs)
    for problem in applied.problems:
        name = problem.path.removeprefix("inputs.")
        message = f"{problem.message} A scheduled run has those of schedule.inputs alone."
        report.add(problem.code, (*path, "inputs", name), message, found=schedule.inputs.get(name, ...), allowed=problem.allowed)
    for warning in applied.warnings:
        report.warn(warning.code, (*path, "inputs", warning.path.removeprefix("inputs.")), warning.message)


def _check_watches(form: Form, workflow: Workflow) -> None:
    """A workflow that watches has a workspace that is known before there is a run, and so before there are inputs."""
    if not workflow.triggers.watches:
        return
    path = form.at("watch", "watch_conditions")
    root = workflow.workspace_root
    if root is None:
        message = "A workflow that watches needs a workspace: its handoffs lie there. Name one."
        form.report.add("watch_workspace_unknown", path, message, allowed=["workspace: /srv/site"])
    elif MARK in root:
        message = "A workflow that watches needs a workspace that is known before there is a run. Write it without placeholders."
        form.report.add("watch_workspace_unknown", form.at("workspace", "workspace_root"), message, found=root, allowed=["/srv/site"])
