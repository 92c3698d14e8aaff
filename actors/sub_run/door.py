"""The door through which a run makes others, and learns what became of them: questions that its rules ask of the world (flow spec 7.2).

A run that is made stands or falls with the facts of the same decision; of a lost message nothing is lost, for each look asks again. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import Factory, frozen

from actors.node.messages import Usage
from actors.refusals import Refusal
from actors.run.events import RunCreated
from actors.run.headline import born
from actors.run.schedule import first_ticket
from actors.run.turn import UNKNOWN, Turn
from actors.run.vocabulary import run_codec
from actors.sub_run.bubbling import Left
from actors.sub_run.row import DEEPEST, TERMINAL, SubRun
from actors.workflow.spec import Workflow
from storage.codec import canonical
from storage.records import Append

__all__ = ["ChildBirth", "ChildStanding", "HowStands", "NewChild", "child_standing", "start_child", "too_deep"]


@frozen
class NewChild:
    """The question for a run that this node begins: a `ChildBirth`, or the refusal why there can be none.

    `key` tells the runs of one decision apart that are alike otherwise; `inputs` is JSON, so that the question can be a key.
    """

    node_id: str
    key: str
    workflow: str
    inputs: str


@frozen
class ChildBirth:
    """What the run would be; `workflow` is the version that it is pinned to."""

    run_id: str
    created: RunCreated
    workflow: Workflow


@frozen
class HowStands:
    """The question how a run stands that this one has begun: a `ChildStanding`. `moving`: as far as this one knows it does not rest."""

    run_id: str
    moving: bool


@frozen
class ChildStanding:
    """How it stands. What follows `status` is told of one that has ended; of one that has come to rest what it has `used`.

    `missing`: there is no such run any more; `held`: it is paused only because this one was.
    `code` and `message` say why it did not complete. `used`: what it, and all below it, used.
    `left`: what one that completed leaves to this run, `last_output` the structured output of the last of its nodes that has one.
    """

    status: str
    missing: bool = False
    held: bool = False
    code: str = ""
    message: str = ""
    output: Any = None
    last_output: Any = None
    used: Usage = Factory(Usage)
    left: Left = Factory(Left)

    @property
    def ended(self) -> bool:
        """Whether it has, or is gone."""
        return self.missing or self.status in TERMINAL


def too_deep(turn: Turn) -> bool:
    """Whether a run of this one would lie deeper than runs may."""
    return turn.state.depth + 1 > DEEPEST


def start_child(turn: Turn, node_id: str, *, key: str, workflow: str, inputs: Mapping[str, Any]) -> ChildBirth | Refusal | None:
    """Make a run of the pinned version of `workflow` in the commit of this decision; the fact that names it is the caller's.

    None while nobody has looked whether it can be made: the rule leaves its subject alone then, and is asked again with the answer.
    """
    birth = turn.ask(NewChild(node_id, key, workflow, canonical(dict(inputs)).decode()))
    if birth is UNKNOWN:
        return None
    if isinstance(birth, ChildBirth):
        line = born(birth.run_id, birth.created, birth.workflow, turn.now)
        turn.also.append(Append(birth.run_id, 0, (run_codec().encode(birth.created),), headline=line))
        turn.tickets.append(first_ticket(birth.run_id, birth.created, birth.workflow, turn.now))
    return birth  # type: ignore[no-any-return]  # answers of the world have the type that their question says


def child_standing(turn: Turn, row: SubRun) -> ChildStanding | None:
    """How the run stands now; None while nobody has looked, and of one that begins in this very decision: it is not there yet."""
    if any(append.stream == row.run_id for append in turn.also):
        return None
    found = turn.ask(HowStands(row.run_id, row.moving))
    return None if found is UNKNOWN else found
