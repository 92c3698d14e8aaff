"""Workflows of the project in which one works: those that a file begins runs of are stored with it; all of them are listed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from actors.cli import exits
from actors.cli.text import emit, print_json, visible
from actors.workflow.projects import folders_of

if TYPE_CHECKING:
    from actors.cli.link import Link
    from actors.workflow.discovery import Discovery
    from actors.workflow.spec import Workflow

__all__ = ["discovered", "store_below"]

Call = Callable[[str, dict[str, Any]], dict[str, Any]]


def store_below(call: Call, params: dict[str, Any]) -> None:
    """Have the workflows stored whose runs those of this definition begin, and those that these begin, as their files are now.

    Only files of the project in which the definition lies are looked at. What is not among them has to be stored already.
    """
    folders = [folder for folder in folders_of(params["folder"]) if folder.is_dir()] if "text" in params else []
    if not folders:
        return
    from actors.workflow.parse import load_text
    from actors.workflow.problems import WorkflowInvalid

    try:
        loaded = load_text(params["text"], notation=params["notation"], source=params["source"], folder=params["folder"])
    except WorkflowInvalid:
        return  # who is asked next tells of that
    for path in _below(loaded.workflow, folders, {loaded.workflow.workflow_id}):
        _store(call, path)


def _below(workflow: Workflow, folders: list[Path], seen: set[str]) -> Iterator[Path]:
    """The files, each behind those that it needs."""
    from actors.workflow.discovery import NotDiscovered, file_of
    from actors.workflow.parse import load_file
    from actors.workflow.problems import WorkflowInvalid
    from actors.workflow.spec import Foreach, SubWorkflow
    from actors.workflow.walk import located

    for name in dict.fromkeys(node.action.workflow for _, node in located(workflow) if isinstance(node.action, SubWorkflow | Foreach)):
        if name in seen:
            continue
        seen.add(name)
        try:
            path = file_of(name, folders)
        except NotDiscovered:
            continue
        with suppress(WorkflowInvalid):  # the daemon says so, and why
            yield from _below(load_file(path).workflow, folders, seen)
        yield path


def _store(call: Call, path: Path) -> None:
    from actors.cli.ids import new_request_id
    from actors.cli.source import definition

    answer = call("workflow.put", {**definition(path), "request_id": new_request_id()})
    if answer["created"]:
        click.echo(visible(f"stored: {answer['workflow_id']} version {answer['version']} ({path})"), err=True)


def discovered(link: Link, folder: str, *, put: bool, as_json: bool) -> int:
    """List the workflows of the project, or store all of them that are sound."""
    from actors.workflow.discovery import discover

    folders = folders_of(folder)
    found = discover(folders)
    if put:
        with link.client() as client:
            for one in found.found:
                _store(client.call, one.file)
    if as_json:
        print_json(_json(found, folders))
    else:
        _print(found, folders)
    return exits.USAGE if found.remarks else exits.OK


def _json(found: Discovery, folders: tuple[Path, ...]) -> dict[str, Any]:
    return {
        "folders": [str(folder) for folder in folders],
        "workflows": [
            {"name": one.name, "workflow_id": one.loaded.workflow.workflow_id, "title": one.loaded.workflow.name, "file": str(one.file)}
            for one in found.found
        ],
        "warnings": [{"file": one.file, "code": one.code, "message": one.message} for one in found.remarks],
    }


def _print(found: Discovery, folders: tuple[Path, ...]) -> None:
    for one in found.found:
        title = one.loaded.workflow.name
        emit(visible(f"{one.name}  {one.file}{f'  {title}' if title else ''}"))
    if not found.found:
        emit(visible(f"No workflow files in {', '.join(map(str, folders))}."))
    for remark in found.remarks:
        click.echo(visible(f"warning: {remark.file}: {remark.code}: {remark.message}"), err=True)
