"""A refusal: the reply value by which the runtime declines a request. Never an exception, so that no actor dies of a user's mistake."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import Factory, frozen

__all__ = ["Principal", "Refusal", "RequestKey"]


@frozen
class Refusal:
    """Why a request was declined.

    `code` is a stable snake_case word that programs may test; `message` says in our words what was wrong, what was found, what is
    allowed and what to do; `data` holds the values named in the message, as JSON.
    """

    code: str
    message: str
    data: Mapping[str, Any] = Factory(dict)


@frozen
class Principal:
    """Who acts: the uid of the peer, and whether it is a person (a peer that is no descendant of any step process)."""

    uid: int
    human: bool = True

    def __str__(self) -> str:
        return f"uid:{self.uid}"


@frozen
class RequestKey:
    """The client's name for one change. `digest` is the SHA-256 (hex) of what it asks: the same pair gets the first answer again."""

    request_id: str
    digest: str
