"""What the refusals of campaigns say to people, by code. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

__all__ = ["TEXTS"]

_FOUND = "{found}."
TEXTS: Final[Mapping[str, str]] = {
    # freezing and reading the five inputs
    "artifact_ref_required": "No file is named for {label}. Name one, relative to the workspace.",
    "artifact_outside_workspace": "The file {ref} for {label} lies outside the workspace {root}. Move it there, or name another workspace.",
    "artifact_missing": "The file {ref} for {label} is not there.",
    "artifact_not_a_file": "{ref} for {label} is no plain file.",
    "artifact_unreadable": "The file {ref} for {label} cannot be read: {detail}.",
    "artifact_not_utf8": "The file {ref} for {label} is no UTF-8 text.",
    "artifact_parse_failed": "The file {ref} for {label} does not say what it should: {detail}.",
    "objective_artifact_empty": "The file {ref} for the objective is empty. Say in a few sentences what is to become better.",
    # the rules of the configuration
    "eval_pack_ref_required": "pack_ref of the evaluation must name something; " + _FOUND,
    "eval_primary_metric_invalid": "primary_metric must be artifact_validator_pass_rate; " + _FOUND,
    "eval_secondary_metric_invalid": "secondary_metric must be unmet_requirement_count; " + _FOUND,
    "eval_hard_guardrails_invalid": "hard_guardrails must be exactly blocked_node_rate and budget_ceilings; " + _FOUND,
    "eval_campaign_start_baseline_runs_invalid": "campaign_start_baseline_runs must be 2; " + _FOUND,
    "eval_baseline_replay_every_candidates_invalid": "baseline_replay_every_candidates must be 5; " + _FOUND,
    "eval_baseline_replay_every_minutes_invalid": "baseline_replay_every_minutes must be 30; " + _FOUND,
    "policy_max_nodes_changed_per_candidate_invalid": "A candidate changes one node: the limit must be 1; " + _FOUND,
    "policy_max_field_families_changed_per_candidate_invalid": "A candidate changes one field: the limit must be 1; " + _FOUND,
    "policy_no_mutable_field": "No field may be changed; allow at least one; " + _FOUND,
    "policy_allowed_text_fields_invalid": "Text fields are objective and output_contract_summary_guidance; " + _FOUND,
    "policy_allowed_knob_fields_invalid": "Knobs are timeout_ms, retry_policy_max_attempts and retry_policy_retries; " + _FOUND,
    "policy_max_text_delta_chars_out_of_bounds": "max_text_delta_chars must be from 1 to 300; " + _FOUND,
    "policy_max_text_delta_ratio_out_of_bounds": "max_text_delta_ratio must be above 0 and at most 0.25; " + _FOUND,
    "policy_timeout_delta_percent_out_of_bounds": "timeout_delta_percent is a fraction above 0 and at most 0.15; " + _FOUND,
    "policy_timeout_delta_ms_out_of_bounds": "timeout_delta_ms must be from 1 to 30000; " + _FOUND,
    "policy_timeout_bounds_invalid": "Timeouts must lie between 30000 and 600000, the lower below the upper; " + _FOUND,
    "policy_retry_delta_invalid": "retry_delta must be 1; " + _FOUND,
    "policy_retry_bounds_invalid": "Retries must lie between 0 and 3, the lower not above the upper; " + _FOUND,
    "policy_bundle_forbidden": "A text and a knob are never changed together; " + _FOUND,
    "scope_candidate_snapshot_only_required": "Candidates are snapshots only: this must be true; " + _FOUND,
    "scope_live_source_mutation_forbidden": "The live workflow is never changed by itself: this must be false; " + _FOUND,
    "scope_external_side_effects_forbidden": "Evaluations may have no effects outside: this must be false; " + _FOUND,
    "scope_operator_approval_required": "A person approves every winner: this must be true; " + _FOUND,
    "budget_max_experiments_out_of_bounds": "max_experiments must be from 1 to 100; " + _FOUND,
    "budget_max_runtime_minutes_out_of_bounds": "max_runtime_minutes must be from 1 to 1440; " + _FOUND,
    "budget_max_consecutive_failures_out_of_bounds": "max_consecutive_failures must be from 1 to 10; " + _FOUND,
    "budget_max_total_cost_usd_not_positive": "max_total_cost_usd must be a finite amount above 0; " + _FOUND,
    "budget_max_total_tokens_not_positive": "max_total_tokens must be above 0; " + _FOUND,
    "budget_campaign_max_cost_usd_not_positive": "campaign_max_cost_usd must be a finite amount above 0; " + _FOUND,
    "budget_campaign_max_tokens_not_positive": "campaign_max_tokens must be above 0; " + _FOUND,
    # what can be improved
    "target_without_nodes": "The workflow has no nodes.",
    "target_without_validator": "No node of the workflow has an output_contract with a validator, so nothing can be measured. Add one.",
    "target_nothing_mutable": "No field that the policy allows is there in any node. Allow another, or give a node one of them.",
    "eval_side_effects_forbidden": "The nodes {node_ids} have an effect that must happen once, and evaluations would repeat it. "
    "Say `eval: skip` on each, so that evaluations take its last recorded output, and run the workflow once before.",
    # candidates
    "candidate_changes_outside_nodes": "The candidate differs outside of the flow's nodes, at {path}.",
    "candidate_node_count_changed": "The candidate has {after} nodes, its baseline {before}.",
    "candidate_nodes_reordered": "The candidate has {found} where its baseline has {node_id}.",
    "candidate_node_other_changed": "The candidate changes {node_id} beyond what may be changed.",
    "candidate_output_contract_other_changed": "The candidate changes {path} of {node_id} beyond its summary_guidance.",
    "candidate_retry_policy_other_changed": "The candidate changes {path} of {node_id} beyond its numbers.",
    "candidate_field_not_allowed": "The policy does not allow to change {path} of {node_id}.",
    "candidate_guidance_created": "{node_id} has no {path} in the baseline, so there is none to change.",
    "candidate_guidance_removed": "The candidate takes away {path} of {node_id}.",
    "candidate_unchanged": "The candidate is its baseline.",
    "candidate_too_many_nodes": "The candidate changes the nodes {nodes}; {allowed} may be changed.",
    "candidate_too_many_fields": "The candidate changes {paths}; {allowed} may be changed.",
    "text_empty": "{path} of {node_id} would be empty.",
    "text_delta_chars_exceeded": "{path} of {node_id} changes by {delta} characters; at most {allowed} are allowed.",
    "text_delta_ratio_exceeded": "{path} of {node_id} changes by {delta} of {length} characters; at most the share {allowed} is allowed.",
    "timeout_not_mutable": "{node_id} has no {path} in the baseline, so there is none to change.",
    "timeout_removed": "The candidate takes away {path} of {node_id}.",
    "timeout_out_of_bounds": "{path} of {node_id} would be {after}; allowed is {low} to {high}.",
    "timeout_delta_exceeded": "{path} of {node_id} goes from {before} to {after}; at most {allowed} ms of change are allowed.",
    "retry_not_mutable": "{node_id} has no whole number at {path} in the baseline, so there is none to change.",
    "retry_removed": "The candidate takes away {path} of {node_id}.",
    "retry_out_of_bounds": "{path} of {node_id} would be {after}; allowed is {low} to {high}.",
    "retry_delta_exceeded": "{path} of {node_id} goes from {before} to {after}; at most {allowed} of change is allowed.",
    # measuring
    "run_without_validator_outputs": "No node of the run left a validator_summary, so nothing can be measured.",
    "metrics_field_missing": "The metrics have no {field}, or not as a number or flag.",
    "baseline_replays_insufficient": "The baseline needs {required} measured runs, and has {found}.",
    "baseline_over_budget": "A run of the baseline passed the limits of a run. Raise them, or make the workflow cheaper.",
    "baseline_drift_exceeded": "Runs of the baseline differ in {metric} by {spread}; at most 0.05 is taken for the same.",
    "baseline_flakiness_exceeded": "{flaky} of {cases} cases came out differently between runs of the baseline; at most a tenth may.",
}
