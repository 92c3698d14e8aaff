"""The fold of a run's log as its public history sees it: after each fact, how the run stood (spec 5.1, 6.1). Pure."""

from __future__ import annotations

from bisect import insort
from collections.abc import Mapping
from typing import Any

from attrs import Factory, define

from actors.entity import Fact
from actors.node.events import NodeCompleted, NodeStarted
from actors.projection.record import Moment
from actors.run.agent_orders import thread_of
from actors.run.eligibility import stuck_nodes
from actors.run.events import ReportWritten, RunExecutionClaimed, RunStarted
from actors.run.evolve import evolve
from actors.run.fold_gates import rework_roots
from actors.run.state import OpenGate, RunState
from actors.wait.row import WaitRow
from actors.workflow.spec import Agent

__all__ = ["Chronicle", "open_waits"]

NEVER = 2**63
NONE: frozenset[str] = frozenset()


def open_waits(state: RunState) -> list[WaitRow]:
    """The open waits in the order in which time does something to them (spec 10.1)."""
    rows = [row for row in state.waits.values() if row.open]
    return sorted(rows, key=lambda row: (row.due_ms if row.due_ms is not None else NEVER, row.created_at_ms, row.wait_id))


@define(eq=False)
class Chronicle:
    """A run's state, and what its history tells that the state does not keep: the claim, and the order in which nodes were done.

    What is told of nodes is kept up to date for the facts that are most of every log; after any other it is put together anew.
    """

    state: RunState
    claim: Mapping[str, Any] | None = None
    done: dict[str, None] = Factory(dict)
    pending: dict[str, None] = Factory(dict)
    blocked: dict[str, None] = Factory(dict)
    attempts: dict[str, int] = Factory(dict)
    verdicts: dict[str, int] = Factory(dict)
    outputs: list[str] = Factory(list)

    def apply(self, fact: Fact, at: int) -> None:
        """One more fact of the log."""
        state = self.state
        if isinstance(fact, NodeStarted) and fact.node_id in self.pending and not state.nodes[fact.node_id].noted:
            evolve(state, fact, at)
            del self.pending[fact.node_id]
            self.attempts[fact.node_id] = fact.attempt
            return
        evolve(state, fact, at)
        if isinstance(fact, NodeCompleted) and state.plan.section.get(fact.node_id) == "body" and not _interwoven(state):
            self._completed(fact.node_id)
        elif isinstance(fact, RunExecutionClaimed):
            self.claim = {
                "claim_id": fact.claim_id, "claimant_id": fact.claimant_id, "claimed_at_ms": at,
                "lease_expires_at_ms": at + fact.lease_ms, "lease_epoch": fact.lease_epoch,
            }  # fmt: skip
        elif not isinstance(fact, RunStarted | ReportWritten):
            self._anew()

    def _completed(self, node_id: str) -> None:
        node = self.state.nodes[node_id]
        self.done[node_id] = None
        self.pending.pop(node_id, None)
        self.verdicts[node_id] = len(node.verdicts)
        if node.output is not None and node_id not in self.outputs:
            insort(self.outputs, node_id)
        for dependent, _ in self.state.plan.body.releases[node_id]:
            if dependent in self.blocked and self.state.body.met(dependent):
                del self.blocked[dependent]

    def _anew(self) -> None:
        state, settled = self.state, self.state.settled
        gone = [node_id for node_id in self.done if settled(node_id) is not True]
        for node_id in gone:
            del self.done[node_id]
        self.done |= dict.fromkeys(node_id for node_id in state.nodes if node_id not in self.done and settled(node_id) is True)
        self.pending = {node_id: None for node_id in state.plan.body.order if state.nodes[node_id].status == "pending"}
        self.blocked = dict.fromkeys(stuck_nodes(state))
        self.attempts = {node_id: node.attempt for node_id, node in state.nodes.items() if node.attempt}
        self.verdicts = {node_id: len(node.verdicts) for node_id, node in state.nodes.items() if node.verdicts}
        self.outputs = sorted([node_id for node_id, node in state.nodes.items() if node.output is not None])

    def moment(self) -> Moment:
        """How the run stands now."""
        state = self.state
        gates = self._gates()
        return Moment(
            status=state.status,
            checkpoint=self._checkpoint(gates),
            queue_reason=None if state.queue is None else state.queue.get("queue_reason"),
            awaiting=gates[0].node_id if gates else None,
            gates=frozenset([gate.node_id for gate in gates]) if gates else NONE,
            waits=tuple(row.kind for row in open_waits(state)) if state.waits else (),
        )

    def _gates(self) -> list[OpenGate]:
        """Open gates in the order of opening; those of one moment in the order of the flow."""
        found = list(self.state.open_gates.values())
        if len(found) > 1:
            order = self.state.plan.sort_keys
            place = {node_id: number for number, node_id in enumerate(order)}
            found.sort(key=lambda gate: (gate.opened_at_ms, place[gate.node_id]))
        return found

    def _checkpoint(self, gates: list[OpenGate]) -> dict[str, Any]:
        """What there is to say; the rest is empty (spec 6.1)."""
        state = self.state
        shown = [_gate(state, gate) for gate in gates]
        found: dict[str, Any] = {
            "gate_history_count": len(state.gate_history),
            "last_failure": state.last_failure,
            "execution_claim_epoch": state.epoch,
            "execution_claim": self.claim if state.claimed else None,
            "pause_reason": state.pause_reason,
            "resume_reason": state.resume_reason,
            "stop_kind": state.stop_kind,
            "stop_reason": state.stop_reason,
        }
        found = {name: value for name, value in found.items() if value}
        for name, nodes in (("completed_nodes", self.done), ("pending_nodes", self.pending), ("blocked_nodes", self.blocked)):
            if nodes:
                found[name] = list(nodes)
        for name, counts in (("node_attempts", self.attempts), ("node_attempt_verdict_counts", self.verdicts)):
            if counts:
                found[name] = counts.copy()
        if self.outputs:
            found["node_output_ids"] = self.outputs.copy()
        if shown:
            found |= {"awaiting_gate": shown[0], "open_gates": shown}
        if state.plan.agents and (sessions := self._sessions()):
            found["active_session_ids"] = sessions
        return found

    def _sessions(self) -> list[str]:
        """The conversations of agents that are at work."""
        state = self.state
        return [thread_of(state.run_id, node_id) for node_id in state.executing if isinstance(state.plan.nodes[node_id].action, Agent)]


def _interwoven(state: RunState) -> bool:
    """Whether more than its needs may keep a node from starting."""
    return bool(state.plan.mission.phases or state.plan.mission.hard)


def _gate(state: RunState, gate: OpenGate) -> dict[str, Any]:
    """A gate without anything that only its deciders are shown."""
    node = state.plan.nodes[gate.node_id]
    policy = {
        "expires_at_ms": gate.expires_at_ms, "on_expiry": gate.on_expiry, "escalate_to": gate.escalate_to,
        "remind_every_ms": gate.remind_every_ms,
    }  # fmt: skip
    return {
        "node_id": gate.node_id, "title": node.title or gate.node_id, "decisions": list(gate.decisions),
        "rework_targets": list(rework_roots(state, gate.node_id)), "requested_at_ms": gate.opened_at_ms,
        "upstream_node_ids": [need.node for need in node.needs], "expiry_policy": policy,
    }  # fmt: skip
