"""Stories of handoffs: the workflow that watches, the files, and what the watchman says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.scenarios.flows import flow, step
from tests.scenarios.harness import House

__all__ = ["APPROVED", "ARCHIVED", "INBOX", "files", "hand", "site", "watcher", "watchman"]

INBOX, APPROVED, ARCHIVED = (f"shared/handoffs/{name}" for name in ("inbox", "approved", "archived"))
TYPE = "{handoff_available: {artifact_type: report}}"


def site(d: House) -> Path:
    folder = d.folder / "site"
    folder.mkdir(exist_ok=True)
    return folder


def watcher(d: House, *nodes: str, watch: str = f"[{TYPE}]", name: str = "publish", top: str = "") -> str:
    """A workflow that watches in the site."""
    return flow(*(nodes or (step("a"),)), name=name, top=f"workspace: {site(d)}\nwatch: {watch}\n{top}")


def hand(d: House, handoff_id: str = "h1", *, folder: str = INBOX, file: str | None = None, **fields: Any) -> Path:
    """Write a handoff."""
    content = {
        "handoff_id": handoff_id, "source_workflow_id": "draft", "target_workflow_id": "publish", "artifact_type": "report",
        "created_at_ms": 1, **fields,
    }  # fmt: skip
    path = site(d) / folder / (file or f"{handoff_id}.json")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content))
    return path


def files(d: House, folder: str) -> list[str]:
    path = site(d) / folder
    return sorted(file.name for file in path.iterdir()) if path.exists() else []


async def watchman(d: House) -> str:
    """What it says of itself."""
    [row] = [row for row in (await d.call("system.tree"))["rows"] if row["path"] == "watchman"]
    return str(row["status"])
