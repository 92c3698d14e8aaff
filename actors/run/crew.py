"""Who works for a run: its attempts and open gates. Compares what the state wants with what runs; starts or dismisses the difference."""

from __future__ import annotations

from collections.abc import Callable, Collection
from pathlib import Path

from actors.gate.expiry import gate_due
from actors.lookout import Lookout, Watched
from actors.node.actor import Attempt
from actors.node.messages import AgentHeard, Failure, Outcome, Report
from actors.node.orders import HttpOrder, PythonOrder, WorkOrder
from actors.run.orders import Folders, work_order
from actors.run.state import RunState
from actors.services import Services
from actors.worktree.housing import worktree_problem
from supervision import ChildSpec, Dynamic, Ref, System
from supervision.monitor import Monitor

__all__ = ["Crew", "child_id"]

KILL_S = 20.0


def child_id(state: RunState, node_id: str) -> str:
    """The id of the attempt under way, below the run's `work`."""
    node = state.nodes[node_id]
    return f"{node_id}@{node.instance}.{node.attempt}"


class Crew:
    """`begun` holds each attempt that was started here, or found alive, with the watch over it."""

    def __init__(self, services: Services, system: System, run_path: str, watch: Callable[[str, str, str], Monitor]) -> None:
        self._services = services
        self._system = system
        self._run_path = run_path
        self._work_path = f"{run_path.rpartition('/')[0]}/work"
        self._watch = watch
        self._folders: Folders | None = None
        self.begun: dict[str, Monitor | None] = {}
        self.lookouts: dict[str, None] = {}

    @property
    def work(self) -> Dynamic:
        """The supervisor of all who work for the run."""
        return self._system.dynamic(self._work_path)

    def adopt(self, state: RunState) -> list[str]:
        """After a restart of the run: ask the living again, dismiss who is not wanted. Answers the nodes whose attempt is gone."""
        wanted = {child_id(state, node_id): node_id for node_id in state.executing}
        lost = dict(wanted)
        for child in self.work.children():
            if child in lost:
                node_id = lost.pop(child)
                self.begun[child] = self._watch(self._path(child), node_id, state.token(node_id))
                self._system.ref(self._path(child)).tell_nowait(Report())
            else:
                self.work.dismiss(child)
        return list(lost.values())

    def settle(self, state: RunState) -> list[Outcome]:
        """Start and dismiss until what runs is what the state wants. Answers the outcomes of attempts that could not even be ordered."""
        broken = []
        wanted = [(child_id(state, node_id), node_id) for node_id in state.executing]
        if len(self.begun) > len(wanted) or any(child not in self.begun for child, _ in wanted):
            keep = {child for child, _ in wanted}
            for child in [child for child in self.begun if child not in keep]:
                watch = self.begun.pop(child)
                if watch is not None:
                    watch.cancel()
                self.work.dismiss(child)
            for child, node_id in wanted:
                if child not in self.begun:
                    failed = self._begin(state, child, node_id)
                    if failed is not None:
                        broken.append(failed)
        if self.lookouts or state.open_gates or state.waits:
            self._settle_lookouts(state)
        return broken

    def dismiss(self, state: RunState, node_ids: Collection[str]) -> None:
        """Begin to end the attempts under way of these nodes; each tells its outcome."""
        for node_id in node_ids:
            self.work.dismiss(child_id(state, node_id))

    def _path(self, child: str) -> str:
        return f"{self._work_path}/{child}"

    def folders(self, state: RunState) -> Folders:
        """Where the run works; its private folder is made when it is needed first."""
        if self._folders is None:
            private = self._services.run_path(state.run_id)
            self._folders = Folders(private, state.workspace or f"{private}/work")
        return self._folders

    def _begin(self, state: RunState, child: str, node_id: str) -> Outcome | None:
        self.begun[child] = None
        if state.worktree is not None and (problem := worktree_problem(state.worktree)) is not None:
            return Outcome(node_id, state.token(node_id), Failure(*problem, "configuration"))
        order = work_order(state, node_id, self.folders(state), self._services.rules, self._services.clock.now_ms())
        if isinstance(order, Failure):
            return Outcome(node_id, state.token(node_id), order)
        if state.workspace is None and _needs_folder(order):
            Path(order.workdir).mkdir(mode=0o700, parents=True, exist_ok=True)
        run: Ref[Outcome | AgentHeard] = self._system.ref(self._run_path)
        tools = self._services.tools
        self.work.start_soon(ChildSpec(child, lambda: Attempt(order, tools, run), restart="temporary", shutdown=KILL_S))
        self.begun[child] = self._watch(self._path(child), node_id, order.token)
        return None

    def _settle_lookouts(self, state: RunState) -> None:
        wanted = _open_things(state) if state.status == "running" else {}
        for child in [child for child in self.lookouts if child not in wanted]:
            del self.lookouts[child]
            self.work.dismiss(child)
        for child, watched in wanted.items():
            if child not in self.lookouts:
                self.lookouts[child] = None
                self.work.start_soon(ChildSpec(child, self._lookout(watched), restart="transient"))

    def _lookout(self, watched: Watched) -> Callable[[], Lookout]:
        return lambda: Lookout(watched, self._services.clock, self._system.ref(self._run_path))


def _open_things(state: RunState) -> dict[str, Watched]:
    """Open gates and waits by the ids of their actors; a reminder gives a gate a new time, and so a new actor."""
    found = {}
    for gate in state.open_gates.values():
        text = f"{gate.gate_name} ({gate.gate_type}) open, instance {gate.instance}"
        again = f".{gate.reminders}{'s' if gate.stale else ''}" if gate.reminders or gate.stale else ""
        found[f"{gate.gate_name}!{gate.instance}{again}"] = Watched(text, gate_due(gate, held=False))
    for row in state.waits.values():
        if row.open:
            found[f"{row.node_id}~{row.instance}"] = Watched(f"{row.node_id} waits for a {row.kind}", None)  # its time is the scheduler's
    return found


def _needs_folder(order: WorkOrder) -> bool:
    """All that start a process, all that leave a file, and agents."""
    match order.action:
        case HttpOrder():
            return False
        case PythonOrder(isolate=isolate):
            return isolate or order.artifact is not None
    return True
