"""Whom runs are bound to, and why not (engine spec 3; 11 E16, E20)."""

from __future__ import annotations

import pytest

from tests.scenarios.flows import flow as plain
from tests.scenarios.harness import House
from tests.scenarios.inside import store_of
from tests.scenarios.models import GOOD, POOL, Held, agent, crew, persona, told, writes

REFUSALS = {
    "backend": ("  writer: {backend: gone, model: m}\n", "backend_unavailable"),
    "down": ("  writer: {backend: broken, model: m}\n", "backend_unavailable"),
    "consent": ("  writer: {backend: stage, model: m, consent: true}\n", "consent_missing"),
    "tool": ("  writer: {backend: stage, model: m, tools: [read_file]}\n", "tool_not_permitted"),
}


@pytest.mark.parametrize("kind", REFUSALS)
async def test_e16_a_role_that_cannot_be_bound_is_refused_with_every_reason(d: House, kind: str) -> None:
    d.models.down["broken"] = "its key is gone"
    personas, code = REFUSALS[kind]
    refused = await d.refused("run.start", text=crew(agent(more="tools: [write_file]"), personas=personas))
    [role] = refused.data["roles"]
    assert (refused.code, role["role"]) == ("role_unbound", "writer")
    assert [(one["persona"], one["code"]) for one in role["candidates"]] == [("writer", code)]
    assert role["candidates"][0]["reason"] in refused.message


async def test_e16_an_override_must_name_a_persona_and_a_role(d: House) -> None:
    refused = await d.refused("run.start", text=crew(agent()), personas={"writer": "nobody"})
    assert (refused.code, refused.data["roles"][0]["candidates"][0]["code"]) == ("role_unbound", "persona_unknown")
    assert (await d.refused("run.start", text=crew(agent()), personas={"painter": "writer"})).code == "role_unknown"
    persona(d)
    run = await told(d, writes("notes.json", GOOD), flow=crew(agent(role="author")), personas={"author": "writer"})
    assert [(one["role"], one["persona"], one["source"]) for one in run["personas"]] == [("author", "writer", "workflow")]


async def test_e16_consent_is_to_exactly_what_was_shown(d: House) -> None:
    persona(d, POOL + "consent: true\n", "guest")
    flow = crew(agent(role="guest"))
    assert (await d.refused("run.start", text=flow)).data["roles"][0]["candidates"][0]["code"] == "consent_missing"
    assert (await d.call("persona.get", persona="guest"))["persona"]["consent"] == "missing"
    given = await d.call("persona.consent", persona="guest")
    run = await told(d, writes("notes.json", GOOD), flow=flow)
    assert (run["status"], run["personas"][0]["sha256"]) == ("completed", given["sha256"])
    persona(d, POOL + "consent: true\nversion: 2\n", "guest")
    assert (await d.refused("run.start", text=flow)).code == "role_unbound"
    new = await d.call("persona.consent", persona="guest")
    await d.restart(crash=True)
    held = Held(writes("notes.json", GOOD))
    d.models.script[:] = [held]
    run_id = await d.begin(flow)
    await held.asked.wait()
    await d.call("persona.withdraw", persona=new["sha256"])
    held.open()
    assert (await d.run_until(run_id))["status"] == "completed"  # what is under way stays as it is
    assert (await d.refused("run.start", text=flow)).code == "role_unbound"


async def test_a_dry_run_says_who_would_do_it_or_why_nobody(d: House) -> None:
    run_id = await d.begin(crew(agent()), dry_run=True)
    [node] = (await d.run(run_id))["output"]["plan"]["nodes"]
    assert (node["agent"], node["persona"], node["instructions"]) == ("writer", "writer", "Write the notes.")
    run_id = await d.begin(crew(agent(role="painter")), dry_run=True)
    [problem] = (await d.run(run_id))["output"]["plan"]["problems"]
    assert (problem["code"], problem["value"]) == ("role_unbound", ["painter"])


async def test_whom_a_workflow_below_asks_for_in_vain_is_said_before_there_is_a_run(d: House) -> None:
    persona(d)
    await d.put(crew(agent(role="painter"), name="leaf"))
    await d.put(plain("{id: sub, workflow: leaf}", name="middle"))
    text = plain("{id: sub, workflow: middle}", name="top")
    checked = await d.call("workflow.check", text=text)
    await d.put(text)
    refused = await d.refused("run.start", workflow_id="top")
    assert refused.code == "workflow_validation_failed"
    for problems in (checked["problems"], refused.data["problems"]):
        assert [(one["code"], one["path"], one["in_workflow"]) for one in problems] == [("role_unbound", "personas", "leaf")]
    planned = await d.run(await d.begin(text, dry_run=True))
    assert [(one["code"], one["path"]) for one in planned["output"]["plan"]["problems"]] == [("role_unbound", "leaf: personas")]
    persona(d, name="painter")
    assert (await d.call("workflow.check", text=text))["problems"] == []
    await d.call("run.start", workflow_id="top")


async def test_a_check_says_whom_the_workflow_itself_asks_for_in_vain(d: House) -> None:
    [problem] = (await d.call("workflow.check", text=crew(agent(role="painter"))))["problems"]
    assert (problem["code"], problem["path"]) == ("role_unbound", "personas")


async def test_e20_the_same_workflow_and_personas_are_stored_once(d: House) -> None:
    first = await told(d, writes("notes.json", GOOD))
    kept = set(store_of(d).blobs.digests())
    second = await told(d, writes("notes.json", GOOD))
    assert second["personas"] == first["personas"]
    assert set(store_of(d).blobs.digests()) == kept
    assert len((await d.call("workflow.versions", workflow_id="story"))["versions"]) == 1
