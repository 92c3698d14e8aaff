"""Making one decision of a run: look at what the rules must know of the world, let them go as far as they come, look again if they ask."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from actors.run.events import ReportWritten
from actors.run.evidence import find_out, gates_to_check, gather
from actors.run.finale import report_path
from actors.run.lessons import note_lessons
from actors.run.operations import operate
from actors.run.rules import advance

if TYPE_CHECKING:
    from actors.refusals import Refusal
    from actors.run.actor import Run
    from actors.run.requests import Operation
    from actors.run.turn import Turn

__all__ = ["apply", "decide", "look_at_artifacts"]


async def look_at_artifacts(run: Run, turn: Turn, gates: tuple[str, ...] = ()) -> None:
    """Let the decision see what artifacts before a gate hash to now. `*` stands for all open gates."""
    wanted = gates_to_check(turn.state)
    if gates:
        wanted += [gate.node_id for gate in turn.state.open_gates.values()]
    if wanted:
        turn.evidence = {**turn.evidence, **await gather(turn.state, run.crew.folders(turn.state).workdir, wanted)}


def apply(run: Run, turn: Turn, operation: Operation) -> Mapping[str, Any] | Refusal:
    """Apply what somebody asks for, with what it must know of the world."""
    answer = operate(turn, operation)
    while turn.questions:
        _look(run, turn)
        answer = operate(turn, operation)
    return answer


def _look(run: Run, turn: Turn) -> None:
    turn.answers |= find_out(run.services, turn.state, run.crew.folders(turn.state).workdir, turn.questions)
    turn.questions.clear()


async def decide(run: Run, turn: Turn) -> None:
    """Advance the run as far as its state allows; an ending names its report in the same append."""
    await look_at_artifacts(run, turn)
    advance(turn)
    while turn.questions:
        _look(run, turn)
        advance(turn)
    note_lessons(run.services, turn)
    if turn.state.terminal and turn.state.report_path is None and turn.events:
        turn.emit(ReportWritten(path=report_path(run.services, run.run_id)))
