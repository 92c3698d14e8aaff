"""Runs, learnings and workflows for tests of rules."""

from __future__ import annotations

from typing import Any

from attrs import evolve

from actors.learning.record import Kind, Learning, Metrics, RunFacts, Status
from actors.workflow.spec import Command, Contract, Node, Workflow

__all__ = ["R", "failed", "learn", "metrics", "node", "ran", "workflow"]

R = "validator rejected unsupported citations"


def node(node_id: str = "node-1", **more: Any) -> Node:
    return Node(node_id, Command(("true",)), **more)


def workflow(*nodes: Node, **more: Any) -> Workflow:
    brief = node(contract=Contract(validator="research_brief"))
    return Workflow(more.pop("workflow_id", "wf-1"), nodes or (brief,), **more)


def ran(run_id: str = "run-1", *outputs: tuple[str, dict[str, Any]], **more: Any) -> RunFacts:
    return RunFacts(run_id, more.pop("workflow_id", "wf-1"), more.pop("status", "completed"), node_outputs=outputs, **more)


def failed(run_id: str = "run-1", *outputs: tuple[str, dict[str, Any]], node_id: str = "node-1", reason: str = R, **more: Any) -> RunFacts:
    run = ran(run_id, *outputs, status=more.pop("status", "failed"), **more)
    return evolve(run, last_failure={"node_id": node_id, "reason": reason, "failed_at_ms": 7, "failure_kind": "exit"})


def learn(kind: Kind = "memory_fact", status: Status = "proposed", **more: Any) -> Learning:
    given = {
        "learning_id": "wflearn-1",
        "workflow_id": "wf-1",
        "project_id": "wf-1",
        "source_run_id": "run-1",
        "summary": "s",
        "fingerprint": "f",
    }
    return Learning(kind=kind, status=status, **{**given, **more})


def metrics(n: int, completion: float, validation: float, people: int = 0) -> Metrics:
    return Metrics(n, completion, validation, human_intervention_count=people)
