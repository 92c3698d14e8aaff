"""Instants as people and programs write them: ISO 8601 with a zone, or milliseconds since 1970. Pure."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

__all__ = ["INSTANT_FORMS", "parse_instant"]

INSTANT_FORMS: Final = ("2026-12-01T09:00:00Z", "2026-12-01T09:00:00+01:00", "a whole number of milliseconds since 1970")
LATEST_MS: Final = 253_402_300_799_999
"""The end of the year 9999."""


def parse_instant(value: Any) -> int | None:
    """Milliseconds since 1970, from 1 to the end of the year 9999; None for anything else, a time without a zone included."""
    if type(value) is int:
        found = value
    elif type(value) is str and value.strip().isascii() and value.strip().isdigit() and len(value.strip()) < 16:
        found = int(value.strip())
    elif type(value) is str:
        try:
            moment = datetime.fromisoformat(value.strip())
        except ValueError:
            return None
        if moment.tzinfo is None:
            return None
        try:
            found = round(moment.timestamp() * 1000)
        except (OverflowError, ValueError):
            return None
    else:
        return None
    return found if 0 < found <= LATEST_MS else None
