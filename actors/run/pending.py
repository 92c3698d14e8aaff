"""Operations that wait for attempts to end: collected here, applied when the last one has. Pure bookkeeping."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import Factory, define, evolve

from actors.node.messages import Interruption, Outcome
from actors.run.messages import ForRun

if TYPE_CHECKING:
    from supervision.mailbox import Asked

__all__ = ["Pending"]


@define(eq=False)
class Pending:
    """`waiting` holds the tokens of attempts that were asked to end; their outcomes gather in `endings`.

    `command` None: no operation, but the outcome of a reviewer who sends work back, which is folded when that work has ended.
    """

    command: ForRun | None
    asked: Asked | None
    waiting: dict[str, str]
    reason: str
    endings: list[Outcome] = Factory(list)

    def hear(self, outcome: Outcome) -> bool:
        """Take the outcome if it is one that is waited for. An interruption gets the operation's reason."""
        if self.waiting.pop(outcome.token, None) is None:
            return False
        if isinstance(outcome.verdict, Interruption):
            outcome = evolve(outcome, verdict=Interruption(self.reason))
        self.endings.append(outcome)
        return True
