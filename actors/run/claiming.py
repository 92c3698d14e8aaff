"""Keeping this daemon's claims, and taking over runs whose daemon has let its claim run out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from actors.heartbeat import ALIVE_MS, beat_of
from actors.run.messages import Wake
from storage import Unavailable

if TYPE_CHECKING:
    from actors.run.registrar import Registrar

__all__ = ["renew"]

PAGE = 500


async def renew(registrar: Registrar) -> None:
    """Renew the claims; have runs look up whose claims have lapsed, or which others have abandoned."""
    services = registrar.services
    lease = services.lease
    if lease.look():  # the machine, or this process, slept for longer than claims hold: each run takes its claim anew
        for run_id in sorted(registrar.watched):
            await registrar.tell_run(run_id, Wake())
    began = lease.elapsed()
    try:
        await services.store.renew(services.claimant, services.lease_ms)
    except Unavailable:
        return  # the next one is due before the lease ends
    lease.renewed(began)
    now = services.clock.now_ms()
    for claim in services.store.claims.expired(now, PAGE):
        beat = beat_of(services.run_folder(claim.stream))
        if lease.holder(claim.stream, claim) == "other" and (beat is None or now - beat > ALIVE_MS):
            await registrar.tell_run(claim.stream, Wake())
