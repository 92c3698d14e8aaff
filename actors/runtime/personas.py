"""The persona methods: who there is, and whom people consent to."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from actors.agent.binding import objection
from actors.agent.events import PersonaConsentGiven, PersonaConsentWithdrawn
from actors.agent.persona import digest
from actors.agent.policy import Policy
from actors.library import no_such_workflow
from actors.refusals import Refusal
from actors.run.audits import audit_entry
from actors.run.known import conflict
from actors.runtime.base import TRIES, Answer, Base
from actors.workflow.canonical_agent import persona_json
from actors.workflow.spec_agent import TOOLS
from storage import Receipt, ReceiptExists, RequestConflict, Unavailable, VersionConflict
from storage.codec import canonical

if TYPE_CHECKING:
    from actors.agent.binding import Pool
    from actors.control import params_agents as a
    from actors.refusals import Principal, RequestKey
    from actors.workflow.spec_agent import Fallback, Persona

__all__ = ["PersonaMethods"]

DIGEST = re.compile(r"[0-9a-f]{64}")
Known = tuple["Persona", str]


class PersonaMethods(Base):
    """Personas of the pool, and of a stored workflow where one is named."""

    async def persona_list(self, params: a.PersonaList, by: Principal) -> Answer:
        pool = self.roster.pool()
        known = self._known(pool, params.workflow_id)
        if isinstance(known, Refusal):
            return known
        broken = [{"persona": name, "source": "pool", "problem": reason} for name, reason in sorted(pool.broken.items())]
        return {"personas": [_row(persona, source, pool) for persona, source in known] + broken}

    async def persona_get(self, params: a.PersonaOnly, by: Principal) -> Answer:
        pool = self.roster.pool()
        found = self._find(pool, params)
        if isinstance(found, Refusal):
            return found
        persona, source = found
        consent = self.roster.consents.given().get(digest(persona))
        given = {} if consent is None else {"consented_by": consent.by, "consented_at_ms": consent.at_ms}
        about = {"definition": persona_json(persona), "may_use": _may_use(persona, pool)}
        return {"persona": _row(persona, source, pool) | about | given}

    async def persona_consent(self, params: a.PersonaOnly, by: Principal, request: RequestKey) -> Answer:
        return await self._decide(params, by, request, given=True)

    async def persona_withdraw(self, params: a.PersonaOnly, by: Principal, request: RequestKey) -> Answer:
        return await self._decide(params, by, request, given=False)

    async def _decide(self, params: a.PersonaOnly, by: Principal, request: RequestKey, *, given: bool) -> Answer:
        if not by.human:
            text = "Only a person consents to a persona; this request comes from a process that a node has started."
            return Refusal("human_required", text, {"persona": params.persona})
        for _ in range(TRIES):
            if (known := self.replayed(request)) is not None:
                return known
            named = self._named(params)
            if isinstance(named, Refusal):
                return named
            name, sha256 = named
            reply = {"persona": name, "sha256": sha256, "consented": given}
            fact = (PersonaConsentGiven if given else PersonaConsentWithdrawn)(sha256, str(by), name)
            entry = audit_entry(str(by), "persona.consent" if given else "persona.withdraw", sha256, {"persona": name}, "ok")
            receipt = Receipt(request.request_id, request.digest.encode(), canonical(reply))
            try:
                await self.roster.consents.record(fact, self.services.clock.now_ms(), receipt, entry)
            except VersionConflict:
                continue
            except (ReceiptExists, RequestConflict):
                return self.replayed(request) or conflict(request)
            except Unavailable as error:
                return Refusal(error.code, f"{error}. Nothing was recorded; ask again, it does no harm.")
            return reply
        return Refusal("overtaken", "The consents were changed by others again and again. Ask again, it does no harm.")

    def _named(self, params: a.PersonaOnly) -> tuple[str, str] | Refusal:
        """Name and digest of what is consented to. A digest alone is enough: it says exactly what is meant."""
        found = self._find(self.roster.pool(), params)
        if not isinstance(found, Refusal):
            return found[0].name, digest(found[0])
        return ("", params.persona) if found.code == "persona_not_found" and DIGEST.fullmatch(params.persona) else found

    def _known(self, pool: Pool, workflow_id: str | None) -> list[Known] | Refusal:
        found: list[Known] = [(persona, "pool") for persona in pool.personas]
        if workflow_id is None:
            return found
        version = self.library.find(workflow_id)
        workflow = None if isinstance(version, Refusal) else self.library.definition(version)
        if workflow is None:
            return no_such_workflow(workflow_id)
        return [*((persona, "workflow") for persona in workflow.personas), *found]

    def _find(self, pool: Pool, params: a.PersonaOnly) -> Known | Refusal:
        known = self._known(pool, params.workflow_id)
        if isinstance(known, Refusal):
            return known
        for persona, source in known:
            if params.persona in (persona.name, digest(persona)):
                return persona, source
        if params.persona in pool.broken:
            text = f"The persona {params.persona} cannot be read: {pool.broken[params.persona]}. Mend its file."
            return Refusal("persona_invalid", text, {"persona": params.persona})
        names = ", ".join(dict.fromkeys(persona.name for persona, _ in known)) or "none"
        text = (
            f"There is no persona {params.persona!r}; there are: {names}. One that a workflow brings along is found with the workflow's id."
        )
        return Refusal("persona_not_found", text, {"persona": params.persona})


def _may_use(persona: Persona, pool: Pool) -> list[dict[str, str]]:
    """What holds for each of its tools, whatever a node says: that can only be stricter."""
    policy = Policy(pool.policy, persona.policy, unsandboxed=persona.sandbox == "none")
    rulings = {tool: policy.ruling(tool) for tool in TOOLS if persona.may(tool)}
    return [{"tool": tool, "may": ruling.word, "by": ruling.by} for tool, ruling in rulings.items()]


def _row(persona: Persona, source: str, pool: Pool) -> dict[str, Any]:
    """A persona as it is listed; `problem` says why no run can be bound to it just now."""
    sha256 = digest(persona)
    row: dict[str, Any] = {
        "persona": persona.name, "source": source, "version": persona.version, "backend": persona.backend, "model": persona.model,
        "sha256": sha256, "consent": "not needed" if not persona.consent else "given" if sha256 in pool.consents else "missing",
    }  # fmt: skip
    if persona.fallback:
        row["fallback"] = [_stand_in(one, pool) for one in persona.fallback]
    _, problem = objection(persona, pool, ())
    return row | ({"problem": problem} if problem else {})


def _stand_in(one: Fallback, pool: Pool) -> dict[str, Any]:
    """Who stands in; `problem` says why it would be passed over just now."""
    problem = pool.backends.get(one.backend, "it is not configured")
    return {"backend": one.backend, "model": one.model} | ({"problem": problem} if problem else {})
