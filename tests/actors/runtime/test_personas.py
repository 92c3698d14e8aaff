"""The persona methods: listing, showing, consent, and who may give it."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

import pytest

from actors.agent.binding import Pool
from actors.agent.configured import Configured
from actors.agent.consents import Consents
from actors.agent.persona import digest
from actors.agent.roster import Roster
from actors.config.backends import Backend
from actors.control import params_agents as a
from actors.library import Library
from actors.refusals import Principal, Refusal, RequestKey
from actors.runtime.personas import PersonaMethods
from actors.services import Services
from actors.workflow.spec import Persona
from tests.actors.run.table import ANNA
from tests.actors.workflow.samples import loaded

ROBOT = Principal(1000, human=False)


@pytest.fixture
def methods(services: Services) -> PersonaMethods:
    folder = services.folder / "personas"
    folder.mkdir()
    (folder / "anna.yaml").write_text("backend: stage\nmodel: m\nconsent: true\n")
    (folder / "torn.yaml").write_text("[")
    backends = Configured((Backend("stage", "openai", "http://127.0.0.1:1"),), {})
    system: Any = None  # nobody is asked for anything here
    servers: Any = None  # nor any server of tools
    learning: Any = None  # nor what was learned
    roster = Roster(folder, backends, Consents(services.store))
    return PersonaMethods(services, system, Library(services), lambda _: None, {}, roster, servers, learning)


def key(name: str) -> RequestKey:
    return RequestKey(name, sha256(name.encode()).hexdigest())


def code(answer: object) -> str:
    assert isinstance(answer, Refusal), answer
    return answer.code


def data(answer: object) -> dict[str, Any]:
    assert isinstance(answer, dict), answer
    return answer


async def test_the_pool_and_the_personas_of_a_workflow_are_listed(methods: PersonaMethods) -> None:
    rows = data(await methods.persona_list(a.PersonaList(), ANNA))["personas"]
    assert [(row["persona"], row.get("consent"), "problem" in row) for row in rows] == [("anna", "missing", True), ("torn", None, True)]
    await methods.library.put(loaded(personas={"ben": {"backend": "gone", "model": "m"}}), ANNA)
    rows = data(await methods.persona_list(a.PersonaList("w"), ANNA))["personas"]
    assert [(row["persona"], row["source"]) for row in rows] == [("ben", "workflow"), ("anna", "pool"), ("torn", "pool")]
    assert "not configured" in rows[0]["problem"]
    assert code(await methods.persona_list(a.PersonaList("other"), ANNA)) == "workflow_not_found"


async def test_one_is_found_by_name_or_digest(methods: PersonaMethods) -> None:
    found = data(await methods.persona_get(a.PersonaOnly("anna"), ANNA))["persona"]
    assert found["definition"] == {"backend": "stage", "model": "m", "consent": True}
    assert {"tool": "write_file", "may": "allow", "by": "what is usual for it"} in found["may_use"]
    assert data(await methods.persona_get(a.PersonaOnly(found["sha256"]), ANNA))["persona"] == found
    assert code(await methods.persona_get(a.PersonaOnly("torn"), ANNA)) == "persona_invalid"
    assert code(await methods.persona_get(a.PersonaOnly("nobody"), ANNA)) == "persona_not_found"
    assert code(await methods.persona_get(a.PersonaOnly("anna", "other"), ANNA)) == "workflow_not_found"


async def test_consent_is_given_by_people_once_for_each_request_and_withdrawn(methods: PersonaMethods, services: Services) -> None:
    assert code(await methods.persona_consent(a.PersonaOnly("anna"), ROBOT, key("r0"))) == "human_required"
    assert code(await methods.persona_consent(a.PersonaOnly("nobody"), ANNA, key("r1"))) == "persona_not_found"
    first = data(await methods.persona_consent(a.PersonaOnly("anna"), ANNA, key("r2")))
    assert data(await methods.persona_consent(a.PersonaOnly("anna"), ANNA, key("r2"))) == first
    assert data(await methods.persona_consent(a.PersonaOnly("anna"), ANNA, key("r3"))) == first  # it is in force already
    assert services.store.journal.head("consents") == 1
    assert code(await methods.persona_consent(a.PersonaOnly("anna"), ANNA, RequestKey("r2", "cd" * 32))) == "request_conflict"
    shown = data(await methods.persona_get(a.PersonaOnly("anna"), ANNA))["persona"]
    assert (shown["consent"], shown["consented_by"], "problem" in shown) == ("given", "uid:1000", False)
    again = Consents(services.store)  # as the next daemon reads it
    assert list(again.given()) == [first["sha256"]]
    await methods.persona_withdraw(a.PersonaOnly(first["sha256"]), ANNA, key("r4"))
    assert (methods.roster.pool().consents, services.store.journal.head("consents")) == (frozenset(), 2)


async def test_a_digest_alone_is_enough(methods: PersonaMethods) -> None:
    name = digest(Persona("carl", "stage", "m"))
    answer = data(await methods.persona_consent(a.PersonaOnly(name), ANNA, key("r1")))
    assert (answer["persona"], answer["sha256"]) == ("", name)
    assert Pool().consents | methods.roster.pool().consents == {name}
