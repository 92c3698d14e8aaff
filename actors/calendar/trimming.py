"""Schedules that fire for years: of their logs the newest facts are kept, since the last one says all."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from actors.calendar.log import KIND
from storage import StreamDamaged

if TYPE_CHECKING:
    from storage.store import Store

__all__ = ["KEPT", "trim_schedules"]

KEPT = 1_000
SLACK = 200
"""So many more before it is worth the writing."""
PAGE = 200


async def trim_schedules(store: Store, before: str | None) -> str | None:
    """Look at one page of schedules behind `before`, and forget what is old. Answers where the next page begins."""
    lines = store.catalog.list(KIND, limit=PAGE, before=before)
    for line in lines:
        with suppress(StreamDamaged):  # said by the calendar; nothing of it is thrown away
            head, oldest = store.journal.head(line.stream), store.journal.read(line.stream, 0, 1)
            if oldest and head - oldest[0].seq >= KEPT + SLACK:
                await store.purge(line.stream, upto=head - KEPT)
    return lines[-1].stream if len(lines) == PAGE else None
