"""A run on paper: a workflow in a few lines, a state, a hand-wound clock, and every event said in a few words.

Not a run actor: nothing executes, nothing is stored. What attempts report and people decide is said by the test.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from itertools import count
from typing import Any

from attrs import Factory, define

from actors.agent.binding import Bound, roles_of
from actors.entity import Fact
from actors.gate.messages import Decide
from actors.node.messages import ArtifactFact, Failure, Interruption, Outcome, Success, Verdict
from actors.refusals import Principal, Refusal
from actors.run import events as run
from actors.run.deliverables import Deliverable
from actors.run.evolve import evolve
from actors.run.new_state import new_state
from actors.run.operations import attempts_to_end, goes_before_endings, operate
from actors.run.outcomes import on_lost, on_outcomes
from actors.run.plan import Plan
from actors.run.recovery import claim, hold_for_shutdown, rehydrate
from actors.run.requests import Cancel, Continue, Finish, Operation, Pause, Recover, Requeue, Resume, Retry
from actors.run.rules import advance
from actors.run.state import RunState
from actors.run.turn import Turn
from actors.settings import RunRules
from actors.sub_run.door import ChildStanding, HowStands
from actors.wait.ending import recover_wakes
from actors.wait.messages import Resolve, Signal
from storage.records import Append
from tests.actors.run.handing import handed
from tests.actors.run.papers import flow, plan_of
from tests.actors.run.words import say

__all__ = ["ANNA", "HASH", "Story", "flow", "plan_of"]

ANNA = Principal(1000)
HASH = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"


def _cast(plan: Plan) -> tuple[Bound, ...]:
    """Everybody plays the role of his name."""
    return tuple(Bound(role, role, 1, HASH, "stage", "model", "pool") for role in roles_of(plan.workflow))


def _quiet(question: Hashable) -> Any:
    """A world in which every file lies where it should, and nothing has come in."""
    return "there" if isinstance(question, Deliverable) else None


@define(eq=False)
class Story:
    """`log` holds every event with its time; each verb answers the words of the events that it led to.

    `first` is what its claim led to, where the test keeps that. `world` answers what decisions ask, `also` gathers their appends to
    other logs, `once` those that begin one.
    """

    plan: Plan
    state: RunState
    now: int
    rules: RunRules
    log: list[tuple[Fact, int]]
    nonce: Callable[[], str]
    evidence: dict[str, str | None]
    answer: Mapping[str, Any] | Refusal
    world: Callable[[Hashable], Any] = _quiet
    also: list[Append] = Factory(list)
    once: list[Append] = Factory(list)
    first: list[str] = Factory(list)

    @classmethod
    def of(
        cls, *nodes: str, last: tuple[str, ...] = (), top: str = "", inputs: Mapping[str, Any] | None = None,
        rules: RunRules | None = None, workspace: str | None = None,
    ) -> Story:  # fmt: skip
        """A queued run at 1000."""
        return cls.on(plan_of(*nodes, last=last, top=top), inputs=inputs or {}, rules=rules, workspace=workspace)

    @classmethod
    def on(
        cls, plan: Plan, *, inputs: Mapping[str, Any] | None = None, rules: RunRules | None = None, workspace: str | None = None
    ) -> Story:
        """The same for a plan."""
        numbers = count(1)
        story = cls(
            plan=plan, state=new_state("run-1", plan), now=1000, rules=rules or RunRules(), log=[],
            nonce=lambda: f"nonce-{next(numbers)}", evidence={}, answer={},
        )  # fmt: skip
        made = run.RunCreated("paper", 1, "digest", inputs=inputs or {}, workspace=workspace, binding=_cast(plan))
        evolve(story.state, made, story.now)
        story.log.append((made, story.now))
        return story

    @classmethod
    def begun(cls, *nodes: str, **more: Any) -> Story:
        """The same, claimed and advanced."""
        story = cls.of(*nodes, **more)
        story.claim()
        return story

    def replay(self, log: list[tuple[Fact, int]]) -> None:
        """Fold what another story has written, its creation left out."""
        for event, at in log[1:]:
            evolve(self.state, event, at)
            self.log.append((event, at))
            self.now = at

    def turn(self) -> Turn:
        return Turn(self.state, self.now, self.nonce, self.rules, dict(self.evidence), due=handed(self.state, self.now))

    def do(self, what: Callable[[Turn], object], *, go_on: bool = True) -> list[str]:
        """One decision, as the run actor makes it."""
        turn = self.turn()
        result = what(turn)
        self.answer = result if isinstance(result, Mapping | Refusal) else {}
        if go_on:
            advance(turn)
            while turn.questions:
                self._look(turn)
                advance(turn)
        self.also += turn.also
        self.once += turn.once
        told = turn.close()
        self.log += [(event, self.now) for event in told]
        return [say(event) for event in told]

    def _look(self, turn: Turn) -> None:
        # What begins in this very decision is not there before it is durable: whoever asks for it is told that it is gone.
        unborn = {append.stream for append in turn.also}
        gone = ChildStanding("cancelled", missing=True)
        turn.answers |= {
            question: gone if isinstance(question, HowStands) and question.run_id in unborn else self.world(question)
            for question in turn.questions
        }
        turn.questions.clear()

    def look(self) -> list[str]:
        """Time alone."""
        return self.do(lambda _: None)

    def wait(self, ms: int) -> list[str]:
        self.now += ms
        return self.look()

    def claim(self, problem: str | None = None) -> list[str]:
        return self.do(lambda turn: claim(turn, "claim-1", "daemon-1", None if problem is None else (problem, f"{problem}!")))

    def restart(self) -> list[str]:
        def recover(turn: Turn) -> None:
            rehydrate(turn)
            recover_wakes(turn)

        return self.do(recover)

    def shut_down(self) -> list[str]:
        return self.do(hold_for_shutdown)

    def lose(self, node_id: str) -> list[str]:
        """The attempt's actor is gone."""
        return self.do(lambda turn: on_lost(turn, node_id))

    def tell(self, node_id: str, verdict: Verdict, token: str | None = None) -> list[str]:
        """An outcome, folded only if it is accepted."""
        outcome = Outcome(node_id, token or self.state.token(node_id), verdict)
        return self.do(lambda turn: on_outcomes(turn, [outcome]))

    def ok(self, node_id: str, output: Any = None, file: str | None = None) -> list[str]:
        made = None if file is None else ArtifactFact(file, HASH, 5)
        return self.tell(node_id, Success(output, made))

    def fail(self, node_id: str, code: str = "boom", failure_class: str = "execution_error", *, unknown: bool = False) -> list[str]:
        return self.tell(node_id, Failure(code, f"{code}!", failure_class, unknown=unknown))

    def stop(self, node_id: str, reason: str = "fail_fast") -> list[str]:
        return self.tell(node_id, Interruption(reason))

    def operate(self, operation: Operation) -> list[str]:
        """What the operation ends is ended first, or just behind it, as the desk does it."""

        def whole(turn: Turn) -> Mapping[str, Any] | Refusal:
            ends, first = attempts_to_end(turn, operation), goes_before_endings(turn.state, operation)
            endings = [Outcome(node_id, turn.state.token(node_id), Interruption("operation")) for node_id in ends]
            on_outcomes(turn, () if first else endings)
            answer = operate(turn, operation)
            while turn.questions:
                self._look(turn)
                answer = operate(turn, operation)
            on_outcomes(turn, endings if first else ())
            return answer

        return self.do(whole)

    def pause(self, reason: str | None = None) -> list[str]:
        return self.operate(Pause(ANNA, reason))

    def resume(self, **limits: float) -> list[str]:
        return self.operate(Resume(ANNA, None, limits))

    def cancel(self, reason: str | None = None) -> list[str]:
        return self.operate(Cancel(ANNA, reason))

    def retry(self, node_id: str) -> list[str]:
        return self.operate(Retry(ANNA, node_id))

    def requeue(self, node_id: str, reason: str | None = None) -> list[str]:
        return self.operate(Requeue(ANNA, node_id, reason))

    def go_on_with(self, node_id: str) -> list[str]:
        return self.operate(Continue(ANNA, node_id))

    def recover(self, reason: str | None = None) -> list[str]:
        return self.operate(Recover(ANNA, reason))

    def finish(self, reason: str | None = None) -> list[str]:
        return self.operate(Finish(ANNA, reason))

    def decide(self, decision: str, gate: str | None = None, *, by: Principal = ANNA, **more: Any) -> list[str]:
        return self.operate(Decide(by, decision, gate, **more))

    def signal(self, name: str, payload: Any = None, key: str = "k1") -> list[str]:
        return self.operate(Signal(ANNA, name, key, payload))

    def resolve(self, wait: str, payload: Any = None, key: str = "k1") -> list[str]:
        return self.operate(Resolve(ANNA, wait, key, payload))

    @property
    def code(self) -> str:
        """The code of the refusal that the last operation met."""
        assert isinstance(self.answer, Refusal)
        return self.answer.code

    def statuses(self) -> dict[str, str]:
        return {node_id: item.status for node_id, item in self.state.nodes.items()}
