"""A campaign on paper, in a world that a test writes down."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import count
from typing import Any

import pytest
from attrs import define, evolve, field

from actors.campaign import events as e
from actors.campaign.actions import Asking, act
from actors.campaign.declined import Declined
from actors.campaign.measuring import Measured
from actors.campaign.reconciling import reconcile
from actors.campaign.record import Campaign
from actors.campaign.snapshots import digest_of, snapshot_hash
from actors.campaign.step import RunSeen, Step
from tests.actors.campaign.table import C0, W0, replay

PASSED = {"node-1": {"validator_summary": {"outcome": "passed"}}}
FAILED = Measured({"node-1": {"validator_summary": {"outcome": "failed"}}}, 0, 10, 0.1, unpriced=False, execution_ms=5)
UNPRICED = Measured(PASSED, 0, 10, 0.0, unpriced=True, execution_ms=5)
NOTHING = Measured({}, 0, 1, 0.0, unpriced=False, execution_ms=1)


@define
class Fake:
    """A world of runs that a test writes down."""

    runs: dict[str, RunSeen] = field(factory=dict)
    source_there: bool = True
    kept: dict[str, Mapping[str, Any]] = field(factory=lambda: {digest_of(W0): W0})

    def run(self, run_id: str) -> RunSeen | None:
        return self.runs.get(run_id)

    def definition(self, digest: str) -> Mapping[str, Any]:
        return self.kept[digest]

    def name(self, definition: Mapping[str, Any]) -> tuple[str, str]:
        self.kept[digest_of(definition)] = definition
        return digest_of(definition), snapshot_hash(definition, "guided")

    def ends(self, run_id: str, status: str = "completed", **more: Any) -> None:
        """The run has that status now; `more` are fields of what is seen of it."""
        seen = RunSeen(run_id, "w0", status, snapshot_hash(W0, "guided"), Measured(PASSED, 0, 10, 0.1, unpriced=False, execution_ms=5))
        self.runs[run_id] = evolve(seen, **more)


class Tale:
    """A campaign on paper. Each act or pass answers the names of its events."""

    def __init__(self, config: Any = C0, evaluations: int = 1, proposer: str | None = None) -> None:
        hashed = snapshot_hash(W0, "guided")
        created = e.CampaignCreated(
            name="c", source_workflow_id="w0", source_workflow_name="W0", source_version=1, source_digest=digest_of(W0), source_hash=hashed,
            baseline_digest=digest_of(W0), baseline_hash=hashed, phase1=config,
            evaluations_per_candidate=evaluations, proposer=proposer,
        )  # fmt: skip
        self.campaign, self.world, self.now = Campaign.begin("opt-1", created, 0), Fake(), 1000
        self._ids = count(1)

    def step(self) -> Step:
        return Step(self.campaign, self.world, self.now, lambda prefix: f"{prefix}-{next(self._ids)}")

    def pass_(self) -> list[str]:
        step = self.step()
        reconcile(step)
        return [fact.kind for fact in step.events]

    def act(self, action: str, **given: Any) -> list[str]:
        step = self.step()
        act(step, Asking(action, **given))
        return [fact.kind for fact in step.events]

    def no(self, action: str, **given: Any) -> str:
        with pytest.raises(Declined) as declined:
            self.act(action, **given)
        assert declined.value.message
        return declined.value.code

    def running(self) -> Tale:
        """Two replays, started, and the first candidate under way."""
        self.campaign.replays = [replay(0.5, 2, at=1), replay(0.5, 2, at=2)]
        self.act("start")
        assert self.pass_()[0] == ("experiment_queued" if self.campaign.created.proposer is None else "proposal_queued")
        return self

    def proposes(self, answer: Any, status: str = "completed") -> list[str]:
        """The run that was asked for a candidate ends with that."""
        found = Measured({"propose": answer}, 0, 50, 0.01, unpriced=False, execution_ms=5)
        self.world.ends(str(self.campaign.proposal), status, measured=found)
        return self.pass_()

    @property
    def newest(self) -> Any:
        return list(self.campaign.experiments.values())[-1]
