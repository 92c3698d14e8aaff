"""Operations that wait for attempts to end: collected here, applied when the last one has. Pure bookkeeping."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import Factory, define

from actors.node.messages import Interruption, Outcome
from actors.run.messages import ForRun

if TYPE_CHECKING:
    from supervision.mailbox import Asked

__all__ = ["Pending"]


@define(eq=False)
class Pending:
    """`waiting` holds the tokens of attempts that were asked to end; their outcomes gather in `endings`."""

    command: ForRun
    asked: Asked | None
    waiting: dict[str, str]
    reason: str
    endings: list[Outcome] = Factory(list)

    def hear(self, outcome: Outcome) -> bool:
        """Take the outcome if it is one that is waited for. An interruption gets the operation's reason."""
        if self.waiting.pop(outcome.token, None) is None:
            return False
        if isinstance(outcome.verdict, Interruption):
            outcome = Outcome(outcome.node_id, outcome.token, Interruption(self.reason))
        self.endings.append(outcome)
        return True
