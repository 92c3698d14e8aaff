"""Who was consented to: one small log, whose writers meet each other by its position."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from attrs import define, frozen

from actors.agent.events import PersonaConsentGiven, PersonaConsentWithdrawn
from actors.entity import Fact
from storage.codec import Codec
from storage.records import Append, AuditEntry, Receipt, Transaction

if TYPE_CHECKING:
    from storage.store import Store

__all__ = ["CONSENTS", "Consent", "Consents"]

CONSENTS = "consents"
"""The name of the log."""


@cache
def _codec() -> Codec[Fact]:
    return Codec((PersonaConsentGiven, PersonaConsentWithdrawn))


@frozen
class Consent:
    """A consent that is in force."""

    sha256: str
    persona: str
    by: str
    at_ms: int


@define(eq=False)
class Consents:
    """Read once and then kept up: nobody else writes this log while the daemon holds the folder."""

    _store: Store
    _given: dict[str, Consent] | None = None
    _seq: int = 0

    def given(self) -> dict[str, Consent]:
        """The consents in force, by digest. Not to be changed."""
        if self._given is None:
            self._given, self._seq = {}, 0
            for recorded in self._store.journal.read(CONSENTS):
                self._apply(_codec().decode(recorded), recorded.at_ms)
        return self._given

    async def record(self, fact: PersonaConsentGiven | PersonaConsentWithdrawn, now: int, receipt: Receipt, audit: AuditEntry) -> None:
        """Write the fact, unless it is in force already; the receipt and the audit entry in any case. Raises what the store raises."""
        known = self.given()
        news = (fact.sha256 in known) == isinstance(fact, PersonaConsentWithdrawn)
        appends = (Append(CONSENTS, self._seq, (_codec().encode(fact),)),) if news else ()
        self._given = None  # whatever comes of it, the log is read again
        await self._store.commit(Transaction(now, appends, receipt, (audit,)))

    def _apply(self, fact: Fact, at_ms: int) -> None:
        assert self._given is not None
        self._seq += 1
        match fact:
            case PersonaConsentGiven(sha256=name, by=by, persona=persona):
                self._given[name] = Consent(name, persona, by, at_ms)
            case PersonaConsentWithdrawn(sha256=name):
                self._given.pop(name, None)
