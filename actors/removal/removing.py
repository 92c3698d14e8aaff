"""Taking away what is left of a run that was said to be removed.

Each step can be done again; the log, which knows of the rest, goes last.
"""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from actors.agent.thread_log import KIND as THREAD
from actors.dead_letter.letter import KIND as LETTER
from actors.mcp.pins import KIND as PINS
from actors.node.contained import NotContained, open_folder, parent_beneath
from actors.notification.note import KIND as NOTIFICATION
from actors.refusals import Refusal
from actors.removal.condemning import condemn, family_of
from actors.resolver.row import KIND as POLL
from actors.status_file import FOLDER
from storage import ClaimLost, VersionConflict
from storage.crashpoints import reach

if TYPE_CHECKING:
    from actors.services import Services
    from storage import Headline

__all__ = ["remove"]

PAGE = 200


async def remove(services: Services, line: Headline) -> bool:
    """Remove the run's folder, status file and log, the logs that belong to it, and the runs below it; whether all is gone.

    Raises Unavailable.
    """
    store, run_id = services.store, line.stream
    if not await _remove_family(services, run_id):
        return False
    services.forget(run_id)
    for kind in (LETTER, THREAD, NOTIFICATION, POLL, PINS):
        while own := store.catalog.list(kind, parent=run_id, limit=PAGE):
            for one in own:
                await store.purge(one.stream)
    reach("purge.letters")
    workspace = line.facts.get("workspace")
    whole = await store.aside(partial(_remove_files, services.run_folder(run_id), workspace, run_id))
    reach("purge.files")
    try:
        await store.purge(run_id)
    except ClaimLost:
        return False
    return bool(whole)


async def _remove_family(services: Services, run_id: str) -> bool:
    """What a run has begun goes with it, unless its worktree is still there, or somebody revives it at this moment: then it stays."""
    for child in family_of(services, run_id):
        try:
            condemned = await condemn(services, child.stream, "parent_purged", "system")
        except (VersionConflict, ClaimLost):
            return False
        if not isinstance(condemned, Refusal) and not await remove(services, condemned):
            return False
    return True


def _remove_files(folder: Path, workspace: str | None, run_id: str) -> bool:
    """Nothing is followed out of the folders; what cannot be removed is left where it is."""
    shutil.rmtree(folder, ignore_errors=True)
    if workspace is not None:
        with suppress(OSError, NotContained):
            _remove_status(workspace, run_id)
    return not folder.exists()


def _remove_status(workspace: str, run_id: str) -> None:
    root = open_folder(workspace)
    try:
        with parent_beneath(root, f"{FOLDER}/runs/{run_id}/status.json") as (parent, name):
            for left in (name, f"{name}.part"):
                with suppress(FileNotFoundError):
                    os.unlink(left, dir_fd=parent)
        with parent_beneath(root, f"{FOLDER}/runs/{run_id}") as (parent, name):
            os.rmdir(name, dir_fd=parent)
    finally:
        os.close(root)
