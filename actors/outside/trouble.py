"""Why something outside did not do what it was asked, and when it may be asked again at the earliest. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC

__all__ = ["LONGEST_PAUSE_MS", "Trouble", "not_before"]

LONGEST_PAUSE_MS = 86_400_000
"""Whoever asks for a longer pause than a day is asked again after a day."""
LONGEST_MESSAGE = 300


class Trouble(Exception):
    """`code` is a stable word, `message` says what was found; neither holds a secret. `not_before_ms`: no try before that, epoch ms."""

    def __init__(self, code: str, message: str, not_before_ms: int | None = None) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message if len(message) <= LONGEST_MESSAGE else message[: LONGEST_MESSAGE - 1] + "…"
        self.not_before_ms = not_before_ms


def not_before(headers: Mapping[str, str], now_ms: int) -> int | None:
    """What a server's headers (lower-case names) say of the next request, epoch milliseconds; None: nothing.

    `Retry-After` (seconds, or a date) and, where none is left, `X-RateLimit-Reset` (seconds since 1970); the later one counts.
    """
    found = [_retry_after(headers.get("retry-after", ""), now_ms)]
    if headers.get("x-ratelimit-remaining", "").strip() == "0":
        found.append(_seconds(headers.get("x-ratelimit-reset", ""), 0))
    times = [time for time in found if time is not None and time > now_ms]
    return min(max(times), now_ms + LONGEST_PAUSE_MS) if times else None


def _seconds(text: str, since_ms: int) -> int | None:
    digits = text.strip()
    return since_ms + int(digits) * 1000 if digits.isascii() and digits.isdigit() and len(digits) <= 12 else None


def _retry_after(text: str, now_ms: int) -> int | None:
    if (at := _seconds(text, now_ms)) is not None or not text:
        return at
    from email.utils import parsedate_to_datetime  # noqa: PLC0415  13 ms, for what few servers write

    try:
        moment = parsedate_to_datetime(text)
        return round((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000)
    except (ValueError, OverflowError, TypeError):
        return None
