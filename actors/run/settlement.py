"""What a run's nodes add up to when nothing of them can go on (runs spec 6.7). Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from attrs import frozen

from actors.run.caps import cap_now, spent_by
from actors.run.eligibility import blocked_nodes
from actors.run.findings import BLOCKING_KINDS, SUCCESS_WORDS, status_word
from actors.run.state import SKIPPED_AS_DONE, Conclusion, RunState

__all__ = ["Standing", "settle", "settle_run", "standings"]

FAILED_WORDS = frozenset({"failed", "verify_failed"})
FAILED_KINDS = frozenset({"verification_failed", "run_failed"})


@frozen
class Standing:
    """One node at the end. `word` and `failure_kind` are what its output says; `done`: its own status is a success."""

    node_id: str
    pending: bool = False
    blocked: bool = False
    done: bool = False
    attempts: int = 0
    cap: int = 1
    has_output: bool = True
    word: str = ""
    failure_kind: str = ""


def settle(nodes: Iterable[Standing], *, deadlock: bool) -> Conclusion:
    """Failed outranks blocked, blocked outranks what cannot be accounted for."""
    found: dict[str, list[str]] = {"failed": [], "blocked": [], "incomplete": [], "": []}
    for node in nodes:
        found[_verdict(node, deadlock=deadlock)].append(node.node_id)
    names = {word: tuple(sorted(set(ids))) for word, ids in found.items()}
    if names["failed"]:
        return Conclusion("failed", "nodes_failed", names["failed"])
    if names["blocked"]:
        return Conclusion("blocked", "no_runnable_nodes" if deadlock else "blocked_by_upstream", names["blocked"])
    if names["incomplete"]:
        return Conclusion("failed", "terminal_accounting_missing", names["incomplete"])
    return Conclusion("failed", "flow_deadlock") if deadlock else Conclusion("completed", "run_completed")


def _verdict(node: Standing, *, deadlock: bool) -> str:
    """`failed`, `blocked`, `incomplete`, or nothing for a success and for what may still go on."""
    if node.pending:
        worn_out = node.attempts >= node.cap and (node.has_output or deadlock)
        return "failed" if worn_out else "blocked" if node.blocked else ""
    if node.blocked:
        return "blocked"
    if node.done and not node.has_output:
        return "incomplete"
    if node.word in FAILED_WORDS or node.failure_kind in FAILED_KINDS:
        return "failed"
    if node.word == "blocked" or node.failure_kind in BLOCKING_KINDS:
        return "blocked"
    return "" if node.done and (not node.word or node.word in SUCCESS_WORDS) else "incomplete"


def settle_run(state: RunState) -> Conclusion:
    """The same for a run whose nodes have come to rest."""
    if state.failures:
        return Conclusion("failed", state.guardrail or "nodes_failed", tuple(sorted(state.failures)))
    deadlock = any(state.nodes[node_id].status == "pending" and not state.covered(node_id) for node_id in state.plan.body.order)
    return settle(standings(state), deadlock=deadlock)


def standings(state: RunState) -> Iterator[Standing]:
    """How each node of the body stands. Only an output under a contract has words; without one, being done is enough."""
    derived = set(blocked_nodes(state))
    for node_id in state.plan.body.order:
        node, contracted = state.nodes[node_id], state.plan.nodes[node_id].contract is not None
        if (node.status == "skipped" and node.skip_reason in SKIPPED_AS_DONE) or node_id in state.groups or state.covered(node_id):
            continue
        failure_kind = node.output.get("failure_kind") if contracted and isinstance(node.output, dict) else None
        yield Standing(
            node_id=node_id,
            pending=node.status == "pending",
            blocked=node.status == "blocked" or node_id in derived,
            done=node.status in ("completed", "timed_out"),
            attempts=spent_by(state, node_id),
            cap=cap_now(state, node_id),
            has_output=not contracted or node.output is not None,
            word=status_word(node.output) if contracted else "",
            failure_kind=str(failure_kind or ""),
        )
