"""What a daemon that starts makes of a run that another one left behind. Pure."""

from __future__ import annotations

from actors.dead_letter.opening import open_for_node
from actors.gate.rules import ask_outcome
from actors.node.messages import Failure
from actors.run.events import (
    RunExecutionClaimed,
    RunFailed,
    RunFailedServerRestart,
    RunInterruptedShutdown,
    RunPaused,
    RunQueuedForResumeAfterRestart,
    RunStarted,
)
from actors.run.interventions import RunExecutionClaimExpiredRequeued, RunPausingSettledOnRestart
from actors.run.turn import Turn
from actors.settings import CRASH_ATTEMPTS

__all__ = ["claim", "hold_for_shutdown", "reclaim", "rehydrate"]


def rehydrate(turn: Turn) -> None:
    """Queue a run that was under way, or held for a shutdown, when the former daemon ended. Others are left alone."""
    state = turn.state
    if state.status == "paused" and state.pause_reason == "shutdown":
        turn.emit(RunQueuedForResumeAfterRestart(reason="shutdown_rehydration"))
        return
    if state.status not in ("running", "pausing"):
        return
    if state.strays:
        turn.emit(RunFailedServerRestart(code="interrupted_by_restart", node_ids=tuple(sorted(state.strays))))
        return
    lost = tuple(sorted(state.executing))
    if state.status == "pausing":
        turn.emit(RunPausingSettledOnRestart(node_ids=_known(turn, lost)))
        return
    worn_out = tuple(node_id for node_id in lost if state.nodes[node_id].crashes + 1 >= CRASH_ATTEMPTS)
    if worn_out:
        turn.emit(RunFailedServerRestart(code="interrupted_by_restart", node_ids=worn_out))
        for node_id in worn_out:
            text = f"{CRASH_ATTEMPTS} attempts of {node_id} were lost with the daemon."
            open_for_node(turn, node_id, Failure("interrupted_by_restart", text))
        return
    turn.emit(RunQueuedForResumeAfterRestart(node_ids=_known(turn, lost)))


def _known(turn: Turn, lost: tuple[str, ...]) -> tuple[str, ...]:
    """Those that simply begin again; of an attempt that must happen once a person is asked whether it did."""
    state = turn.state
    unknown = [node_id for node_id in lost if state.plan.nodes[node_id].effect == "once" and state.plan.section[node_id] == "body"]
    for node_id in unknown:
        ask_outcome(turn, node_id)
    return tuple(node_id for node_id in lost if node_id not in unknown)


def reclaim(turn: Turn, holder: str) -> None:
    """The claim of a daemon that may have lived has run out: take the run back (runs spec 9.4)."""
    state = turn.state
    if state.status == "running" and not state.progressed and not state.executing:
        turn.emit(RunExecutionClaimExpiredRequeued(claimant_id=holder, lease_epoch=state.epoch))
    else:
        rehydrate(turn)


def claim(turn: Turn, claim_id: str, claimant_id: str, problem: tuple[str, str] | None, lease_ms: int = 30_000) -> None:
    """Take the queued run: this daemon advances it from now on, with the next epoch. A problem (code, words) of its folder fails it."""
    turn.emit(RunExecutionClaimed(claim_id=claim_id, claimant_id=claimant_id, lease_epoch=turn.state.epoch + 1, lease_ms=lease_ms))
    if turn.state.started_at_ms is None:
        turn.emit(RunStarted())
    if problem is not None:
        turn.emit(RunFailed(code=problem[0], message=problem[1], stop_kind="guardrail_stopped"))


def hold_for_shutdown(turn: Turn) -> None:
    """The daemon ends in order: hold the run, the next start takes it up. One that is being held already stays so."""
    if turn.state.status == "pausing":
        turn.emit(RunPaused(reason=turn.state.pause_reason or "paused_by_operator"))
        return
    turn.emit(RunInterruptedShutdown())
    turn.emit(RunPaused(reason="shutdown"))
