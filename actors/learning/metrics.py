"""How the newest runs of a workflow went, in numbers (learning spec 5). Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from actors.learning.derive import validation_pass
from actors.learning.record import Metrics, RunFacts
from actors.run.state import TERMINAL
from actors.workflow.spec_gate import QUALITY

__all__ = ["snapshot"]

AUTOMATIC: Final = frozenset({"system", QUALITY, "resolver"})
"""Who decides gates without a person, up to the first colon. Whoever is not among them counts as one."""


def snapshot(runs: Sequence[RunFacts], now: int) -> Metrics:
    """Of those among the runs that have ended; zeros where none has."""
    ended = [run for run in runs if run.status in TERMINAL]
    if not ended:
        return Metrics(computed_at_ms=now)
    attempts = [count for run in ended for count in run.node_attempts.values()]
    times = sorted(_took(run) for run in ended)
    return Metrics(
        sample_size=len(ended),
        completion_rate=sum(run.status == "completed" for run in ended) / len(ended),
        validation_pass_rate=sum(validation_pass(run) for run in ended) / len(ended),
        mean_attempts_per_node=sum(attempts) / max(1, len(attempts)),
        repairable_failure_rate=sum(_to_repair(run) for run in ended) / len(ended),
        median_wall_clock_ms=times[len(times) // 2],
        human_intervention_count=sum(_by_people(run) for run in ended),
        computed_at_ms=now,
    )


def _took(run: RunFacts) -> int:
    started, finished = run.started_at_ms, run.finished_at_ms
    return finished - started if started is not None and finished is not None and finished >= started else 0


def _to_repair(run: RunFacts) -> bool:
    return any(str(output.get("status")).lower() == "needs_repair" for _, output in run.node_outputs)


def _by_people(run: RunFacts) -> bool:
    decided = any(entry.decided_by.partition(":")[0] not in AUTOMATIC for entry in run.gate_history)
    return decided or run.stop_kind == "operator_stopped"
