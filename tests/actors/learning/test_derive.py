"""What is derived from a run and its workflow; the vectors are those of the specification."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.learning.derive import (
    artifact_refs,
    completed_summary,
    failure_signature,
    has_plan_bundle,
    node_kind,
    project_id,
    validation_pass,
    validator_family,
)
from actors.learning.texts import digest, normalize_text
from actors.workflow.spec import Artifact, Contract, Group, Node
from tests.actors.learning.made import R, failed, node, ran, workflow

F = "c6742ed7b863dc3f656e55f337127f054a4691ccb1a466d5a151ebe7588de291"


@pytest.mark.parametrize(
    ("parts", "found"),
    [
        (("wf-1", "node-1", "researchbrief", R), F),
        ((F, "repair_hint"), "566b3af339d922194e4c34b7f0b0f7fd9a4bdac39b336be55da8da8c2a0d6e9c"),
        ((F, "prompt_patch"), "7328247ea0291ce6bdac620ee35832cd4d9cc348e74b57513ca7b44ac7a53710"),
        ((F, "graph_patch"), "84c688a5fffc72f674f075da0981711041f5d6ef357583d2302475760d144062"),
        (
            ("wf-1", "memory_fact", "node 1 final report written"),
            "449b05de16118425e9713aea888ea49ed2bee7c0a4b1ce9ac90d8d2f7e955942",
        ),
    ],
    ids=["signature", "repair_hint", "prompt_patch", "graph_patch", "memory_fact"],
)
def test_digests_are_the_vectors(parts: tuple[str, ...], found: str) -> None:
    assert digest(*parts) == found


def test_text_is_normalized_to_ascii_words() -> None:
    assert normalize_text("Step 42: é-mail  failed!\n(x)") == "step 42 mail failed x"
    assert normalize_text(" \N{KELVIN SIGN}!\t") == ""


@given(st.text())
def test_normalizing_twice_changes_nothing_more(text: str) -> None:
    words = normalize_text(text)
    assert normalize_text(words) == normalize_text(f"¡{text}…") == words
    assert set(words) <= set("abcdefghijklmnopqrstuvwxyz0123456789 ")


@given(st.lists(st.text(alphabet="ab\0", max_size=3)), st.text(alphabet="ab", max_size=3))
def test_a_part_more_is_another_digest(parts: list[str], more: str) -> None:
    assert digest(*parts) != digest(*parts, more)


@pytest.mark.parametrize(
    ("metadata", "root", "found"),
    [
        ({"project_id": " p ", "project_slug": "q"}, "/w", "p"),
        ({"project_slug": "q", "workspace_root": "r"}, None, "q"),
        ({"workspace_root": "r"}, "/w", "r"),
        ({"project_id": 3, "project_slug": "q"}, " /w ", "/w"),
        ({"project_id": " "}, " ", "wf-1"),
        ({}, None, "wf-1"),
    ],
    ids=["id", "slug", "metadata_root", "first_key_no_text", "blank", "nothing"],
)
def test_a_project_is_named_by_the_first_key_that_is_there(metadata: dict[str, Any], root: str | None, found: str) -> None:
    assert project_id(workflow(metadata=metadata, workspace_root=root)) == found


def test_a_plan_is_there_by_its_key() -> None:
    assert not has_plan_bundle(workflow())
    assert has_plan_bundle(workflow(metadata={"plan_package": None}))
    assert has_plan_bundle(workflow(metadata={"plan_package_bundle": {}}))


def test_stages_of_nodes() -> None:
    assert node_kind(node(metadata={"stage_kind": " Review "})) == "review"
    assert node_kind(node(metadata={"stage_kind": "kitchen"})) is None
    assert node_kind(node(metadata={"stage_kind": 1})) is node_kind(None) is None


@pytest.mark.parametrize(
    ("more", "family"),
    [
        ({"contract": Contract(validator="standup_update"), "artifact": Artifact("a.py")}, "standupupdate"),
        ({"metadata": {"builder": {"task_kind": "repo_fix"}}, "contract": Contract("brief")}, "codepatch"),
        ({"metadata": {"builder": {"task_class": "implementation"}}}, "codepatch"),
        ({"metadata": {"builder": "repo_fix"}, "artifact": Artifact("notes.md")}, "genericartifact"),
        ({"artifact": Artifact("src/Main.RS"), "contract": Contract("review")}, "codepatch"),
        ({"contract": Contract(" Brief ")}, "researchbrief"),
        ({"contract": Contract("review")}, "reviewdecision"),
        ({"contract": Contract("structured_json")}, "structuredjson"),
        ({"contract": Contract("haiku")}, "genericartifact"),
        ({}, "genericartifact"),
    ],
    ids=["explicit", "task_kind", "task_class", "no_table", "suffix", "brief", "review", "json", "other", "no_contract"],
)
def test_families_of_validators(more: dict[str, Any], family: str) -> None:
    assert validator_family(node(**more)) == family


def test_no_node_no_family() -> None:
    assert validator_family(None) is None


def test_files_are_named_once_in_order() -> None:
    run = ran(
        "r",
        ("a", {"path": " a ", "artifact_validation": {"path": "b"}}),
        ("b", {"path": "b", "artifact_validation": 1}),
        ("c", {"path": " "}),
    )
    assert artifact_refs(run) == (" a ", "b")


@pytest.mark.parametrize(
    ("outcome", "passes"),
    [("Failed", False), ("blocked", False), ("ACCEPTED_with_warnings", False), ("needs_repair", True), ("passed", True), (None, True)],
    ids=str,
)
def test_validators_may_spoil_a_completed_run(outcome: str | None, passes: bool) -> None:
    output = {"validator_summary": {"outcome": outcome}}
    assert validation_pass(ran("r", ("a", output), ("b", {"validator_summary": "failed"}))) is passes
    assert not validation_pass(ran("r", ("a", output), status="failed"))


def test_summaries_are_of_the_first_two_completed_nodes() -> None:
    short, long = "x" * 24, "é" * 13
    outputs: list[tuple[str, dict[str, Any]]] = [
        ("a", {"status": "failed", "summary": "no"}), ("b", {"status": "Completed", "summary": " ", "text": short}),
        ("c", {"status": "completed", "summary": " one ", "text": long}), ("d", {"status": "completed", "text": f" {long} "}),
        ("e", {"status": "completed", "summary": "three"}), ("f", {"status": 1, "summary": "no"}),
    ]  # fmt: skip
    assert completed_summary(ran("r", *outputs)) == f"c: one | d: {long}"
    assert completed_summary(ran("r", *outputs[:2], detail={"text": " well "})) == "well"
    assert completed_summary(ran("r", detail={"text": " "})) is completed_summary(ran("r")) is None


def test_l20_the_signature_is_the_vector() -> None:
    found = failure_signature(workflow(), failed())
    assert found is not None
    assert (found.fingerprint, found.summary) == (F, f"Node `node-1` keeps failing: {R}")


def test_signatures_say_what_is_known_of_the_node() -> None:
    w = workflow(node("a", metadata={"stage_kind": "test"}), finally_=(node("z"),))
    run = failed(
        "run-9", ("a", {"status": "failed", "secret": 1}), node_id="a", reason=f" {R}. ", node_attempts={"a": 3}, status="completed"
    )
    found = failure_signature(w, run)
    assert found is not None
    assert (found.node_kind, found.validator_family, found.summary) == ("test", "genericartifact", f"Node `a` keeps failing: {R}.")
    assert found.evidence == {
        "run_id": "run-9", "run_status": "completed", "detail": None, "node_id": "a", "reason": f" {R}. ", "failed_at_ms": 7,
        "node_attempts": 3, "validator_family": "genericartifact", "node_kind": "test", "node_output": {"status": "failed"},
        "artifact_refs": [],
    }  # fmt: skip
    inside = failure_signature(workflow(Node("g", Group((node("a"),)))), failed(node_id="a"))
    assert inside is not None
    assert inside.validator_family == "genericartifact"
    tail, unknown = failure_signature(w, failed(node_id="z")), failure_signature(w, failed(node_id="gone"))
    assert tail is not None
    assert unknown is not None
    assert (tail.validator_family, unknown.validator_family) == ("genericartifact", None)
    assert unknown.fingerprint == digest("wf-1", "gone", "unknown", R)
    assert (unknown.evidence["node_output"], unknown.evidence["node_attempts"]) == (None, 0)


def test_l19_a_reason_without_a_word_is_no_signature() -> None:
    assert failure_signature(workflow(), failed(reason="!!!")) is None
    assert failure_signature(workflow(), ran()) is None
