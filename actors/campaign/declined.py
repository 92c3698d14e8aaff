"""Why a rule of campaigns says no: a code and the values that it compared. Pure."""

from __future__ import annotations

from typing import Any

from actors.campaign.texts import TEXTS

__all__ = ["Declined"]


class Declined(Exception):
    """`code` is a stable snake_case word, `data` holds the values that the message names, as JSON."""

    def __init__(self, code: str, **data: Any) -> None:
        super().__init__(code)
        self.code, self.data = code, data

    @property
    def message(self) -> str:
        """What was wrong, what was found, what is allowed, what to do."""
        return TEXTS[self.code].format(**self.data)
