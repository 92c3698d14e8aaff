"""What a daemon has counted since it began, by name and labels. Pure.

Names that come from outside (models, tools) are told apart up to 100 sets of labels for each number; what comes later is `other`.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping
from typing import Final

from attrs import Factory, define

from actors.agent.thread_events import CallEnded, ModelCallAnswered, ModelCallIntended, ToolAnswered
from actors.entity import Fact
from actors.node.events import NodeCompleted, NodeCompletedWithWarnings, NodeFailed, NodeInterrupted, NodeStarted
from actors.run.events import ENDINGS

__all__ = ["CALL_SECONDS", "MOST", "Histogram", "Meter"]

MOST: Final = 100
OTHER: Final = "other"
CALL_SECONDS: Final = (0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0)
_COUNTED: Mapping[type[Fact], tuple[str, ...]] = {
    NodeStarted: ("attempts_started",), NodeCompleted: ("nodes_ended", "completed"),
    NodeCompletedWithWarnings: ("nodes_ended", "completed"), NodeFailed: ("nodes_ended", "failed"),
    NodeInterrupted: ("nodes_ended", "interrupted"), **{ending: ("runs_ended", ending.kind) for ending in ENDINGS},
}  # fmt: skip
"""Under which name, and with which labels, a fact of a run is counted."""


@define(eq=False)
class Histogram:
    """How many values were at most each bound, how many there were, and what they come to."""

    bounds: tuple[float, ...]
    counts: list[int] = Factory(lambda self: [0] * (len(self.bounds) + 1), takes_self=True)
    total: float = 0.0

    def observe(self, value: float) -> None:
        """One more value."""
        self.counts[bisect_left(self.bounds, value)] += 1
        self.total += value


@define(eq=False)
class Meter:
    """Counters by name and label values; one histogram, of calls that were answered, in seconds."""

    counts: dict[str, dict[tuple[str, ...], float]] = Factory(dict)
    calls: Histogram = Factory(lambda: Histogram(CALL_SECONDS))

    def add(self, name: str, *labels: str, amount: float = 1) -> None:
        """Count."""
        found = self.counts.setdefault(name, {})
        key = labels if labels in found or len(found) < MOST else (OTHER,) * len(labels)
        found[key] = found.get(key, 0) + amount

    def total(self, name: str) -> float:
        """What was counted under the name, whatever the labels."""
        return sum(self.counts.get(name, {}).values())

    def run(self, facts: Iterable[Fact]) -> None:
        """These facts of a run are durable."""
        for fact in facts:
            if (counted := _COUNTED.get(type(fact))) is not None:
                self.add(*counted)

    def call(self, intent: ModelCallIntended, end: CallEnded, code: str) -> None:
        """A call is over; `code` says why it came to nothing, empty where it was answered."""
        self.add("model_calls", intent.backend, intent.model, code or "ok")
        for direction, tokens in (("input", end.input_tokens), ("output", end.output_tokens)):
            if tokens:
                self.add("model_tokens", intent.backend, intent.model, direction, amount=tokens)
        if cost := round(end.cost_input_usd + end.cost_output_usd, 9):
            self.add("model_cost_usd", intent.backend, intent.model, amount=cost)
        if not end.priced:
            self.add("model_calls_unpriced", intent.backend, intent.model)
        if isinstance(end, ModelCallAnswered):
            self.calls.observe(end.latency_ms / 1000)

    def tool(self, fact: ToolAnswered) -> None:
        """A tool has answered."""
        self.add("tool_calls", fact.name, "cut_off" if fact.cut_off else fact.state)
