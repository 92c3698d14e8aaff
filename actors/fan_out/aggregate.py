"""What the run of an item is given, and what a for-each comes to in the end. Pure (flow spec 7.7)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from actors.fan_out.items import FanOut, Item, NewItem
from actors.node.messages import Failure

__all__ = ["child_inputs", "failure_of", "item_variables", "sentence", "structured_output"]


def item_variables(found: NewItem) -> dict[str, str]:
    """What texts may say of an item, by name: its context, and its `id` and `ref`, which always win."""
    return {**found.context, "id": found.item_id, "ref": found.item_ref}


def child_inputs(rendered: Mapping[str, str], found: NewItem) -> dict[str, str]:
    """The inputs of an item's run: those of the for-each, rendered, and all that is known of the item as `item.NAME`."""
    return {**rendered, **{f"item.{name}": text for name, text in item_variables(found).items()}}


def structured_output(fan_out: FanOut, output_of: Callable[[Item], Any]) -> dict[str, Any]:
    """`{"items": [{item_id, status, output}]}` of the terminal ones by id. `output_of`: what an item's run left, None where nothing."""
    done = sorted((item for item in fan_out.items.values() if item.terminal), key=lambda item: (item.found.item_id, item.found.item_type))
    return {"items": [{"item_id": item.found.item_id, "status": item.status, "output": output_of(item)} for item in done]}


def sentence(fan_out: FanOut, name: str, over: str) -> str:
    """How many came to what, as people and later nodes read it."""
    counts = ", ".join(f"{fan_out.count(status)} {status}" for status in ("completed", "failed", "skipped"))
    return f"fan-out {name} over {over}: {counts}, {len(fan_out.items)} in all"


def failure_of(fan_out: FanOut, name: str) -> Failure | None:
    """Why it has failed, now that it is over. What was skipped or, by a halt, left pending, is so for the sake of an item that failed."""
    failed = fan_out.count("failed")
    if not failed:
        return None
    total = len(fan_out.items)
    text = f"{failed} of {total} items of {name} failed. See their runs; a retry of the node runs again what failed or was skipped."
    return Failure("fan_out_items_failed", text, "execution_error", {"foreach": name, "failed": failed, "total": total})
