"""What a workflow file asks for beside itself, as far as this place and the settings tell: scripts, targets, providers, other workflows."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from attrs import evolve

from actors.cli.project import folders_around
from actors.config import Config, ConfigInvalid, load
from actors.fan_out.provider import Provider, providers_of
from actors.workflow.callees import Lookup, calls_of, keys_left_by
from actors.workflow.check_callees import ABSENT, uncallable, unending
from actors.workflow.check_providers import unprovided
from actors.workflow.check_scripts import Searched, unfit_scripts
from actors.workflow.check_targets import unknown_targets
from actors.workflow.discovery import NotDiscovered, file_of
from actors.workflow.parse import Loaded, load_file
from actors.workflow.problems import Problem, WorkflowInvalid
from actors.workflow.spec import Workflow

__all__ = ["Files", "Findings", "outside"]

Findings = tuple[tuple[Problem, ...], tuple[Problem, ...]]
"""What is wrong, and remarks."""


class Files:
    """Workflows in files, each read once: those that are checked together, those beside them, and those of their projects."""

    def __init__(self, together: Iterable[Path]) -> None:
        self._together = list(together)
        self._read: dict[Path, Workflow | None] = {}

    def beside(self, path: Path) -> Lookup:
        """Finds workflows by id for the file of that path. One that is unsound, or nowhere, is not found."""
        folders = folders_around(str(path.resolve().parent))
        return lambda workflow_id: self._find(workflow_id, folders)

    def keys_beside(self, path: Path) -> Callable[[str], frozenset[str] | None]:
        """The keys of the results that a run of such a workflow leaves; None where it is not found."""
        lookup = self.beside(path)
        return lambda workflow_id: None if (found := lookup(workflow_id)) is None else keys_left_by(found)

    def _find(self, workflow_id: str, folders: list[Path]) -> Workflow | None:
        for path in self._together:
            if (workflow := self._workflow(path)) is not None and workflow.workflow_id == workflow_id:
                return workflow
        try:
            return self._workflow(file_of(workflow_id, folders))
        except NotDiscovered:
            return None

    def _workflow(self, path: Path) -> Workflow | None:
        if path not in self._read:
            try:
                self._read[path] = load_file(path).workflow
            except WorkflowInvalid:
                self._read[path] = None
        return self._read[path]


def outside(loaded: Loaded, path: Path, files: Files, settings: Path) -> Findings:
    """What is wrong with all of them, as far as it can be known without the daemon."""
    try:
        config = load(os.environ, settings)
    except ConfigInvalid:  # `penstock config` says what is wrong with it
        config = Config()
    workflow, places, source = loaded.workflow, loaded.places, str(path)
    folders = tuple(dict.fromkeys(map(str, (path.resolve().parent, Path().absolute()))))
    identities = {one.name: one.path for one in config.identities}
    wrong, remarks = unfit_scripts(
        workflow, Searched(folders, config.flow.skills_dir, os.environ.get("PATH", ""), identities), places, source
    )
    providers = providers_of(
        *(Provider(one.name, ordered=one.ordered, requires_filter=one.requires_filter) for one in config.item_providers)
    )
    targets = unknown_targets(workflow, config.flow.targets, places, source)
    unfit, unseen = _called(loaded, files.beside(path), source)
    return (*targets, *wrong, *unprovided(workflow, providers, places, source), *unfit), (*remarks, *unseen)


def _called(loaded: Loaded, lookup: Lookup, source: str) -> Findings:
    """What is wrong with how other workflows are begun. Those that are in no file may be stored, so that these are only remarked on."""
    if not calls_of(loaded.workflow):
        return (), ()
    found = list(uncallable(loaded.workflow, lookup, loaded.places, source))
    sure = (one for one in found if one.code not in ABSENT)
    return (*sure, *unending(loaded.workflow, lookup, loaded.places, source)), tuple(_unseen(found))


def _unseen(problems: Iterable[Problem]) -> Iterator[Problem]:
    for one in problems:
        if one.code in ABSENT:
            text = (
                f"The workflow {one.found} is in no sound file beside this one or in its project. It has to be stored before this one is."
            )
            yield evolve(one, code="sub_workflow_unseen", message=text)
