"""What is asked of campaigns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import frozen

from actors.campaign.actions import Asking
from actors.refusals import Principal, Refusal, RequestKey
from supervision import Request

__all__ = ["Act", "Apply", "Delete", "ForCampaign", "Look", "Operation"]

Reply = Mapping[str, Any] | Refusal


@frozen
class Look:
    """It is time to look at what has ended and what is due."""


@frozen
class Act:
    """An operator's action."""

    asking: Asking


@frozen
class Apply:
    """Put an approved winner into the live workflow."""

    experiment_id: str


@frozen
class Delete:
    """Take the campaign out of all lists. `cancel_runs`: runs that it waits for are cancelled, instead of being in the way."""

    cancel_runs: bool


Operation = Act | Apply | Delete


@frozen
class ForCampaign(Request[Reply]):
    """An operation on one campaign. Asked of the reconciler, which opens the campaign if need be and hands it on."""

    campaign_id: str
    operation: Operation
    by: Principal
    request: RequestKey
