"""The steps of the canonical scenarios. Each execution leaves one line in the file `effects` beside the data folder."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import trio


def _note(context: Any) -> int:
    """Write the line; how many this node of this run has now."""
    effects = Path(os.environ["CRASH_EFFECTS"])
    with effects.open("a+") as file:
        file.write(f"{context.node_id} {context.idempotency_key}\n")
        file.flush()
        file.seek(0)
        return sum(line.startswith(f"{context.node_id} ") for line in file)


async def work(context: Any) -> dict[str, str]:
    _note(context)
    return {"done": context.node_id}


async def fail_once(context: Any) -> dict[str, str]:
    if _note(context) == 1:
        raise RuntimeError("the first time always fails")
    return {"done": context.node_id}


async def fail(context: Any) -> None:
    _note(context)
    raise RuntimeError("always")


async def slow(context: Any) -> None:
    _note(context)
    await trio.sleep(60)


def write(context: Any) -> dict[str, str]:
    _note(context)
    folder = Path(context.workdir, "deep", "down")
    folder.mkdir(parents=True, exist_ok=True)
    folder.joinpath("out.json").write_text(json.dumps({"ok": True}))
    return {"done": context.node_id}
