"""The methods about dead letters: which there are, and what is to become of one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import asdict

from actors.dead_letter.events import letter_codec
from actors.dead_letter.letter import KIND
from actors.dead_letter.messages import ForLetter, Verb
from actors.dead_letter.reading import LetterUnreadable, read_letter
from actors.dead_letter.view import letter_json, line_json, no_such_letter, unreadable
from actors.refusals import Refusal
from actors.run.view import event_json
from actors.runtime.base import ASK_S, Answer, Base
from actors.services import LETTERS
from supervision import ActorDead, AskTimeout, MailboxFull

if TYPE_CHECKING:
    from actors.control import params_letters as p
    from actors.refusals import Principal, RequestKey
    from storage import Recorded

__all__ = ["LetterMethods"]


def _event(recorded: Recorded) -> dict[str, Any]:
    event = letter_codec().decode(recorded)
    return event_json(recorded.seq, event, recorded.at_ms, asdict(event))


class LetterMethods(Base):
    """What failed for good."""

    async def dead_letter_list(self, params: p.LetterList, by: Principal) -> Answer:
        statuses = (params.status,) if params.status is not None else ()
        lines = self.services.store.catalog.list(KIND, statuses, params.workflow_id, params.run_id, limit=params.limit)
        return {"letters": [line_json(line) for line in lines]}

    async def dead_letter_get(self, params: p.LetterOnly, by: Principal) -> Answer:
        try:
            letter = read_letter(self.services.store, params.letter_id)
        except LetterUnreadable as error:
            return unreadable(params.letter_id, error)
        if letter is None:
            return no_such_letter(params.letter_id)
        return {"letter": letter_json(letter), "events": [_event(found) for found in self.services.store.journal.read(params.letter_id)]}

    async def dead_letter_retry(self, params: p.LetterSteer, by: Principal, request: RequestKey) -> Answer:
        return await self._settle(params, "retry", by, request)

    async def dead_letter_ignore(self, params: p.LetterSteer, by: Principal, request: RequestKey) -> Answer:
        return await self._settle(params, "ignore", by, request)

    async def dead_letter_compensate(self, params: p.LetterCompensate, by: Principal, request: RequestKey) -> Answer:
        return await self._settle(params, "compensate", by, request, params.run_id)

    async def dead_letter_resolve(self, params: p.LetterSteer, by: Principal, request: RequestKey) -> Answer:
        return await self._settle(params, "resolve", by, request)

    async def _settle(self, params: p.LetterSteer, verb: Verb, by: Principal, request: RequestKey, run_id: str | None = None) -> Answer:
        if (known := self.replayed(request)) is not None:
            return known
        command = ForLetter(params.letter_id, verb, by, request, params.reason, run_id)
        try:
            answer: Answer = await self.system.ref(LETTERS).ask(command, timeout=ASK_S)
        except (ActorDead, AskTimeout, MailboxFull) as late:
            return Refusal("overloaded", f"The dispatcher has not answered in time ({late}). Ask again with the same request id.")
        return answer
