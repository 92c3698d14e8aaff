"""Workflows around a file, and those of the project in which one works: what a file begins runs of is stored with it; all are listed."""

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

__all__ = ["discovered", "folders_around", "store_below"]

Call = Callable[[str, dict[str, Any]], dict[str, Any]]
Find = Callable[[str], Path | None]


def store_below(call: Call, params: dict[str, Any]) -> None:
    """Have the workflows stored whose runs those of this definition begin, and those that these begin, as their files are now.

    Files beside the definition are looked at, and those of the project in which it lies. What is not among them has to be stored already.
    """
    if "text" not in params or params["text"].count("workflow") < 2:  # its own name, and that of another: reading it takes a while
        return
    from actors.workflow.parse import load_text
    from actors.workflow.problems import WorkflowInvalid

    try:
        loaded = load_text(params["text"], notation=params["notation"], source=params["source"], folder=params["folder"])
    except WorkflowInvalid:
        return  # who is asked next tells of that
    find = _file_in(folders_around(params["folder"]))
    for path in _below(loaded.workflow, find, {loaded.workflow.workflow_id}):
        _store(call, path)


def folders_around(folder: str) -> list[Path]:
    """Where the workflows lie that a file in that folder may begin runs of: beside it, and in its project."""
    return [one for one in dict.fromkeys((Path(folder), *folders_of(folder))) if one.is_dir()]


def _file_in(folders: list[Path]) -> Find:
    def find(name: str) -> Path | None:
        from actors.workflow.discovery import NotDiscovered, file_of

        try:
            return file_of(name, folders)
        except NotDiscovered:
            return None

    return find


def _below(workflow: Workflow, find: Find, seen: set[str]) -> Iterator[Path]:
    """The files, each behind those that it needs."""
    from actors.workflow.callees import calls_of
    from actors.workflow.parse import load_file
    from actors.workflow.problems import WorkflowInvalid

    for name in calls_of(workflow):
        if name in seen or (path := find(name)) is None:
            continue
        seen.add(name)
        with suppress(WorkflowInvalid):  # the daemon says so, and why
            yield from _below(load_file(path).workflow, find, seen)
        yield path


def _in_order(found: Discovery) -> Iterator[Path]:
    """All files, each behind those that it needs."""
    files = {one.loaded.workflow.workflow_id: one.file for one in found.found}
    seen: set[str] = set()
    for one in found.found:
        workflow = one.loaded.workflow
        if workflow.workflow_id not in seen:
            seen.add(workflow.workflow_id)
            yield from _below(workflow, files.get, seen)
            yield one.file


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
            for path in _in_order(found):
                _store(client.call, path)
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
