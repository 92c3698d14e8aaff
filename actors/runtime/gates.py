"""The gate methods: the inbox, one gate, and the decision."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import trio

from actors.gate.messages import Decide
from actors.refusals import Refusal
from actors.resolver.reading import polling_json
from actors.run.view import gate_json
from actors.run.why_held import needs_person
from actors.runtime.base import Answer, Base
from actors.runtime.groups import groups_of
from actors.workflow.spec import Agent, Gate
from actors.workflow.walk import located

if TYPE_CHECKING:
    from actors.control import params as p
    from actors.gate.record import OpenGate
    from actors.library import Version
    from actors.refusals import Principal, RequestKey

__all__ = ["GateMethods"]

OPEN = ("queued", "running", "pausing", "paused", "waiting", "awaiting_approval")
MANY = 10_000
SHOWN = 200


class GateMethods(Base):
    """What waits for a person."""

    async def gate_list(self, params: p.GateList, by: Principal) -> Answer:
        """Open gates, and runs that are held until a person does something; of all runs, or of one."""
        if params.run_id is not None:
            state = self.fold(params.run_id)
            if isinstance(state, Refusal):
                return state
            return {"gates": self._gates(params.run_id), "held": self._held(params.run_id), "now_ms": self.services.clock.now_ms()}
        gates: list[dict[str, Any]] = []
        held: list[dict[str, Any]] = []
        for line in reversed(self.services.store.catalog.list("run", OPEN, limit=MANY)):
            if line.facts.get("gates") and len(gates) < SHOWN:
                gates += self._gates(line.stream)
            if line.status == "paused" and len(held) < SHOWN:
                held += self._held(line.stream)
        return {
            "gates": sorted(gates, key=lambda gate: (gate["opened_at_ms"], gate["run_id"])),
            "held": sorted(held, key=lambda one: (one["updated_at_ms"], one["run_id"])),
            "now_ms": self.services.clock.now_ms(),
        }

    def _held(self, run_id: str) -> list[dict[str, Any]]:
        state = self.fold(run_id)
        if isinstance(state, Refusal) or (reason := needs_person(state)) is None:
            return []
        about = {"run_id": run_id, "workflow_id": state.workflow_id, "title": state.plan.workflow.name or state.workflow_id}
        return [about | {"updated_at_ms": state.updated_at_ms} | reason]

    def _gates(self, run_id: str) -> list[dict[str, Any]]:
        state = self.fold(run_id)
        if isinstance(state, Refusal) or state.terminal:
            return []
        title = state.plan.workflow.name or state.workflow_id
        about = {"run_id": run_id, "workflow_id": state.workflow_id, "title": title, "run_status": state.status}
        return [gate_json(run_id, gate) | about | self._polling(run_id, gate) for gate in state.open_gates.values()]

    def _polling(self, run_id: str, gate: OpenGate) -> dict[str, Any]:
        """How the asking goes on, where a resolver is asked."""
        found = polling_json(self.services.store, run_id, gate.node_id, gate.instance)
        return {} if found is None else {"polling": found}

    async def gate_get(self, params: p.GateGet, by: Principal) -> Answer:
        state = self.fold(params.run_id)
        if isinstance(state, Refusal):
            return state
        gates = self._gates(params.run_id)
        if params.gate is not None:
            gates = [gate for gate in gates if params.gate in (gate["node_id"], gate["gate_name"], gate["approval_request_id"])]
        if len(gates) == 1:
            return {"gate": gates[0], "now_ms": self.services.clock.now_ms()}
        names = sorted(gate.gate_name for gate in state.open_gates.values())
        if not gates:
            text = f"The run {params.run_id} ({state.status}) has no such open gate. Open: {', '.join(names) or 'none'}."
            return Refusal("run_gate_missing", text, {"open_gates": names})
        return Refusal("gate_ambiguous", f"The run has {len(gates)} open gates: {', '.join(names)}. Say which one.", {"open_gates": names})

    async def gate_decide(self, params: p.GateDecide, by: Principal, request: RequestKey) -> Answer:
        if not by.human:
            text = "Only a person decides a gate; this request comes from a process that a node has started."
            return Refusal("human_required", text, {"run_id": params.run_id})
        version = self._pinned(params.run_id)
        operation = Decide(
            by, params.decision, params.gate, params.feedback, tuple(params.selections or ()), params.reason, params.nonce,
            params.shown_digest, params.approval_request_id, params.transition_id, await self._groups(version, by.uid),
            version.stored_by if version is not None else None,
        )  # fmt: skip
        return await self.operate(params.run_id, operation, request)

    def _pinned(self, run_id: str) -> Version | None:
        """The version to which the run is pinned, as its line in the catalog says: a log would be too dear to read for each answer."""
        line = self.services.store.catalog.get(run_id)
        if line is None:
            return None
        number = (line.facts or {}).get("version")
        return next((version for version in self.library.record(line.group or "").versions if version.version == number), None)

    async def _groups(self, version: Version | None, uid: int) -> frozenset[str]:
        """The names of the person's groups, where a question of the version asks for one. In a thread: a directory service may be slow."""
        workflow = self.library.definition(version) if version is not None else None
        nodes = [node for _, node in located(workflow)] if workflow is not None else []
        gates = (node.action for node in nodes if isinstance(node.action, Gate))
        words = {word for gate in gates for word in (*gate.approvers, gate.escalate_to or "")}
        agents = (one for node in nodes for one in (node.action, node.on_fail.handler) if isinstance(one, Agent))
        words |= {word for agent in agents for word in agent.approval.approvers}
        if not any(word.startswith("@") for word in words):
            return frozenset()
        return await trio.to_thread.run_sync(groups_of, uid)
