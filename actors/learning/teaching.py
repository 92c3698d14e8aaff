"""Learning from endings: what they teach, and what the runs' own logs say of it, in one commit (learning spec 8)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from attrs import evolve, frozen

from actors.learning.facts import facts_of
from actors.learning.finalizing import finalize
from actors.learning.log import appended
from actors.learning.metrics import snapshot
from actors.learning.run_events import LearningSkipped
from actors.run.evolve import evolve as apply
from actors.run.headline import headline_of
from actors.run.showing import status_file
from actors.run.vocabulary import run_codec
from storage import Append, Transaction

if TYPE_CHECKING:
    from actors.entity import Fact
    from actors.learning.endings import Endings
    from actors.learning.events import LearningFact
    from actors.learning.policy import Policy
    from actors.learning.record import RunFacts
    from actors.learning.world import World
    from actors.run.state import RunState
    from storage import Headline

__all__ = ["teach"]


@frozen
class Ended:
    """A run that has ended, with the length of its log; without a state where its version is not to be had."""

    line: Headline
    seq: int
    state: RunState | None


async def teach(world: World, endings: Endings, workflow_id: str, lines: Sequence[Headline], policy: Policy) -> Sequence[LearningFact]:
    """Look at all of these endings of one workflow, the oldest first. All of it is recorded, or nothing; the facts of the learning log.

    Raises what the store raises, among that VersionConflict where somebody has written meanwhile, and what is wrong with a log.
    """
    services, now = world.services, world.services.clock.now_ms()
    ended = [one for line in lines if (one := _look(world, endings, line)) is not None]
    ended.sort(key=lambda one: (one.state.finished_at_ms or 0 if one.state is not None else one.line.updated_ms, one.line.stream))
    known = {one.line.stream: facts_of(one.state) for one in ended if one.state is not None}
    step = world.step(workflow_id, now)
    recent = _window(world, workflow_id, ended, known)
    metrics = snapshot(recent, now)
    appends, told = [], []
    for one in ended:
        fact: Fact = LearningSkipped("workflow_version_missing")
        if one.state is not None:
            fact = finalize(step, one.state.plan.workflow, known[one.line.stream], recent, metrics, policy)
        told.append((one, fact))
        appends.append(_append(one, fact, now))
    await services.store.commit(Transaction(now, (*appended(step), *appends)))
    for one, fact in told:
        _tell(world, one, fact, now)
    return step.facts


def _look(world: World, endings: Endings, line: Headline) -> Ended | None:
    """None where there is nothing to learn from it any more."""
    seq = world.services.store.journal.head(line.stream)
    state = endings.take(line.stream, seq) or world.fold(line.stream, str(line.group))
    if state is None:
        return Ended(line, seq, None)
    return Ended(line, state.seq, state) if state.terminal and state.untaught else None


def _window(world: World, workflow_id: str, ended: Sequence[Ended], known: dict[str, RunFacts]) -> list[RunFacts]:
    """What is at hand of the runs that have just ended is not read again."""
    for one in ended:
        if one.line.stream in known:
            world.recent.note(one.line.updated_ms, known[one.line.stream])
    return world.recent.of(workflow_id, failures=any(facts.last_failure is not None for facts in known.values()))


def _append(one: Ended, fact: Fact, now: int) -> Append:
    """The state is applied the fact to, so that the line is that of the log as it will be."""
    if one.state is None:
        line = evolve(one.line, updated_ms=now, keys=())
    else:
        apply(one.state, fact, now)
        line = headline_of(one.state)
    return Append(one.line.stream, one.seq, (run_codec().encode(fact),), headline=line)


def _tell(world: World, one: Ended, fact: Fact, now: int) -> None:
    """It is durable: who follows the run hears it, and its status file says it."""
    services, run_id = world.services, one.line.stream
    services.meter.run([fact])
    services.watchers.grew(run_id, one.line.status, one.seq + 1, fact.kind, moved=False)
    world.recent.touched(run_id, now)
    if one.state is not None and one.state.workspace is not None and services.show is not None:
        services.show(status_file(one.state))
