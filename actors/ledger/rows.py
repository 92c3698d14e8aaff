"""The rows of the ledger: one for each call of a model, made from the facts of its conversation (engine spec 8). Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from attrs import define, field

from actors.agent.thread_events import AgentSessionHeard, CallEnded, ModelCallAnswered, ModelCallFailed, ModelCallIntended, ThreadBegun
from actors.entity import Fact

__all__ = ["Book", "rows_of", "totals_of"]

SUMMED = ("input_tokens", "output_tokens", "cached_tokens", "stored_tokens", "reasoning_tokens", "cost_input_usd", "cost_output_usd")


@define
class _Reading:
    thread_id: str
    run_id: str = ""
    node_id: str = ""
    instance: int = 0
    rows: dict[int, dict[str, Any]] = field(factory=dict)

    def apply(self, at_ms: int, fact: Fact) -> None:
        match fact:
            case ThreadBegun(run_id=run_id, node_id=node_id, instance=instance):
                self.run_id, self.node_id, self.instance = run_id, node_id, instance
            case ModelCallIntended():
                self.rows[fact.turn] = self._row(at_ms, fact)
            case AgentSessionHeard(turn=turn, session_id=session_id):
                self.rows[turn]["session_id"] = session_id
            case ModelCallAnswered():
                self._end(at_ms, fact, {"status": "ok"})
            case ModelCallFailed(code=code, message=message):
                self._end(at_ms, fact, {"status": "error", "error_code": code, "message": message})

    def _row(self, at_ms: int, fact: ModelCallIntended) -> dict[str, Any]:
        return {
            "run_id": self.run_id, "node_id": self.node_id, "thread_id": self.thread_id, "instance": self.instance, "attempt": fact.attempt,
            "turn": fact.turn, "role": fact.role, "persona": fact.persona, "persona_version": fact.persona_version, "backend": fact.backend,
            "model": fact.model, "session_id": "", "tool_calls": 0, "status": "open", "priced": True, "cost_usd": 0.0,
            **dict.fromkeys(SUMMED, 0), "at_ms": at_ms,
        }  # fmt: skip

    def _end(self, at_ms: int, fact: CallEnded, more: Mapping[str, Any]) -> None:
        known = {name: getattr(fact, name) for name in (*SUMMED, "priced", "latency_ms", "request_id", "answered_by", "tool_calls")}
        cost = round(fact.cost_input_usd + fact.cost_output_usd, 9)
        self.rows[fact.turn] |= {**known, **more, "cost_usd": cost, "at_ms": at_ms}


def rows_of(thread_id: str, facts: Iterable[tuple[int, Fact]]) -> list[dict[str, Any]]:
    """A row for each call in the order in which they were made; facts come with their times. `open`: nothing is known of its end (yet)."""
    reading = _Reading(thread_id)
    for at_ms, fact in facts:
        reading.apply(at_ms, fact)
    return list(reading.rows.values())


@define
class Book:
    """Sums of calls, for each of the words that `by` tells apart: model, workflow, persona or day. Rows are not kept."""

    by: str
    sums: dict[str, dict[str, Any]] = field(factory=dict)

    def add(self, row: Mapping[str, Any], workflow_id: str) -> None:
        """One call of a run of that workflow."""
        words = {"workflow": workflow_id, "day": _day(row["at_ms"])}
        word = words[self.by] if self.by in words else row[self.by]
        total = self.sums.setdefault(word, totals_of(()))
        for name, value in totals_of((row,)).items():
            total[name] = round(total[name] + value, 9)

    def groups(self) -> list[dict[str, Any]]:
        """Sorted by their words."""
        return [{self.by: word} | self.sums[word] for word in sorted(self.sums)]

    def total(self) -> dict[str, Any]:
        """All together."""
        return {name: round(sum(one[name] for one in self.sums.values()), 9) for name in totals_of(())}


def _day(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).date().isoformat()


def totals_of(rows: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """What the calls come to. `unpriced` counts those whose price nobody knows, so that the sum is too low."""
    found = list(rows)
    sums = {name: round(sum(row[name] for row in found), 9) for name in (*SUMMED, "cost_usd")}
    return {
        "calls": len(found), "failed": sum(row["status"] == "error" for row in found),
        "unpriced": sum(not row["priced"] for row in found), **sums,
    }  # fmt: skip
