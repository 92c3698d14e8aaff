"""The five files: how they are frozen, read and checked, and which workflows they fit."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any

import pytest
from attrs import asdict, evolve

from actors.campaign.config import LABELS, Phase1
from actors.campaign.config_rules import check_config
from actors.campaign.config_shape import PARTS, Misshapen, checked, shape
from actors.campaign.declined import Declined
from actors.campaign.eligibility import check_target, foreign_roles, outward
from actors.campaign.freezing import freeze
from actors.campaign.snapshots import overridden
from actors.campaign.step import detail_of
from tests.actors.campaign.table import BUDGET, C0, EVAL, POLICY, SCOPE, W0, changed, node, policy, workflow
from tests.scenarios.campaigning import FILES, REFS

REFERENCES = {label: REFS[f"{label}_ref"] for label in LABELS}
TREES: dict[str, dict[str, Any]] = {label: asdict(getattr(C0, label)) for label in PARTS}


def lists(tree: dict[str, Any]) -> dict[str, Any]:
    return {key: list(value) if isinstance(value, tuple) else value for key, value in tree.items() if value is not None}


def code(call: Any, *args: Any) -> str:
    with pytest.raises(Declined) as declined:
        call(*args)
    assert declined.value.message
    return declined.value.code


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "workspace"
    root.mkdir()
    for name, text in FILES.items():
        (root / name).write_text(text)
    return root


def test_files_are_fixed_by_their_digests_and_unknown_keys_are_named(folder: Path) -> None:
    with (folder / "scope.yaml").open("a") as file:
        file.write("promises: 5\n")
    found = freeze(str(folder), {**REFERENCES, "budget": " budget.yaml "})
    budget, data = found.frozen["budget"], FILES["budget.yaml"].encode()
    assert budget.artifact_ref == "budget.yaml"
    assert budget.resolved_path == str(folder / "budget.yaml")
    assert (budget.sha256, budget.size_bytes) == (hashlib.sha256(data).hexdigest(), len(data))
    assert found.phase1.objective_markdown.startswith("# Objective\n")
    assert list(found.warnings) == [{"code": "unknown_config_key", "label": "scope", "key": "promises"}]


def test_a_link_inside_the_workspace_is_followed_and_one_that_leads_out_is_not(folder: Path) -> None:
    (folder / "inner.yaml").symlink_to("budget.yaml")
    (folder / "outer.yaml").symlink_to(folder.parent / "budget.yaml")
    assert freeze(str(folder), {**REFERENCES, "budget": "inner.yaml"}).frozen["budget"].resolved_path.endswith("budget.yaml")
    assert code(freeze, str(folder), {**REFERENCES, "budget": "outer.yaml"}) == "artifact_outside_workspace"


def test_what_cannot_be_frozen_is_refused_with_the_reason(folder: Path) -> None:
    (folder / "folder").mkdir()
    (folder / "loop").symlink_to("loop")
    os.mkfifo(folder / "pipe")
    (folder / "large").write_bytes(b"#" * (256 << 10) + b"\n")
    (folder / "latin").write_bytes(b"\xe9")
    (folder / "blank").write_text(" \n")
    (folder / "torn").write_text("[")
    (folder / "list").write_text("[1]")
    found = {
        ref: code(freeze, str(folder), {**REFERENCES, "objective": ref})
        for ref in (" ", "../x", "/etc/hostname", "gone", "folder", ".", "loop", "nul\0", "pipe", "large", "latin", "blank", "n" * 300)
    }
    assert found == {
        " ": "artifact_ref_required", "../x": "artifact_outside_workspace", "/etc/hostname": "artifact_outside_workspace",
        "gone": "artifact_missing", "folder": "artifact_not_a_file", ".": "artifact_not_a_file", "loop": "artifact_unreadable",
        "nul\0": "artifact_unreadable", "pipe": "artifact_not_a_file", "large": "artifact_unreadable", "latin": "artifact_not_utf8",
        "blank": "objective_artifact_empty", "n" * 300: "artifact_unreadable",
    }  # fmt: skip
    for ref in ("torn", "list"):
        assert code(freeze, str(folder), {**REFERENCES, "eval": ref}) == "artifact_parse_failed"


def test_all_files_are_parsed_before_any_rule_is_looked_at(folder: Path) -> None:
    (folder / "eval.yaml").write_text(FILES["eval.yaml"].replace("minutes: 30", "minutes: 31"))
    (folder / "budget.yaml").write_text("max_experiments: many\n")
    assert code(freeze, str(folder), REFERENCES) == "artifact_parse_failed"


@pytest.mark.parametrize("label", list(PARTS))
def test_a_part_keeps_its_shape_and_names_what_is_missing(label: str) -> None:
    tree = lists(TREES[label])
    assert shape(PARTS[label], tree) == (getattr(C0, label), [])
    first = next(iter(tree))
    with pytest.raises(Misshapen, match=f"the key {first} is missing"):
        shape(PARTS[label], {key: value for key, value in tree.items() if key != first})
    with pytest.raises(Misshapen, match="a mapping of keys is expected, found list"):
        shape(PARTS[label], [])


def test_a_limit_that_is_null_is_none() -> None:
    found: tuple[Any, list[str]] = shape(PARTS["budget"], {**lists(TREES["budget"]), "campaign_max_tokens": None, 7: "x"})
    assert found == (BUDGET, ["7"])


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("max_experiments", -1), ("max_experiments", 1.0), ("max_experiments", True), ("max_experiments", 2**32),
        ("timeout_delta_ms", 2**64), ("retry_min", -(2**31) - 1), ("max_text_delta_ratio", "0.1"), ("max_text_delta_ratio", True),
        ("max_total_cost_usd", 10**400), ("primary_metric", "speed"), ("hard_guardrails", ["speed"]), ("hard_guardrails", "speed"),
        ("allowed_text_fields", ["model"]), ("candidate_snapshot_only", "true"), ("pack_ref", 5), ("forbidden_fields", [5]),
        ("primary_metric", []),
    ],
)  # fmt: skip
def test_a_value_of_another_type_is_refused(name: str, value: Any) -> None:
    with pytest.raises(Misshapen, match=f"{name}: "):
        checked(name, value)


NAN, INF = float("nan"), float("inf")


@pytest.mark.parametrize(
    ("part", "change", "expected"),
    [
        ("eval", {"pack_ref": " "}, "eval_pack_ref_required"),
        ("eval", {"primary_metric": "unmet_requirement_count"}, "eval_primary_metric_invalid"),
        ("eval", {"secondary_metric": "artifact_validator_pass_rate"}, "eval_secondary_metric_invalid"),
        ("eval", {"hard_guardrails": ("budget_ceilings", "budget_ceilings")}, "eval_hard_guardrails_invalid"),
        ("eval", {"hard_guardrails": ()}, "eval_hard_guardrails_invalid"),
        ("eval", {"campaign_start_baseline_runs": 1}, "eval_campaign_start_baseline_runs_invalid"),
        ("eval", {"baseline_replay_every_candidates": 4}, "eval_baseline_replay_every_candidates_invalid"),
        ("eval", {"baseline_replay_every_minutes": 31}, "eval_baseline_replay_every_minutes_invalid"),
        ("mutation_policy", {"max_nodes_changed_per_candidate": 2}, "policy_max_nodes_changed_per_candidate_invalid"),
        ("mutation_policy", {"max_field_families_changed_per_candidate": 0}, "policy_max_field_families_changed_per_candidate_invalid"),
        ("mutation_policy", {"allowed_text_fields": (), "allowed_knob_fields": ()}, "policy_no_mutable_field"),
        ("mutation_policy", {"allowed_text_fields": ("timeout_ms",)}, "policy_allowed_text_fields_invalid"),
        ("mutation_policy", {"allowed_knob_fields": ("objective",)}, "policy_allowed_knob_fields_invalid"),
        ("mutation_policy", {"max_text_delta_chars": 301}, "policy_max_text_delta_chars_out_of_bounds"),
        ("mutation_policy", {"max_text_delta_ratio": NAN}, "policy_max_text_delta_ratio_out_of_bounds"),
        ("mutation_policy", {"timeout_delta_percent": 0.0}, "policy_timeout_delta_percent_out_of_bounds"),
        ("mutation_policy", {"timeout_delta_ms": 30_001}, "policy_timeout_delta_ms_out_of_bounds"),
        ("mutation_policy", {"timeout_min_ms": 29_999}, "policy_timeout_bounds_invalid"),
        ("mutation_policy", {"timeout_max_ms": 30_000}, "policy_timeout_bounds_invalid"),
        ("mutation_policy", {"retry_delta": -1}, "policy_retry_delta_invalid"),
        ("mutation_policy", {"retry_min": 3, "retry_max": 2}, "policy_retry_bounds_invalid"),
        ("mutation_policy", {"allow_text_and_knob_bundle": True}, "policy_bundle_forbidden"),
        ("scope", {"candidate_snapshot_only": False}, "scope_candidate_snapshot_only_required"),
        ("scope", {"allow_live_source_mutation": True}, "scope_live_source_mutation_forbidden"),
        ("scope", {"allow_external_side_effects_in_eval": True}, "scope_external_side_effects_forbidden"),
        ("scope", {"promotion_requires_operator_approval": False}, "scope_operator_approval_required"),
        ("budget", {"max_experiments": 0}, "budget_max_experiments_out_of_bounds"),
        ("budget", {"max_runtime_minutes": 1441}, "budget_max_runtime_minutes_out_of_bounds"),
        ("budget", {"max_consecutive_failures": 11}, "budget_max_consecutive_failures_out_of_bounds"),
        ("budget", {"max_total_cost_usd": INF}, "budget_max_total_cost_usd_not_positive"),
        ("budget", {"max_total_tokens": 0}, "budget_max_total_tokens_not_positive"),
        ("budget", {"campaign_max_cost_usd": NAN}, "budget_campaign_max_cost_usd_not_positive"),
        ("budget", {"campaign_max_tokens": 0}, "budget_campaign_max_tokens_not_positive"),
    ],
    ids=lambda value: value if isinstance(value, str) and "_" in value else None,
)  # fmt: skip
def test_each_rule_has_its_code(part: str, change: dict[str, Any], expected: str) -> None:
    check_config(C0)
    parts: dict[str, Any] = {"eval": EVAL, "mutation_policy": POLICY, "scope": SCOPE, "budget": BUDGET}
    parts[part] = evolve(parts[part], **change)
    assert code(check_config, Phase1(C0.objective_markdown, **parts)) == expected


KNOBLESS = policy(allowed_text_fields=("output_contract_summary_guidance",), allowed_knob_fields=("timeout_ms", "retry_policy_retries"))


@pytest.mark.parametrize(
    ("definition", "rules", "expected"),
    [
        ({"flow": {"nodes": []}}, POLICY, "target_without_nodes"),
        (changed(output_contract={"kind": "report"}), POLICY, "target_without_validator"),
        (changed(output_contract=None), POLICY, "target_without_validator"),
        (
            workflow({"node_id": "n", "output_contract": {"kind": "r", "validator": "v"}, "retry_policy": {"retries": True}}), KNOBLESS,
            "target_nothing_mutable",
        ),
        (changed(effect="once"), POLICY, "eval_side_effects_forbidden"),
    ],
    ids=["nodes", "validator", "contract", "mutable", "once"],
)  # fmt: skip
def test_a_workflow_that_cannot_be_improved_is_refused(definition: dict[str, Any], rules: Any, expected: str) -> None:
    assert code(check_target, definition, rules) == expected


@pytest.mark.parametrize(
    "more",
    [{"timeout_ms": 5}, {"retry_policy": {"retries": 0}}, {"effect": "once", "eval": "skip", "timeout_ms": 5}],
    ids=["timeout", "retries", "skipped"],
)
def test_one_allowed_field_is_enough(more: dict[str, Any]) -> None:
    bare = {"node_id": "n", "output_contract": {"kind": "r", "validator": "v"}, **more}
    check_target(workflow(bare), KNOBLESS)
    check_target(workflow(bare), policy(allowed_text_fields=("objective",), allowed_knob_fields=()))


def test_what_reaches_outside_and_who_comes_from_elsewhere_is_named() -> None:
    assert outward(W0) == {}
    assert outward({**workflow(node(), node("h", kind="http")), "providers": ["mail"]}) == {"node_ids": ["h"], "providers": ["mail"]}
    taken = {"anna": {"roles": ["writer"]}, "ben": {}}
    assert foreign_roles({**workflow(node(), node("b", persona_id="ben"), node("c", persona_id="cy")), "personas": taken}) == ["cy"]
    assert foreign_roles(workflow({"node_id": "x"})) == []


def test_an_override_changes_a_copy_and_leaves_nobody_to_stand_in() -> None:
    before = {**W0, "personas": {"writer": {"backend": "a", "model": "m", "fallback": [{"backend": "b", "model": "n"}]}}}
    assert overridden(before, "x", "y")["personas"] == {"writer": {"backend": "x", "model": "y"}}
    assert before["personas"]["writer"]["model"] == "m"
    assert overridden(W0, "x", "y") == W0


def test_the_values_of_a_code_are_a_line() -> None:
    assert detail_of(Declined("baseline_flakiness_exceeded", flaky=1, cases=2)) == "flaky=1, cases=2"
    assert detail_of(Declined("target_without_nodes")) is None
