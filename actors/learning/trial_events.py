"""The facts of trials: a learning is verified before it is applied. Pure."""

from __future__ import annotations

from typing import ClassVar

from attrs import frozen

from actors.learning.events import PREFIX, LearningFact
from actors.learning.record import Status
from actors.learning.trial import Pair, Verdict

__all__ = ["TRIAL_FACTS", "VerificationBegun", "VerificationEnded", "VerificationPairBegun", "VerificationPairEnded"]


@frozen
class VerificationBegun(LearningFact):
    """The learning is to be applied if it wins: runs are made with what these runs were given. `by`: the policy, or a person."""

    kind: ClassVar[str] = f"{PREFIX}verification_begun"
    learning_id: str
    by: str
    replayed: tuple[str, ...]
    status: Status = "proposed"
    note: str | None = None


@frozen
class VerificationPairBegun(LearningFact):
    """Two runs are made: of one, agents are told of the learning, of the other, they are not."""

    kind: ClassVar[str] = f"{PREFIX}verification_pair_begun"
    learning_id: str
    replayed_run_id: str
    with_run_id: str
    without_run_id: str


@frozen
class VerificationPairEnded(LearningFact):
    """Both have ended."""

    kind: ClassVar[str] = f"{PREFIX}verification_pair_ended"
    learning_id: str
    pair: Pair


@frozen
class VerificationEnded(LearningFact):
    """`verdict`: better (it is applied in the same commit), worse, undecided, dropped (it is not what it was), refused (`reason`)."""

    kind: ClassVar[str] = f"{PREFIX}verification_ended"
    learning_id: str
    verdict: Verdict
    won: int
    lost: int
    tied: int
    chance: float
    reason: str | None = None


TRIAL_FACTS: tuple[type[LearningFact], ...] = (VerificationBegun, VerificationPairBegun, VerificationPairEnded, VerificationEnded)
"""All of them."""
