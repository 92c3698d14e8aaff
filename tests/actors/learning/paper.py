"""Learnings, runs and a workflow of these tests, and a book on which decisions are tried."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import count
from typing import Any

from actors.learning.book import Book
from actors.learning.finalizing import finalize
from actors.learning.metrics import snapshot
from actors.learning.policy import Policy
from actors.learning.record import Kind, Learning, Metrics, RunFacts
from actors.learning.run_events import LearningFinalized
from actors.learning.step import Step
from actors.workflow.spec import Contract, Node, Shell, Workflow

__all__ = ["Desk", "R", "W", "failed", "learning", "metrics", "passed"]

R = "validator rejected unsupported citations"
W = Workflow("wf-1", (Node("node-1", Shell("true"), contract=Contract(validator="research_brief")), Node("node-2", Shell("true"))))


def learning(kind: Kind = "prompt_patch", fingerprint: str = "f", **more: Any) -> Learning:
    return Learning("", "wf-1", "wf-1", "run-0", kind, f"{kind} {fingerprint}", fingerprint, **more)


def metrics(sample: int = 1, completion: float = 1.0, validation: float = 1.0, people: int = 0, at_ms: int = 0) -> Metrics:
    return Metrics(
        sample, completion, validation, human_intervention_count=people, computed_at_ms=at_ms,
    )  # fmt: skip


def passed(run_id: str, output: dict[str, Any] | None = None, *, at_ms: int = 0, **more: Any) -> RunFacts:
    outputs = () if output is None else (("node-1", output),)
    return RunFacts(
        run_id, "wf-1", "completed", node_outputs=outputs, node_attempts={"node-1": 1}, finished_at_ms=at_ms, created_at_ms=at_ms, **more
    )  # fmt: skip


def failed(run_id: str, reason: str = R, node_id: str = "node-1", *, at_ms: int = 0, **more: Any) -> RunFacts:
    failure = {"node_id": node_id, "reason": reason, "failed_at_ms": at_ms}
    return RunFacts(run_id, "wf-1", "failed", last_failure=failure, finished_at_ms=at_ms, created_at_ms=at_ms, **more)


class Desk:
    """A learning log in the making: runs end one after the other, a second apart."""

    def __init__(self, workflow: Workflow = W, policy: Policy | None = None, known: Iterable[Learning] = ()) -> None:
        self.workflow, self.policy = workflow, policy or Policy()
        self.book = Book("wf-1")
        self.now = 1_000
        self.kinds: list[str] = []
        self.runs: list[RunFacts] = []
        self.facts: list[Any] = []
        self._numbers = count(1)
        for one in known:
            self.book.learnings[one.learning_id] = one
            self.book.known[one.kind, one.fingerprint] = one.learning_id

    def step(self) -> Step:
        self.now += 1_000
        return Step(self.book.copy(), self.now, lambda prefix: f"{prefix}-{next(self._numbers)}")

    def take(self, step: Step) -> None:
        """It was committed."""
        self.book = step.book
        self.facts += step.facts
        self.kinds += [type(fact).kind.rpartition(".")[2] for fact in step.facts]

    def ends(self, run: RunFacts, window: list[RunFacts] | None = None) -> LearningFinalized:
        """That run ends now."""
        step = self.step()
        self.runs.insert(0, run)
        recent = self.runs if window is None else window
        found = finalize(step, self.workflow, run, recent, snapshot(recent, step.now), self.policy)
        self.take(step)
        return found

    @property
    def learnings(self) -> list[Learning]:
        return list(self.book.learnings.values())

    def kinds_known(self) -> list[str]:
        return [one.kind for one in self.learnings]
