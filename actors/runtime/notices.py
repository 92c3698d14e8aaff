"""The method about notifications: whether the hook takes them. What was not taken stands among the dead letters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from actors.notification.messages import SendTest
from actors.refusals import Refusal
from actors.runtime.base import Answer, Base
from actors.services import NOTIFIER
from supervision import ActorDead, AskTimeout, MailboxFull

if TYPE_CHECKING:
    from actors.control import params as p
    from actors.refusals import Principal

__all__ = ["NoticeMethods"]

PATIENCE_S = 590.0


class NoticeMethods(Base):
    """Who is told."""

    async def notify_test(self, params: p.Nothing, by: Principal) -> Answer:
        try:
            answer: Answer = await self.system.ref(NOTIFIER).ask(SendTest(), timeout=PATIENCE_S)
        except (ActorDead, AskTimeout, MailboxFull) as late:
            return Refusal("overloaded", f"The notifier has not answered in time ({late}). Nothing depends on it; ask again.")
        return answer
