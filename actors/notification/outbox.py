"""What lies in the outbox, in numbers: for whoever wants to know whether the hook works."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from actors.notification.note import KIND

if TYPE_CHECKING:
    from storage.store import Store

__all__ = ["outbox_of"]

LOOKED_AT = 100


def outbox_of(store: Store) -> dict[str, Any]:
    """How many are `queued`, `sent` within the last days and `given_up`; `failing` is the code of the newest one that was refused.

    Empty where there never was any.
    """
    found: dict[str, Any] = {name: count for name in ("queued", "sent", "given_up") if (count := store.catalog.count(KIND, (name,)))}
    if "queued" in found:
        lines = store.catalog.list(KIND, ("queued",), limit=LOOKED_AT)
        codes = [str(line.facts["code"]) for line in lines if "code" in line.facts]
        found |= {"failing": codes[0]} if codes else {}
    return found
