"""Personas: how they are written, named by their content, and bound to roles."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import given

from actors.agent.binding import Binding, Pool, bind, roles_of, unbound
from actors.agent.configured import Configured
from actors.agent.consents import Consents
from actors.agent.contents import PersonaMissing, persona_of
from actors.agent.persona import decode, digest, encode, read_text
from actors.agent.roster import Roster
from actors.config.backends import Backend
from actors.refusals import Refusal
from actors.services import Services
from actors.workflow.problems import WorkflowInvalid
from actors.workflow.spec import Persona, Workflow
from tests.actors.workflow.samples import loaded, warned, wrong
from tests.actors.workflow.strategies import PERSONAS

NODES = [{"id": "a", "agent": "writer", "instructions": "x"}, {"id": "b", "agent": "reader", "instructions": "y", "tools": ["read_file"]}]
STAGE = Pool(backends={"stage": ""})


def workflow(**personas: dict[str, object]) -> Workflow:
    return loaded(nodes=NODES, personas={name: {"backend": "stage", "model": "m", **more} for name, more in personas.items()})


def reasons(found: Binding | Refusal) -> dict[str, list[tuple[str, str]]]:
    assert isinstance(found, Refusal)
    return {entry["role"]: [(one["persona"], one["code"]) for one in entry["candidates"]] for entry in found.data["roles"]}


@given(PERSONAS)
def test_a_persona_reads_back_equal_and_is_named_by_its_content(persona: Persona) -> None:
    assert decode(encode(persona)) == persona
    assert len(digest(persona)) == 64


@pytest.mark.parametrize(
    ("keys", "found"),
    [
        ({"backend": "x"}, [("key_missing", "personas.p")]),
        ({"backend": "No Name", "model": "m"}, [("persona_invalid", "personas.p.backend")]),
        ({"backend": "x", "model": "m", "tools": ["sudo"]}, [("tool_unknown", "personas.p.tools[0]")]),
        ({"backend": "x", "model": "m", "temperature": 3}, [("persona_invalid", "personas.p.temperature")]),
        ({"backend": "x", "model": "m", "sandbox": "docker"}, [("persona_invalid", "personas.p.sandbox")]),
        ({"backend": "x", "model": "m", "http_hosts": ["a.org", "http://b.org"]}, [("persona_invalid", "personas.p.http_hosts[1]")]),
        ({"backend": "x", "model": "m", "roles": ["A b"]}, [("id_invalid", "personas.p.roles[0]")]),
        ({"backend": "x", "model": "m", "fallback": ["y"]}, [("value_type", "personas.p.fallback[0]")]),
        ({"backend": "x", "model": "m", "fallback": [{"backend": "y"}]}, [("key_missing", "personas.p.fallback[0]")]),
        (
            {"backend": "x", "model": "m", "fallback": [{"backend": "y", "model": "n", "tools": []}]},
            [("key_unknown", "personas.p.fallback[0].tools")],
        ),
        ({"backend": "x", "model": "m", "fallback": [{"backend": "y", "model": "n"}] * 9}, [("persona_invalid", "personas.p.fallback")]),
        ({"backend": "x", "model": "m", "key": "secret"}, [("key_unknown", "personas.p.key")]),
        ("x", [("value_type", "personas.p")]),
    ],
)
def test_one_that_is_written_wrong_is_refused_with_its_place(keys: object, found: list[tuple[str, str]]) -> None:
    assert wrong(personas={"p": keys}) == found


def test_too_many_are_refused_and_an_agent_needs_neither_an_id_nor_instructions() -> None:
    many = {f"p{i}": {"backend": "x", "model": "m"} for i in range(65)}
    assert wrong(personas=many) == [("personas_too_many", "personas")]
    assert warned(nodes=[{"agent": "writer"}]) == []
    assert warned(nodes=[{"agent": "writer", "instructions": "x"}]) == []


def test_files_have_their_name_and_every_fault_is_told() -> None:
    known = read_text("backend: x\nmodel: m\n", source="p.yaml", stem="p", ending=".yaml")
    assert (known.name, read_text('{"name": "q", "backend": "x", "model": "m"}', source="p", stem="p", ending=".json").name) == ("p", "q")
    for text in ("[]", "a: [", "backend: x\nmodel: m\nmodle: n\n"):
        with pytest.raises(WorkflowInvalid):
            read_text(text, source="p.yaml", stem="p", ending=".yaml")
    with pytest.raises(WorkflowInvalid):
        decode(b'{"backend": "x", "model": "m"}')


def test_roles_are_bound_to_who_has_their_name_first_then_to_who_takes_them() -> None:
    flow = workflow(anna={"roles": ["reader"]}, writer={})
    pool = Pool((Persona("reader", "stage", "pool"), Persona("writer", "stage", "pool")), backends={"stage": ""})
    found = bind(flow, pool, {})
    assert isinstance(found, Binding)
    assert [(one.role, one.persona, one.source, one.model) for one in found.bound] == [
        ("reader", "reader", "pool", "pool"), ("writer", "writer", "workflow", "m"),
    ]  # fmt: skip
    assert len(found.contents) == 2
    other = bind(flow, pool, {"reader": "anna"})
    assert isinstance(other, Binding)
    assert (other.bound[0].persona, other.hash == found.hash) == ("anna", False)
    assert unbound(flow, found.bound[:1]) == ["writer"]
    assert roles_of(flow) == {"reader": ("read_file",), "writer": ()}


def test_every_role_and_every_candidate_has_its_reason() -> None:
    flow = workflow(writer={"backend": "gone"}, anna={"roles": ["writer"], "backend": "down"}, reader={"tools": ["write_file"]})
    pool = Pool((Persona("writer", "stage", "m", consent=True),), {"reader": "broken file"}, {"stage": "", "down": "no key"})
    assert reasons(bind(flow, pool, {})) == {
        "reader": [("reader", "tool_not_permitted"), ("reader", "persona_invalid")],
        "writer": [("writer", "backend_unavailable"), ("writer", "consent_missing"), ("anna", "backend_unavailable")],
    }  # fmt: skip
    assert reasons(bind(loaded(nodes=NODES), STAGE, {})) == {"reader": [], "writer": []}
    broken = bind(loaded(nodes=NODES[:1]), Pool(broken={"p": "torn"}, backends={"stage": ""}), {"writer": "p"})
    assert reasons(broken) == {"writer": [("p", "persona_invalid")]}


def test_backends_must_be_able_to_do_what_is_asked_of_them() -> None:
    pool = Pool(backends={"stage": "", "cli": "", "other": "away"}, agents=frozenset({"cli", "other"}))
    unfit: list[dict[str, Any]] = [
        {"backend": "stage", "fallback": [{"backend": "gone", "model": "m"}]},
        {"backend": "stage", "fallback": [{"backend": "cli", "model": "m"}]},
        {"backend": "cli", "tools": []}, {"backend": "cli", "temperature": 1}, {"backend": "cli", "max_output_tokens": 1},
        {"backend": "cli", "model": "-x"},
    ]  # fmt: skip
    for more in unfit:
        found = bind(workflow(writer=more, reader={}), pool, {})
        assert reasons(found) == {"writer": [("writer", "backend_unfit")]}, more
    named = bind(workflow(writer={}, reader={"backend": "cli"}), pool, {})
    assert reasons(named) == {"reader": [("reader", "backend_unfit")]}  # its node names tools
    stands = [{"backend": "other", "model": "m"}]  # away just now, which may be over when it is needed
    assert isinstance(bind(workflow(writer={"backend": "cli", "fallback": stands}, reader={}), pool, {}), Binding)


def test_an_override_is_of_a_role_and_names_a_persona() -> None:
    unknown = bind(workflow(writer={}, reader={}), STAGE, {"painter": "x"})
    assert isinstance(unknown, Refusal)
    assert unknown.code == "role_unknown"
    assert reasons(bind(workflow(writer={}, reader={}), STAGE, {"writer": "nobody"})) == {"writer": [("nobody", "persona_unknown")]}


async def test_the_folder_is_read_again_when_a_file_changes_and_a_broken_one_harms_nobody(services: Services, tmp_path: Path) -> None:
    roster = Roster(tmp_path / "personas", Configured((), {}), Consents(services.store))
    assert roster.pool().personas == ()
    folder = tmp_path / "personas"
    folder.mkdir()
    (folder / "anna.yaml").write_text("backend: x\nmodel: m\n")
    (folder / "ben.json").write_text("{")
    (folder / "carl.yaml").write_text("name: anna\nbackend: x\nmodel: other\n")
    (folder / "dora.yaml").mkdir()
    (folder / "emil.yaml").write_bytes(b"\xff")
    (folder / "notes.txt").write_text("nobody")
    pool = roster.pool()
    assert ([one.model for one in pool.personas], sorted(pool.broken)) == (["m"], ["ben", "carl", "dora", "emil"])
    (folder / "anna.yaml").write_text("backend: x\nmodel: changed\n")
    assert roster.pool().personas[0].model == "changed"
    assert roster.pool().personas[0] is roster.pool().personas[0]


async def test_a_content_that_is_not_there_or_is_none_is_told(services: Services) -> None:
    blobs = services.store.blobs
    with pytest.raises(PersonaMissing, match="cannot be read"):
        persona_of(blobs, "ab" * 32)
    with pytest.raises(PersonaMissing):
        persona_of(blobs, blobs.put(b"[]"))
    persona = Persona("anna", "stage", "m")
    assert persona_of(blobs, blobs.put(encode(persona))) == persona


def test_a_backend_can_be_used_when_its_key_is_there(tmp_path: Path) -> None:
    key = tmp_path / "key"
    named = Backend("a", "openai", "https://a.example", key_env="A_KEY")
    filed = Backend("b", "openai", "https://b.example", key_file=str(key))
    bare = Backend("c", "openai", "http://127.0.0.1:1")
    found = Configured((named, filed, bare), {}).available()
    assert ["A_KEY" in found["a"], str(key) in found["b"], found["c"]] == [True, True, ""]
    key.write_text("k")
    assert dict(Configured((named, filed, bare), {"A_KEY": "k"}).available()) == {"a": "", "b": "", "c": ""}
    assert Configured((bare,), {}).provider("c", "m", cast("Any", None)).name == "c"
