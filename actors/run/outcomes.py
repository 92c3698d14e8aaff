"""What an attempt's ending means: success, failure with or without another attempt, interruption, or an outcome nobody knows. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import assert_never

from attrs import evolve

from actors.fan_out.rules import on_answer
from actors.gate.rules import ask_outcome
from actors.gate.tools import ask_tool
from actors.node.events import TOOL_ASKED, NodeCompleted, NodeInterrupted
from actors.node.messages import Failure, Interruption, Outcome, Success, ToolQuestion, Usage
from actors.run.agent_steering import GOES_ON, goes_on, note_heard
from actors.run.caps import cap_of, spent_by
from actors.run.delivering import in_last_words, note_delivery, policy_of
from actors.run.failing import record_failure
from actors.run.findings import finding_of
from actors.run.retry import Retry, decide_retry
from actors.run.texts import export_notes
from actors.run.turn import Turn
from actors.run.verdicts import succeed
from actors.settings import CRASH_ATTEMPTS

__all__ = ["accepts", "on_lost", "on_outcome", "on_outcomes"]


def accepts(turn: Turn, outcome: Outcome) -> bool:
    """Whether the outcome belongs to the attempt under way. A stale one changes nothing."""
    state = turn.state
    return outcome.node_id in state.executing and state.token(outcome.node_id) == outcome.token and not state.terminal


def on_outcomes(turn: Turn, outcomes: Iterable[Outcome]) -> None:
    """Fold those that belong to attempts under way."""
    for outcome in outcomes:
        if accepts(turn, outcome):
            on_outcome(turn, outcome)


def on_outcome(turn: Turn, outcome: Outcome) -> None:
    """Fold the ending of an attempt that is under way."""
    node_id, usage = outcome.node_id, outcome.usage
    note_heard(turn, outcome)
    if goes_on(turn.state, outcome):
        _note_interrupted(turn, node_id, GOES_ON, usage)  # not asked about, whatever its effect: it has done its work, and does more
        return
    note_delivery(turn, node_id, outcome.verdict)
    if (spec := turn.state.plan.fan_outs.get(node_id)) is not None:
        read = on_answer(turn, outcome, spec)
        if read is None:
            return
        outcome = read
    match outcome.verdict:
        case Success(output=output, warnings=warnings) as success:
            notes = export_notes(turn.state, output)
            noted = evolve(success, warnings=(*warnings, *notes)) if notes else success
            (succeed if turn.state.plan.section[node_id] == "body" else _succeed)(turn, node_id, noted, usage)
        case Failure() as failure:
            _fail(turn, node_id, failure, usage)
        case Interruption(reason=reason) if reason.startswith("budget_") and turn.state.plan.section[node_id] != "body":
            text = "A budget of the run is used up, and clean-up is held for nobody. Give clean-up work that needs no model."
            _fail(turn, node_id, Failure(reason, text, "configuration"), usage, retry=False)
        case Interruption(reason=reason, value=value):
            _interrupt(turn, node_id, reason, usage, value)
        case ToolQuestion() as question:
            _put_down(turn, node_id, question, usage)
        case _:
            assert_never(outcome.verdict)


def on_lost(turn: Turn, node_id: str) -> None:
    """The attempt is gone without an outcome: it counts as a crash attempt, and after three of them the node fails."""
    node = turn.state.nodes[node_id]
    if node.crashes + 1 >= CRASH_ATTEMPTS:
        text = f"{CRASH_ATTEMPTS} attempts of this node were lost in crashes; nothing tells how far they came. See its logs, then retry."
        _fail(turn, node_id, Failure("attempt_lost", text, "execution_error", unknown=True), None, retry=False)
    else:
        _interrupt(turn, node_id, "lost", None)


def _succeed(turn: Turn, node_id: str, success: Success, usage: Usage | None) -> None:
    """The end of clean-up and of a failure's handler: nobody repairs or reviews there, so what is not done has failed."""
    node = turn.state.nodes[node_id]
    finding = finding_of(turn.state, node_id, success.output)
    if finding.word:
        _fail(turn, node_id, Failure(f"output_{finding.word}", finding.reason, "contract_miss"), usage, retry=finding.word != "blocked")
        return
    turn.emit(
        NodeCompleted(
            node_id=node_id,
            attempt=node.attempt,
            instance=node.instance,
            output=success.output,
            artifact=success.artifact,
            warnings=success.warnings,
            usage=usage,
            said=success.said,
        )
    )


def _unknown(turn: Turn, node_id: str) -> bool:
    spec = turn.state.plan.nodes[node_id]
    if spec.effect != "once" or turn.state.plan.section[node_id] != "body":
        return False
    ask_outcome(turn, node_id)
    return True


def _interrupt(turn: Turn, node_id: str, reason: str, usage: Usage | None, value: float | None = None) -> None:
    if not _unknown(turn, node_id):
        _note_interrupted(turn, node_id, reason, usage, value)


def _note_interrupted(turn: Turn, node_id: str, reason: str, usage: Usage | None, value: float | None = None) -> None:
    node = turn.state.nodes[node_id]
    turn.emit(NodeInterrupted(node_id, reason, attempt=node.attempt, instance=node.instance, usage=usage, value=value))


def _put_down(turn: Turn, node_id: str, question: ToolQuestion, usage: Usage | None) -> None:
    """The attempt is over and counts for nothing; a person is asked whether the next one may make that call."""
    node = turn.state.nodes[node_id]
    turn.emit(NodeInterrupted(node_id=node_id, reason=TOOL_ASKED, attempt=node.attempt, instance=node.instance, usage=usage))
    ask_tool(turn, node_id, question)


def _fail(turn: Turn, node_id: str, failure: Failure, usage: Usage | None, *, retry: bool = True) -> None:
    if failure.unknown and _unknown(turn, node_id):
        return
    state = turn.state
    spec = state.plan.nodes[node_id]
    policy, began = policy_of(spec, failure), state.nodes[node_id].first_started_at_ms
    cap = cap_of(state, node_id, category=failure.category, code=failure.code)
    verdict = Retry("not_retryable") if failure.final else decide_retry(
        policy, spent_by(state, node_id) if retry else cap, failure.failure_class, state.token(node_id), cap=cap,
        elapsed_ms=turn.now - (turn.now if began is None else began),
    )  # fmt: skip
    record_failure(turn, node_id, in_last_words(spec, failure, verdict), verdict, usage)
