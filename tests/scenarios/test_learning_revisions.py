"""From what was learned to the next version of the workflow, which a person stores (learning spec 9.4). All through the socket."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.scenarios.harness import House
from tests.scenarios.inside import full_disk
from tests.scenarios.learned import learned, open_eyes
from tests.scenarios.models import agent, crew

PLAN = "{plan_id: p-1, plan_revision: 3, title: Notes}"
BUNDLE = f"metadata: {{plan_package_bundle: {{bundle_version: 1, plan: {PLAN}}}}}"
PACKAGE = f"metadata: {{plan_package: {PLAN}}}"


def notes(top: str = "") -> str:
    return crew(agent(), top=top)


async def store(house: House, text: str) -> dict[str, Any]:
    return dict(await house.call("workflow.put", text=text, notation="yaml", source="story.yaml", folder=str(house.folder)))


async def put(house: House, learning_id: str = "patch", **more: Any) -> None:
    given = {
        "learning_id": learning_id, "workflow_id": "story", "kind": "prompt_patch", "status": "approved", "node_id": "draft",
        "summary": "Node `draft` keeps failing: no {{ sources }} -> rewrite this node's prompt", "fingerprint": "f" * 64,
        "run_ids": ["run-a", "run-b"], "evidence_refs": [{"reason": "no sources"}], **more,
    }  # fmt: skip
    await house.call("learning.put", learning=given)


async def told(house: House) -> list[dict[str, Any]]:
    return list((await house.call("learning.events", workflow_id="story"))["events"])


async def test_l53_l70_without_a_plan_it_is_refused_and_noted_and_with_one_it_works(house: House) -> None:
    await open_eyes(house)
    await store(house, notes())
    await put(house)
    refused = await house.refused("learning.spawn_revision", learning_id="patch")
    assert refused.code == "needs_plan_bundle"
    assert refused.data["ok"] is False
    assert all(word in refused.data["detail"] for word in ("plan_package_bundle", "plan_package", "prompt_patch"))
    await house.restart(crash=True)
    assert [one["needs_plan_bundle"] for one in await learned(house)] == [True]
    assert [(one["event"].rpartition(".")[2], one["kind"]) for one in (await told(house))[-1:]] == [("plan_bundle_missing", "prompt_patch")]
    await store(house, notes(BUNDLE))
    answer = await house.call("learning.spawn_revision", learning_id="patch")
    assert answer["ok"] is True
    assert answer["learning"]["needs_plan_bundle"] is False


@pytest.mark.parametrize("top", [BUNDLE, PACKAGE], ids=["bundle", "package"])
async def test_l54_a_draft_is_for_a_person_who_stores_it(house: House, top: str) -> None:
    await open_eyes(house)
    base = await store(house, notes(top))
    await put(house)
    answer = await house.call("learning.spawn_revision", learning_id="patch", reviewer_id="anna")
    session, learning = answer["session"], answer["learning"]
    assert session["session_id"].startswith("wfplan-session-")
    assert (session["source_kind"], session["project_slug"]) == ("workflow_learning_revision", "story")
    assert session["title"] == "Node `draft` keeps failing: no {{ sources }} -> rewrite this..."
    assert session["goal"] == "Improve workflow `story` with an approved prompt_patch learning."
    for part in (
        "Learning `patch` asks for a `prompt_patch` revision of this workflow.\n\nSummary: ", f"\n\nFingerprint: {'f' * 64}\n\n",
        "\n\nAffected runs: run-a, run-b\n\n", '"reason": "no sources"',
        "\n\nConstraint: Keep the parts of the workflow that already validate; completion rate and validation pass rate must not fall.",
    ):  # fmt: skip
        assert part in session["notes"]
    assert session["operator_preferences"] == {
        "learning_id": "patch", "requested_change_type": "prompt_patch", "fingerprint": "f" * 64, "run_ids": ["run-a", "run-b"],
    }  # fmt: skip
    assert (session["draft"]["creator"], session["draft"]["base_version"]) == ("anna", 1)
    assert (learning["last_revision_session_id"], learning["baseline_before"]["sample_size"]) == (session["session_id"], 0)
    assert [one["event"].rpartition(".")[2] for one in (await told(house))[-2:]] == ["stored", "revision_spawned"]
    assert (await house.call("workflow.get", workflow_id="story"))["version"] == base["version"], "nothing has changed for runs"
    await house.restart(crash=True)
    shown = (await house.call("learning.get", learning_id="patch"))["revision"]
    assert shown == session
    stored = await house.call("learning.put_revision", learning_id="patch")
    assert stored["workflow"]["version"] == 2
    await house.restart(crash=True)
    assert (await house.call("learning.put_revision", learning_id="patch")) == stored, "once"
    live = await house.call("workflow.get", workflow_id="story")
    assert (live["version"], live["digest"]) == (2, stored["workflow"]["digest"])
    told_now = live["definition"]["flow"]["nodes"][0]["objective"]
    assert told_now.startswith("Write the notes.\n\nFrom earlier runs: Node `draft` keeps failing: no { { sources }}")
    metadata = live["definition"]["metadata"]
    plan = metadata["plan_package"] if top == PACKAGE else metadata["plan_package_bundle"]["plan"]
    assert (plan["plan_revision"], metadata["learning_revisions"][0]["learning_id"]) == (4, "patch")
    assert [one["event"] for one in await told(house)][-1] == "workflow_learning.revision.put"


async def test_l55_a_graph_patch_leaves_the_flow_to_a_person_who_changes_the_draft(house: House) -> None:
    await open_eyes(house)
    await store(house, notes(BUNDLE))
    await put(house, kind="graph_patch", summary=" ", status="applied")
    answer = await house.call("learning.spawn_revision", learning_id="patch", title=" Two nodes ")
    session = answer["session"]
    assert (session["operator_preferences"]["requested_change_type"], answer["learning"]["needs_plan_bundle"]) == ("graph_patch", False)
    assert (session["title"], session["draft"]["creator"], session["draft"]["changes"]) == ("Two nodes", "workflow_learning", [])
    text = json.dumps({key: value for key, value in session["draft"]["definition"].items() if key != "folder"})
    again = await house.call("learning.spawn_revision", learning_id="patch")
    assert (again["session"]["session_id"] != session["session_id"], again["session"]["title"]) == (True, "Revision from graph_patch")
    changed = text.replace("Write the notes.", "Write short notes.")
    put_by_hand = await house.call("workflow.put", text=changed, notation="json", source="draft.json", folder=str(house.folder))
    assert put_by_hand["version"] == 2
    refused = await house.refused("learning.put_revision", learning_id="patch")
    assert refused.code == "revision_overtaken", "the workflow is another by now"


async def test_what_no_revision_comes_of_is_refused_and_changes_nothing(house: House) -> None:
    await open_eyes(house)
    await put(house)
    await put(house, "fact", kind="memory_fact", fingerprint="g")
    await put(house, "new", status="proposed", fingerprint="h")
    before = await told(house)
    for learning_id, code in (
        ("nobody", "learning_not_found"), ("fact", "learning_kind_unsupported"), ("new", "learning_not_approved"),
        ("patch", "workflow_not_found"),
    ):  # fmt: skip
        assert (await house.refused("learning.spawn_revision", learning_id=learning_id)).code == code
    for learning_id, code in (("nobody", "learning_not_found"), ("patch", "revision_not_found")):
        assert (await house.refused("learning.put_revision", learning_id=learning_id)).code == code
    for plan, word in (
        ("bundle_version: 2, plan: {}", "bundle_version_unsupported"),
        ("plan: {workflow: {workflow: other, nodes: [{id: a, shell: 'true'}]}}", "plan_of_another_workflow"),
        ("plan: {workflow: {workflow: story, nodes: [{id: a}]}}", "node_kind_missing"),
        ("plan: {workflow: {workflow: story, nodes: [{id: g, gate: deploy_window}]}}", "gate_resolver_missing"),
    ):
        await store(house, notes(f"metadata: {{plan_package_bundle: {{{plan}}}}}"))
        refused = await house.refused("learning.spawn_revision", learning_id="patch")
        assert refused.code == "incompatible_plan_bundle"
        assert refused.data["validation"]["compatible"] is False
        assert word in json.dumps(refused.data["validation"]["problems"])
    await store(house, notes(BUNDLE))
    with full_disk(house):
        assert (await house.refused("learning.spawn_revision", learning_id="patch")).code == "plan_session_not_stored"
    assert await told(house) == before


async def test_the_definition_in_a_plan_is_what_the_draft_begins_from(house: House) -> None:
    await open_eyes(house)
    planned = "{workflow: story, nodes: [{id: a, shell: 'echo planned'}]}"
    await store(house, notes(f"metadata: {{owner: anna, plan_package_bundle: '{json.dumps({'plan': {'x': 1}})}'}}"))
    await put(house)
    assert (await house.call("learning.spawn_revision", learning_id="patch"))["session"]["draft"]["changes"] != [], "a bundle as a text"
    await store(house, notes(f"metadata: {{owner: anna, plan_package: {{plan_revision: 1, workflow: {planned}}}}}"))
    draft = (await house.call("learning.spawn_revision", learning_id="patch"))["session"]["draft"]
    assert draft["definition"]["flow"]["nodes"][0]["run"] == "echo planned"
    assert (draft["definition"]["metadata"]["owner"], draft["definition"]["metadata"]["plan_package"]) == ("anna", {"plan_revision": 2})
    await house.call("learning.put_revision", learning_id="patch")
    await house.call("workflow.delete", workflow_id="story")
    assert (await house.refused("learning.spawn_revision", learning_id="patch")).code == "workflow_not_found"
