"""What may be done about a dead letter, what its dispatcher does next, and how its run begins again (runs spec 17). Pure."""

from __future__ import annotations

from typing import Any, assert_never

from attrs import frozen

from actors.dead_letter.events import (
    DeadLetterDispatched,
    DeadLetterIgnored,
    DeadLetterLinkedToCompensation,
    DeadLetterResolved,
    DeadLetterRetryRequested,
    DeadLetterRetryRequeued,
)
from actors.dead_letter.letter import PENDING, SETTLED, Letter, due_of
from actors.dead_letter.messages import ForLetter, RetryLetters
from actors.entity import Fact
from actors.refusals import Refusal
from actors.run.again import ask_again, left_behind
from actors.run.resets import reset_closure
from actors.run.state import RunState
from actors.run.turn import Turn

__all__ = ["MOST_DISPATCHES", "Seen", "decide_letter", "next_step", "retry_letters", "seen_of"]

MOST_DISPATCHES = 5
FAILED = ("failed", "blocked")


@frozen
class Seen:
    """The run of a letter as it was looked at: its status, and whether the letter's node has done its work meanwhile."""

    status: str
    succeeded: bool


def seen_of(state: RunState, letter: Letter) -> Seen:
    """What of the run matters for the letter."""
    node = state.nodes.get(letter.node_id)
    return Seen(state.status, node is not None and node.status == "completed")


def next_step(letter: Letter, seen: Seen, now: int) -> Fact | None:
    """What happens to a letter for which a retry was asked; None: nothing yet."""
    if letter.status not in PENDING:
        return None
    if seen.succeeded:
        return DeadLetterResolved(reason="retry_succeeded")
    if seen.status not in FAILED:
        return None
    if letter.count >= MOST_DISPATCHES:
        return DeadLetterIgnored(reason="retry_exhausted")
    due = due_of(letter)
    return DeadLetterDispatched(count=letter.count + 1) if due is not None and due <= now else None


def decide_letter(letter: Letter, command: ForLetter) -> Fact | Refusal:
    """The fact that an operator's word leads to, or why it cannot be taken."""
    by, note = str(command.by), (command.note or "").strip() or None
    if letter.status in SETTLED:
        text = (
            f"The letter {letter.letter_id} is {letter.status} ({letter.settled} by {letter.settled_by}): nothing is left to do about it."
        )
        return Refusal("dead_letter_settled", text, {"letter_id": letter.letter_id, "status": letter.status, "settled": letter.settled})
    if command.verb != "resolve" and command.verb not in letter.options:
        offered = ", ".join(letter.options)
        text = f"The letter {letter.letter_id} is of a {letter.source_type}, which does not offer {command.verb!r}. It offers: {offered}."
        return Refusal("dead_letter_option_not_offered", text, {"letter_id": letter.letter_id, "options": list(letter.options)})
    match command.verb:
        case "retry" if letter.status in PENDING:
            text = f"A retry of {letter.letter_id} was asked already, and {letter.count} were made. See it with: penstock dead-letters show"
            return Refusal("dead_letter_retry_pending", text, {"letter_id": letter.letter_id, "status": letter.status})
        case "retry":
            return DeadLetterRetryRequested(by=by, note=note)
        case "ignore":
            return DeadLetterIgnored(reason="by_operator", by=by, note=note)
        case "compensate":
            return DeadLetterLinkedToCompensation(run_id=command.run_id or "", by=by, note=note)
        case "resolve":
            return DeadLetterResolved(reason="by_operator", by=by, note=note)
        case _:
            assert_never(command.verb)


def retry_letters(turn: Turn, operation: RetryLetters) -> dict[str, Any] | Refusal:
    """Queue the run again: the letters' nodes, the one that failed last, and what its ending left behind begin anew."""
    state = turn.state
    if state.status not in FAILED:
        text = f"The run {state.run_id} is {state.status}; for a dead letter only a run that has failed or is blocked begins again."
        return Refusal("dead_letter_run_not_failed", text, {"status": state.status})
    last = (state.last_failure or {}).get("node_id")
    wanted = [*(letter.node_id for letter in operation.letters), last]
    roots = [node_id for node_id in wanted if node_id is not None and state.plan.section.get(node_id) == "body"]
    reset = reset_closure(state, (*roots, *left_behind(state)))
    ids = tuple(letter.letter_id for letter in operation.letters)
    about = tuple(letter.node_id for letter in operation.letters)
    turn.emit(DeadLetterRetryRequeued(letter_ids=ids, node_ids=about, reset_nodes=reset))
    turn.also += [letter.append for letter in operation.letters]
    ask_again(turn)
    return {"letter_ids": list(ids), "reset_nodes": list(reset)}
