"""Opening a dead letter in the very decision that makes it one. Pure."""

from __future__ import annotations

from actors.dead_letter.events import DeadLetterOpened
from actors.dead_letter.letter import name_of, write
from actors.node.messages import Failure
from actors.run.state import RunState
from actors.run.turn import Turn
from actors.wait.row import WaitRow

__all__ = ["letter_of_node", "open_for_node", "open_for_wait"]

OF_NODE = ("retry", "ignore", "compensate", "abandon")
OF_WAIT = ("ignore", "compensate")
LONGEST_MESSAGE = 2_000


def letter_of_node(state: RunState, node_id: str) -> str | None:
    """The name of the letter that the node's present instance leaves when it fails for good; None where it leaves none.

    An instance that began for the sake of a letter leaves no other: its failure belongs to that one.
    """
    spec = state.plan.nodes[node_id]
    taken = spec.on_fail.mode == "continue" or state.plan.section[node_id] != "body"
    taken |= node_id in state.plan.keepers or node_id in state.plan.children  # a block's affair; a group has done nothing itself
    if taken or not spec.retry.terminal_behavior.leaves_letter:
        return None
    return state.letters.get(node_id) or name_of("tool_effect", state.run_id, f"{node_id}\0{state.nodes[node_id].instance}")


def open_for_node(turn: Turn, node_id: str, failure: Failure) -> None:
    """Leave the letter of a node that has failed for good, if its policy says so."""
    letter_id = letter_of_node(turn.state, node_id)
    if letter_id is None or node_id in turn.state.letters:
        return
    node = turn.state.nodes[node_id]
    opened = DeadLetterOpened(
        run_id=turn.state.run_id, workflow_id=turn.state.workflow_id, source_type="tool_effect", node_id=node_id, instance=node.instance,
        code=failure.code, options=OF_NODE, failure_class=failure.failure_class, message=failure.message[:LONGEST_MESSAGE],
        attempts=node.attempt,
    )  # fmt: skip
    _open(turn, letter_id, opened)


def open_for_wait(turn: Turn, row: WaitRow, message: str) -> None:
    """Leave the letter of a wait for which nothing came in time."""
    opened = DeadLetterOpened(
        run_id=turn.state.run_id, workflow_id=turn.state.workflow_id, source_type="stateful_wait", node_id=row.node_id,
        instance=row.instance, code="wait_timed_out", options=OF_WAIT, failure_class="timeout", message=message, wait_id=row.wait_id,
    )  # fmt: skip
    _open(turn, name_of("stateful_wait", turn.state.run_id, row.wait_id), opened)


def _open(turn: Turn, letter_id: str, opened: DeadLetterOpened) -> None:
    """A letter of that name that is there already stays as it is."""
    turn.once.append(write(letter_id, None, opened, turn.now)[0])
