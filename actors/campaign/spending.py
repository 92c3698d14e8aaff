"""What a campaign has used in all, and whether that is enough (optimization spec 4.6). Pure."""

from __future__ import annotations

from decimal import Decimal

from actors.campaign.decimals import exact, round9
from actors.campaign.record import Campaign
from actors.campaign.records import Spend
from actors.campaign.step import World

__all__ = ["limit_reached", "spend_of"]


def spend_of(campaign: Campaign, world: World) -> Spend:
    """The sum over every run that it ever made or recorded, each once; of those that were purged since, what was noted when they ended."""
    seen = [run.measured.spend if (run := world.run(run_id)) is not None else noted for run_id, noted in campaign.runs.items()]
    spends = [spend for spend in seen if spend is not None]
    cost = sum((round9(spend.cost_usd) for spend in spends), Decimal(0))
    return Spend(sum(spend.tokens for spend in spends), exact(cost), any(spend.unpriced for spend in spends))


def limit_reached(campaign: Campaign, world: World) -> tuple[str, str] | None:
    """The code of a limit of the whole campaign that is reached, and what was spent; a call without a price reaches one of money."""
    budget = campaign.phase1.budget
    if budget.campaign_max_tokens is None and budget.campaign_max_cost_usd is None:
        return None
    spend = spend_of(campaign, world)
    if budget.campaign_max_tokens is not None and spend.tokens >= budget.campaign_max_tokens:
        return "campaign_token_budget_reached", f"tokens={spend.tokens} of {budget.campaign_max_tokens}"
    if budget.campaign_max_cost_usd is not None:
        if spend.unpriced:
            return "campaign_cost_unpriced", "a model without a price was called"
        if round9(spend.cost_usd) >= round9(budget.campaign_max_cost_usd):
            return "campaign_cost_budget_reached", f"usd={spend.cost_usd} of {budget.campaign_max_cost_usd}"
    return None
