"""The parameters of the methods about campaigns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import Factory, field, frozen

from actors.control import bounds

__all__ = [
    "ArtifactRefs", "CampaignAct", "CampaignCreate", "CampaignDelete", "CampaignEvents", "CampaignList", "CampaignOnly", "ExperimentOnly",
    "Override",
]  # fmt: skip


@frozen
class ArtifactRefs:
    """Five files, relative to the workspace; the last two are kept and never read."""

    objective_ref: str = field(validator=bounds.text)
    eval_ref: str = field(validator=bounds.text)
    mutation_policy_ref: str = field(validator=bounds.text)
    scope_ref: str = field(validator=bounds.text)
    budget_ref: str = field(validator=bounds.text)
    research_log_ref: str | None = field(default=None, validator=bounds.text)
    summary_ref: str | None = field(default=None, validator=bounds.text)


@frozen
class Override:
    """On which backend and model every persona runs in the campaign's runs."""

    provider_id: str = field(validator=bounds.text)
    model_id: str = field(validator=bounds.text)


@frozen
class CampaignCreate:
    """A campaign for a stored workflow. `workspace_root` is absolute; `inputs` are those of every run that it makes.

    `evaluations_per_candidate`: 1 to 20; of several, each is run beside one of the baseline. `proposer`: a persona of the pool that is
    asked for candidates.
    """

    source_workflow_id: str = field(validator=bounds.text)
    artifacts: ArtifactRefs
    workspace_root: str = field(default="", validator=bounds.text)
    campaign_id: str | None = field(default=None, validator=bounds.name)
    name: str | None = field(default=None, validator=bounds.text)
    inputs: Mapping[str, Any] = Factory(dict)
    execution_override: Override | None = None
    metadata: Any = None
    evaluations_per_candidate: int = 1
    proposer: str | None = field(default=None, validator=bounds.name)


@frozen
class CampaignList:
    """The campaigns, those that changed last first."""

    limit: int = field(default=100, validator=bounds.count)


@frozen
class CampaignOnly:
    """One campaign."""

    campaign_id: str = field(validator=bounds.name)


@frozen
class CampaignEvents:
    """Events of a campaign, oldest first, behind that number."""

    campaign_id: str = field(validator=bounds.name)
    after: int = field(default=0, validator=bounds.position)
    limit: int = field(default=500, validator=bounds.count)


@frozen
class ExperimentOnly:
    """One experiment of a campaign."""

    campaign_id: str = field(validator=bounds.name)
    experiment_id: str = field(validator=bounds.name)


@frozen
class CampaignAct:
    """An action, with what belongs to it. `limits` are campaign_max_tokens and campaign_max_cost_usd, null takes one away."""

    campaign_id: str = field(validator=bounds.name)
    action: str = field(validator=bounds.text)
    experiment_id: str | None = field(default=None, validator=bounds.text)
    run_id: str | None = field(default=None, validator=bounds.text)
    reason: str | None = field(default=None, validator=bounds.text)
    limits: Mapping[str, Any] | None = None


@frozen
class CampaignDelete:
    """Take a campaign out of all lists; `cancel_runs` cancels runs that it waits for."""

    campaign_id: str = field(validator=bounds.name)
    cancel_runs: bool = False
