"""Making one decision of a run: look at what the rules must know of the world, let them go as far as they come, look again if they ask."""

from __future__ import annotations

from typing import TYPE_CHECKING

from actors.run.events import ReportWritten
from actors.run.evidence import find_out, gates_to_check, gather
from actors.run.finale import report_paths
from actors.run.rules import advance

if TYPE_CHECKING:
    from actors.run.actor import Run
    from actors.run.turn import Turn

__all__ = ["decide", "look_at_artifacts"]


async def look_at_artifacts(run: Run, turn: Turn, gates: tuple[str, ...] = ()) -> None:
    """Let the decision see what artifacts before a gate hash to now. `*` stands for all open gates."""
    wanted = gates_to_check(turn.state)
    if gates:
        wanted += [gate.node_id for gate in turn.state.open_gates.values()]
    if wanted:
        turn.evidence = {**turn.evidence, **await gather(turn.state, run.crew.folders(turn.state).workdir, wanted)}


async def decide(run: Run, turn: Turn) -> None:
    """Advance the run as far as its state allows; an ending names its report in the same append."""
    await look_at_artifacts(run, turn)
    advance(turn)
    while turn.questions:
        turn.answers |= find_out(run.services, run.run_id, turn.questions)
        turn.questions.clear()
        advance(turn)
    if turn.state.terminal and turn.state.report_path is None and turn.events:
        turn.emit(ReportWritten(path=str(report_paths(run.services, run.run_id)[1])))
