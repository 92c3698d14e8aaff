"""One decision about a campaign in the making: facts are applied as they are found, and become durable together. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, Literal, Protocol

from attrs import Factory, define, frozen

from actors.campaign import events as e
from actors.campaign.declined import Declined
from actors.campaign.measuring import Measured
from actors.campaign.record import Campaign
from actors.campaign.records import Spend

__all__ = ["BASELINE_REPLAY", "CANDIDATE_EVAL", "CANDIDATE_PROPOSAL", "RunSeen", "Step", "Wanted", "World", "detail_of", "pause"]

Trigger = Literal["optimization_baseline_replay", "optimization_candidate_eval", "optimization_candidate_proposal"]
BASELINE_REPLAY: Final = "optimization_baseline_replay"
CANDIDATE_EVAL: Final = "optimization_candidate_eval"
CANDIDATE_PROPOSAL: Final = "optimization_candidate_proposal"
_TERMINAL = ("completed", "blocked", "failed", "cancelled")


@frozen
class RunSeen:
    """A run as campaigns look at it. `snapshot_hash` None: its version cannot be read."""

    run_id: str
    workflow_id: str
    status: str
    snapshot_hash: str | None
    measured: Measured

    @property
    def terminal(self) -> bool:
        """Whether it has ended."""
        return self.status in _TERMINAL


class World(Protocol):
    """What a decision may ask about the world; the answers hold still while it is made."""

    @property
    def source_there(self) -> bool:
        """Whether the source workflow is stored and was not removed."""
        ...

    def run(self, run_id: str) -> RunSeen | None:
        """The run, or None where there is none."""
        ...

    def definition(self, digest: str) -> Mapping[str, Any]:
        """A snapshot that is stored."""
        ...

    def name(self, definition: Mapping[str, Any]) -> tuple[str, str]:
        """The digest under which a snapshot is stored, and its hash."""
        ...


@frozen
class Wanted:
    """A run to be made in the same commit. `inputs`: its own, in place of those that the campaign gives to its runs."""

    run_id: str
    digest: str
    trigger: Trigger
    inputs: Mapping[str, Any] | None = None


@define(eq=False)
class Step:
    """`new_id` makes ids from a prefix. `contents` are snapshots that must be stored before anything names them."""

    campaign: Campaign
    world: World
    now: int
    new_id: Callable[[str], str]
    by: str = "reconciler"
    events: list[e.CampaignFact] = Factory(list)
    wanted: list[Wanted] = Factory(list)
    contents: list[Mapping[str, Any]] = Factory(list)

    def emit(self, fact: e.CampaignFact) -> None:
        """Decide that it has happened."""
        self.campaign.apply(fact, self.now)
        self.events.append(fact)

    def want(self, digest: str, trigger: Trigger, inputs: Mapping[str, Any] | None = None) -> str:
        """Have a run made of that snapshot; its id."""
        run_id = self.new_id("run")
        self.wanted.append(Wanted(run_id, digest, trigger, inputs))
        return run_id

    def spend(self, run_id: str) -> Spend | None:
        """What the run has used; None where it is gone."""
        run = self.world.run(run_id)
        return None if run is None else run.measured.spend


def pause(step: Step, status: e.CampaignStatus, code: str, detail: str | None = None) -> None:
    """Nothing more is begun until an operator acts."""
    step.emit(e.CampaignPaused(by=step.by, status=status, note=e.Note(code, detail)))


def detail_of(declined: Declined) -> str | None:
    """The values that a code names, as a line."""
    return ", ".join(f"{name}={value}" for name, value in declined.data.items()) or None
