"""How a for-each ends when nothing of it is under way any more. Pure (flow spec 7.7)."""

from __future__ import annotations

from typing import Any

from actors.fan_out.aggregate import failure_of, sentence, structured_output
from actors.fan_out.items import Item
from actors.node.events import NodeCompleted
from actors.node.messages import Failure
from actors.node.values import LARGEST_OUTPUT
from actors.run.failing import record_failure
from actors.run.fanning import items_of
from actors.run.retry import Retry
from actors.run.turn import UNKNOWN, Turn
from actors.sub_run.door import HowStands
from actors.workflow.spec import Foreach
from storage.codec import canonical

__all__ = ["end_fan_out"]


def end_fan_out(turn: Turn, node_id: str, spec: Foreach) -> None:
    """Fold what the items came to into the node's ending. Nothing is done while it is not known what their runs have left."""
    state, fan_out = turn.state, items_of(turn.state, node_id)
    name = state.plan.nodes[node_id].name
    failure = failure_of(fan_out, name)
    if failure is not None:
        words = sentence(fan_out, name, spec.over)
        detail = {**failure.detail, "context": words, **structured_output(fan_out, _run_of)}
        text = f"{failure.message} {words}."
        record_failure(turn, node_id, Failure(failure.code, text, failure.failure_class, detail), Retry("not_retryable"))
        return
    standings = {
        item.child_run_id: turn.ask(HowStands(item.child_run_id, moving=False)) for item in fan_out.items.values() if item.child_run_id
    }
    if UNKNOWN in standings.values():
        return
    output = structured_output(fan_out, lambda item: standings[item.child_run_id].last_output if item.child_run_id in standings else None)
    size, warnings = len(canonical(output)), []
    if size > LARGEST_OUTPUT:
        output = structured_output(fan_out, lambda _: None)
        warnings.append(f"The outputs of its items have {size} bytes, more than {LARGEST_OUTPUT}: they stand in their own runs alone.")
    node = state.nodes[node_id]
    turn.emit(NodeCompleted(node_id=node_id, attempt=node.attempt, instance=node.instance, output=output, warnings=tuple(warnings)))


def _run_of(item: Item) -> Any:
    """Of a for-each that failed the log says which runs there were, not what they left: that is in them."""
    return None if item.child_run_id is None else {"run_id": item.child_run_id}
