"""The uses of tools as rows, one for each start: made from the facts of a conversation. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from attrs import define, field

from actors.agent.thread_events import Asked, ModelCallAnswered, ThreadBegun, ToolAnswered, ToolApprovalUsed, ToolIntended
from actors.entity import Fact
from storage.codec import canonical

__all__ = ["uses_of"]

LONGEST: Final = 2_000


@define
class _Reading:
    thread_id: str
    run_id: str = ""
    node_id: str = ""
    instance: int = 0
    asked: dict[str, Asked] = field(factory=dict)
    under_way: dict[str, Any] | None = None
    approved: dict[str, str] = field(factory=dict)
    rows: list[dict[str, Any]] = field(factory=list)

    def apply(self, at_ms: int, fact: Fact) -> None:
        match fact:
            case ThreadBegun(run_id=run_id, node_id=node_id, instance=instance):
                self.run_id, self.node_id, self.instance = run_id, node_id, instance
            case ModelCallAnswered(calls=calls):
                self.asked, self.approved = {call.call_id: call for call in calls}, {}
            case ToolApprovalUsed(call_id=call_id, by=by):
                self.approved[call_id] = by
            case ToolIntended(attempt=attempt):
                self.cut_off()
                self.under_way = self._row(fact.call_id, fact.name) | {"attempt": attempt, "state": "open", "began_ms": at_ms}
                self.rows.append(self.under_way)
            case ToolAnswered(cut_off=False):
                self._answered(at_ms, fact)

    def cut_off(self) -> None:
        """The use under way has no end, and will have none."""
        if self.under_way is not None:
            self.under_way["state"] = "uncertain"

    def _answered(self, at_ms: int, fact: ToolAnswered) -> None:
        row = self.under_way
        if row is None:
            row = self._row(fact.call_id, fact.name)
            self.rows.append(row)
        self.under_way = None
        began = fact.began_ms or row.get("began_ms", at_ms)
        row |= {"attempt": fact.attempt, "state": fact.state, "began_ms": began, "answer": fact.text[:LONGEST]}
        if fact.state != "uncertain":
            row |= {"ended_ms": began + fact.latency_ms, "latency_ms": fact.latency_ms}

    def _row(self, call_id: str, name: str) -> dict[str, Any]:
        known: Mapping[str, Any] = self.asked[call_id].arguments if call_id in self.asked else {}
        approved = {"approved_by": self.approved[call_id]} if call_id in self.approved else {}
        return approved | {
            "run_id": self.run_id, "node_id": self.node_id, "thread_id": self.thread_id, "instance": self.instance, "call_id": call_id,
            "tool": name, "arguments": canonical(dict(known)).decode()[:LONGEST],
        }  # fmt: skip


def uses_of(thread_id: str, facts: Iterable[tuple[int, Fact]], *, ended: bool = False) -> list[dict[str, Any]]:
    """A row for each use in the order in which they began; facts come with their times, and with their texts. `ended`: the run has.

    `state`: `open` has no end yet; else as in ToolAnswered, and `uncertain` too for what was cut off, and begun anew or never again.
    What was never begun has no row. `ended_ms` and `latency_ms` stand only where the end was seen. `arguments` are JSON, cut like `answer`
    at 2,000 characters. `approved_by` is who said that this call may be made, where somebody was asked.
    """
    reading = _Reading(thread_id)
    for at_ms, fact in facts:
        reading.apply(at_ms, fact)
    if ended:
        reading.cut_off()
    return reading.rows
