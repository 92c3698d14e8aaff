"""Learnings of stories: what runs teach, and what stories say to it. All through the socket."""

from __future__ import annotations

from typing import Any

import trio

from tests.scenarios.flows import flow, step
from tests.scenarios.harness import House

__all__ = ["R", "W", "ends", "learned", "open_eyes", "put", "review", "stored", "taught"]

R = "validator rejected unsupported citations"
W = flow(step("node-1", "output: json"))
OVER = ("learning_finalized", "learning_skipped")


async def open_eyes(d: House, **settings: Any) -> None:
    """Start a daemon that learns."""
    d.configure("learning", enabled=True, **settings)
    await d.start()


async def taught(d: House, run_id: str, *, times: int = 1, within: float = 60.0) -> dict[str, Any]:
    """Wait until something was learned from so many endings of the run; what its log says of the last one."""
    with trio.fail_after(within):
        while True:
            found = [event for event in await d.events(run_id) if event["event"] in OVER]
            if len(found) >= times:
                assert len(found) == times, found
                return found[-1]
            await trio.sleep(0.1)


async def ends(d: House, text: str = W) -> str:
    """A run, to its end and what that teaches."""
    run_id = await d.begin(text)
    await d.run_until(run_id)
    await taught(d, run_id)
    return run_id


async def learned(d: House, **asked: Any) -> list[dict[str, Any]]:
    """Oldest first."""
    found = (await d._read("learning.list", **asked))["learnings"]
    return sorted(found, key=lambda one: (one["created_at_ms"], one["kind"]))


async def review(d: House, learning_id: str, action: str, **more: Any) -> dict[str, Any]:
    return dict((await d.call("learning.review", learning_id=learning_id, action=action, **more))["learning"])


def stored(learning_id: str, **more: Any) -> dict[str, Any]:
    """A learning as a person writes it down."""
    return {"learning_id": learning_id, "workflow_id": "story", "kind": "prompt_patch", "summary": f"Say {learning_id}", **more}


async def put(d: House, learning_id: str, **more: Any) -> dict[str, Any]:
    return dict((await d.call("learning.put", learning=stored(learning_id, **more)))["learning"])
