"""Asking runs to cancel that a campaign does not wait for any more."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from actors.run.messages import ForRun
from actors.run.requests import Cancel
from actors.services import REGISTRAR
from supervision import ActorDead, AskTimeout, MailboxFull

if TYPE_CHECKING:
    from actors.refusals import Principal
    from supervision import System

__all__ = ["cancel_runs"]

ASK_S = 30.0


async def cancel_runs(system: System, run_ids: Sequence[str], by: Principal) -> None:
    """Each is asked once; one that does not answer now is asked again at the next look."""
    for run_id in run_ids:
        try:
            await system.ref(REGISTRAR).ask(ForRun(run_id, Cancel(by, "campaign_dropped"), None), timeout=ASK_S)
        except (ActorDead, AskTimeout, MailboxFull):
            return
