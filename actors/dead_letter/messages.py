"""What is asked about dead letters: an operator's word on one, and a run to be begun again for its own."""

from __future__ import annotations

from typing import Any, Literal

from attrs import frozen

from actors.refusals import Principal, Refusal, RequestKey
from storage.records import Append
from supervision import Request

__all__ = ["ForLetter", "LetterRetry", "Look", "RetryLetters", "Verb"]

Verb = Literal["retry", "ignore", "compensate", "resolve"]
Reply = dict[str, Any] | Refusal


@frozen
class ForLetter(Request[Reply]):
    """What an operator wants done about a letter. `run_id`: the run that makes it good (compensate only)."""

    letter_id: str
    verb: Verb
    by: Principal
    request: RequestKey
    note: str | None = None
    run_id: str | None = None


@frozen
class Look:
    """Look at the letters for which a retry was asked."""


@frozen
class LetterRetry:
    """One letter to be tried again: its node, and the append by which it says so."""

    letter_id: str
    node_id: str
    append: Append


@frozen
class RetryLetters:
    """An operation on a run that has failed: begin the nodes of these letters anew."""

    letters: tuple[LetterRetry, ...]
    by: str = "system"
