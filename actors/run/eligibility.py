"""Which of the ready nodes may start now, where more than needs and a place decides: triage, phases, routines, write scopes. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from actors.run.course import PhaseOpened
from actors.run.state import RunState

__all__ = ["blocked_nodes", "open_phase", "phase_change", "select", "stuck_nodes", "triage_skips"]

WHOLE = frozenset({".", "*"})
NONE: frozenset[str] = frozenset()
HAS_WORK = (
    ("has_work",), ("structured_handoff", "has_work"), ("content", "has_work"), ("content", "structured_handoff", "has_work"),
    ("content", "data", "has_work"),
)  # fmt: skip


def open_phase(state: RunState) -> int | None:
    """The lowest phase with a node that is not done; None where there is none."""
    mission = state.plan.mission
    ranks = [rank for node_id, rank in mission.rank.items() if _open(state, node_id)]
    return min(ranks, default=None)


def phase_change(state: RunState) -> PhaseOpened | None:
    """The fact that another phase is open than was recorded last."""
    rank = open_phase(state)
    if rank is None:
        return None
    phase = state.plan.mission.phases[rank]
    if phase.phase_id == state.phase:
        return None
    return PhaseOpened(phase_id=phase.phase_id, phase_rank=rank, execution_mode=phase.mode)


def blocked_nodes(state: RunState) -> list[str]:
    """Pending nodes that cannot start yet: a need is open, a routine or a barrier is before them. In flow order."""
    nodes = state.nodes
    pending = [node_id for node_id in state.plan.body.order if nodes[node_id].status == "pending" and not state.covered(node_id)]
    return [node_id for node_id in pending if not _needs_met(state, node_id) or _held(state, node_id)]


def stuck_nodes(state: RunState) -> list[str]:
    """What cannot go on: blocked by an output, or not startable yet. In flow order."""
    derived = set(blocked_nodes(state))
    return [node_id for node_id in state.plan.body.order if state.nodes[node_id].status == "blocked" or node_id in derived]


def _needs_met(state: RunState, node_id: str) -> bool:
    verdicts = [(need, state.settled(need.node)) for need in state.plan.body.needs[node_id]]
    group = state.plan.parent.get(node_id)
    return all(ok or (ok is False and need.until == "settled") for need, ok in verdicts) and (group is None or state.begun(group))


def _held(state: RunState, node_id: str) -> bool:
    """Whether a routine before the node's, or the barrier of an open phase, keeps it from starting."""
    mission = state.plan.mission
    for before in mission.hard.get(mission.routine.get(node_id, ""), ()):
        if any(routine == before and _open(state, other) for other, routine in mission.routine.items()):
            return True
    rank = open_phase(state) if mission.phases else None
    return rank is not None and mission.phases[rank].mode == "barrier" and rank < mission.rank_of(node_id) and node_id in mission.rank


def _open(state: RunState, node_id: str) -> bool:
    """Whether the node is still to be done; not where a group around it is over."""
    return state.settled(node_id) is not True and not state.covered(node_id)


def select(state: RunState, ready: Iterable[str], room: int) -> list[str]:
    """Of the ready nodes those that start now, in their order: the open phase first, then rank, priority, id; none that conflicts."""
    mission, rank = state.plan.mission, open_phase(state)
    free = [node_id for node_id in ready if not _held(state, node_id)]
    inside = [node_id for node_id in free if rank is not None and mission.rank.get(node_id) == rank]
    wanted = sorted(inside or free, key=lambda node_id: (mission.rank_of(node_id), state.plan.sort_keys[node_id]))
    chosen: list[str] = []
    for node_id in wanted:
        if len(chosen) >= room:
            break
        if not any(_conflict(state, node_id, other) for other in (*state.executing, *chosen)):
            chosen.append(node_id)
    return chosen


def _conflict(state: RunState, left: str, right: str) -> bool:
    """Whether two nodes write in the same place, or name the same tool of an MCP server."""
    mission = state.plan.mission
    if mission.shared.get(left, NONE) & mission.shared.get(right, NONE):
        return True
    scopes = mission.scopes
    if left not in scopes or right not in scopes:
        return False
    mine, others = scopes[left] or (".",), scopes[right] or (".",)
    return any(_overlap(one, other) for one in mine for other in others)


def _overlap(one: str, other: str) -> bool:
    if one in WHOLE or other in WHOLE or one == other:
        return True
    return one.startswith(f"{other}/") or other.startswith(f"{one}/")


def triage_skips(state: RunState, node_id: str) -> bool:
    """Whether what the node needs had no work for it: at least one that says so, and none that did real work."""
    no_work = real = False
    for need in state.plan.body.before[node_id]:
        output = state.nodes[need].output
        if need in state.plan.mission.triage:
            no_work |= not _has_work(output)
        elif isinstance(output, Mapping) and output.get("triage_skipped") is True:
            no_work = True
        elif state.nodes[need].status in ("completed", "timed_out"):
            real = True
    return no_work and not real


def _has_work(output: Any) -> bool:
    """What a triage node says; yes where it says nothing."""
    for path in HAS_WORK:
        found = _at(output, path)
        if isinstance(found, bool):
            return found
    content = output.get("content") if isinstance(output, Mapping) else None
    texts = [value for value in content.values() if isinstance(value, str)] if isinstance(content, Mapping) else []
    for text in texts:
        try:
            found = _at(json.loads(text), ("has_work",))
        except ValueError:
            continue
        if isinstance(found, bool):
            return found
    return True


def _at(value: Any, path: tuple[str, ...]) -> Any:
    for step in path:
        if not isinstance(value, Mapping):
            return None
        value = value.get(step)
    return value
