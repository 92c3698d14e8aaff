"""What the stories of control flow ask of a run: how it went, in words."""

from __future__ import annotations

from typing import Any

from tests.scenarios.flows import flow
from tests.scenarios.harness import House
from tests.scenarios.script import give

__all__ = ["ORDER", "codes", "of", "says", "told", "words"]

ORDER = "sequence: true\nfail_fast: true"
"""What a `.wf` file means: one after the other, and a failure ends it."""
CAUSE = {"run_created", "run_execution_claimed", "run_started", "report_written"}


def says(*markers: str) -> Any:
    """An act that leaves these markers."""
    return give({"markers": list(markers)})


async def told(
    d: House, *nodes: str, top: str = ORDER, last: tuple[str, ...] = (), **more: Any
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The run of these nodes at its end, and its log."""
    run_id = await d.begin(flow(*nodes, top=top, last=last), **more)
    return await d.run_until(run_id), await d.events(run_id)


def words(events: list[dict[str, Any]]) -> list[str]:
    """What happened to nodes, without what frames every log."""
    return [" ".join([event["event"], *filter(None, [event.get("node_id")])]) for event in events if event["event"] not in CAUSE]


def codes(run: dict[str, Any]) -> dict[str, str]:
    """The codes of the nodes that failed, by their ids."""
    return {node["node_id"]: node["error"]["code"] for node in run["nodes"] if "error" in node}


def of(run: dict[str, Any], node_id: str) -> dict[str, Any]:
    """That node, as the run shows it."""
    return next(node for node in run["nodes"] if node["node_id"] == node_id)
