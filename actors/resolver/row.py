"""The log of one gate that a resolver is asked about: how it begins beside the opening, how it goes on, its line in the catalog. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from attrs import evolve, frozen

from actors.entity import Fact
from actors.flow.texts import NO_TEXTS, Texts
from actors.gate.events import ApprovalGateOpened
from actors.resolver.events import GatePollClosed, GatePolled, GatePollOpened, Progress, poll_codec
from actors.run.state import OpenGate, RunState
from actors.run.texts import texts_for
from actors.settings import RunRules
from actors.workflow.spec import Gate, OptionsRef
from actors.workflow.spec_gate import HUMAN, QUALITY
from actors.workflow.template import TemplateError
from storage.records import Append, Headline

__all__ = ["KIND", "LONG_LOG", "OPEN", "Poll", "closed", "keys_of", "opened", "poll_of", "polled", "stream_of"]

KIND = "gate_poll"
OPEN = ("open",)
LONG_LOG = 256
"""Facts after which the log begins anew."""


@frozen
class Poll:
    """One row: what is asked, how far it has come, and where its log ends."""

    stream: str
    about: GatePollOpened
    progress: Progress
    seq: int
    since_ms: int
    open: bool = True


def stream_of(run_id: str, node_id: str, instance: int) -> str:
    """The name of its log, which is also the key under which its run is found for as long as the gate is open."""
    name = "\0".join((run_id, node_id, str(instance)))
    return f"gate-poll-{sha256(name.encode()).hexdigest()[:24]}"


def keys_of(state: RunState) -> tuple[str, ...]:
    """The keys of all gates of the run that resolvers are asked about now; none where their answers would change nothing any more."""
    if state.terminal or state.cancel_reason is not None:
        return ()
    return tuple(stream_of(state.run_id, gate.node_id, gate.instance) for gate in state.open_gates.values() if _asks(gate))


def _asks(gate: OpenGate | ApprovalGateOpened) -> bool:
    return gate.gate_type not in HUMAN and gate.gate_type != QUALITY


def opened(rules: RunRules, state: RunState, event: Fact, at_ms: int) -> list[Append]:
    """What is to be written beside the fact: the log of a gate that is to be asked about, at once. `state`: the run before the fact."""
    if not isinstance(event, ApprovalGateOpened) or not _asks(event):
        return []
    spec = state.plan.nodes[event.node_id].action
    assert isinstance(spec, Gate), "only a gate's question goes to a resolver"
    about = GatePollOpened(
        run_id=state.run_id, workflow_id=state.workflow_id, node_id=event.node_id, instance=event.instance, gate_name=event.gate_name,
        gate_type=event.gate_type, progress=Progress(at_ms), params=_params(state, spec, event, at_ms),
    )  # fmt: skip
    return [_append(stream_of(state.run_id, event.node_id, event.instance), about, about.progress, "open", at_ms, at_ms, 0, about)]


def _params(state: RunState, spec: Gate, event: ApprovalGateOpened, at_ms: int) -> dict[str, Any]:
    """What the resolver is asked with (gates spec, 8). Labels of options may hold templates, since they say what to look at."""
    assert event.expires_at_ms is not None, "what a resolver is asked ends some time"
    return {
        "gate_name": event.gate_name, "prompt": event.shown.get("prompt"), "min_approvals": spec.min_approvals, "approval_mode": spec.mode,
        "options": _options(state, spec, event),
        "timeout_secs": (event.expires_at_ms - at_ms) // 1000, "as_identity": state.defaults.identity_of(spec.as_identity),
        "node_id": event.node_id, "instance": event.instance,
    }  # fmt: skip


def _options(state: RunState, spec: Gate, event: ApprovalGateOpened) -> dict[str, str]:
    """Values to labels, those with what they name: as it is written where that is not there, or where a node has written it."""
    texts = NO_TEXTS if isinstance(spec.options, OptionsRef) else texts_for(state, event.node_id)
    return {str(option["value"]): _rendered(texts, option["label"]) for option in event.shown.get("options", ())}


def _rendered(texts: Texts, text: str) -> str:
    try:
        return texts.text(text)
    except TemplateError:
        return text


def poll_of(stream: str, first: tuple[Fact, int], last: tuple[Fact, int], seq: int) -> Poll:
    """The row that the first and the last fact of its log make; both may be the same. `seq`: the number of the last one."""
    about, end = first[0], last[0]
    assert isinstance(about, GatePollOpened), "the log begins with the opening"
    progress = end.progress if isinstance(end, GatePolled | GatePollOpened) else about.progress
    return Poll(stream, about, progress, seq, first[1], open=not isinstance(end, GatePollClosed))


def polled(poll: Poll, progress: Progress, at_ms: int) -> Append:
    """The append after a question that did not end it. Of a long log it is a new beginning, before which all can be forgotten."""
    long = poll.seq % LONG_LOG == 0
    event: Fact = evolve(poll.about, progress=progress) if long else GatePolled(progress=progress)
    return _append(poll.stream, poll.about, progress, "open", poll.since_ms, at_ms, poll.seq, event)


def closed(poll: Poll, decision: str, at_ms: int) -> Append:
    """The append that stands beside the decision."""
    return _append(poll.stream, poll.about, None, "closed", poll.since_ms, at_ms, poll.seq, GatePollClosed(decision=decision))


def _append(
    stream: str, about: GatePollOpened, progress: Progress | None, status: str, since_ms: int, at_ms: int, expected: int, event: Fact
) -> Append:
    line = Headline(
        stream, KIND, status, since_ms, at_ms, group=about.workflow_id, parent=about.run_id,
        due_ms=None if progress is None else progress.due_ms, title=about.gate_name, facts=_facts(about, progress),
    )  # fmt: skip
    return Append(stream, expected, (poll_codec().encode(event),), headline=line)


def _facts(about: GatePollOpened, progress: Progress | None) -> Mapping[str, Any]:
    facts: dict[str, Any] = {"gate_type": about.gate_type}
    if progress is not None and progress.count:
        facts["polls"] = progress.count
    if progress is not None and progress.failures:
        facts |= {"failures": progress.failures, "code": progress.code}
    return facts
