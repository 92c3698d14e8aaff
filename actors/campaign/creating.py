"""A new campaign: what it is made of is checked, fixed and stored before its first fact names it (optimization spec 17)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson
from attrs import asdict

from actors.campaign.config import LABELS
from actors.campaign.declined import Declined
from actors.campaign.eligibility import check_target, foreign_roles, outward
from actors.campaign.events import CampaignCreated
from actors.campaign.freezing import freeze
from actors.campaign.skipping import repeated_below
from actors.campaign.snapshots import data_of, digest_of, overridden, snapshot_hash
from actors.refusals import Refusal
from actors.workflow.inputs import apply_inputs

if TYPE_CHECKING:
    from actors.control.params_campaigns import CampaignCreate
    from actors.library import Library
    from actors.refusals import Principal
    from actors.services import Services

__all__ = ["Made", "make"]

MOST_EVALUATIONS = 20
Made = tuple[CampaignCreated, bytes]
"""The first fact, and the baseline's snapshot that must be stored before it."""


def make(services: Services, library: Library, params: CampaignCreate, by: Principal) -> Made:
    """Everything that can be wrong is said here. Reads files. Raises Declined."""
    source = params.source_workflow_id.strip()
    if not source:
        raise Declined("source_workflow_id_required")
    found = library.find(source)
    if isinstance(found, Refusal):
        raise Declined("source_workflow_not_found", workflow_id=source)
    refs = _refs(params)
    root = params.workspace_root.strip()
    inputs = freeze(root, refs)
    definition: Mapping[str, Any] = orjson.loads(services.store.blobs.get(found.digest))
    check_target(definition, inputs.phase1.mutation_policy)
    if once := repeated_below(services, services.plans.get(found.digest).workflow):
        raise Declined("eval_side_effects_forbidden", node_ids=once)
    _check_inputs(services, found.digest, params.inputs)
    baseline, override = _baseline(definition, params)
    if not 1 <= params.evaluations_per_candidate <= MOST_EVALUATIONS:
        raise Declined("evaluations_per_candidate_out_of_bounds", found=params.evaluations_per_candidate, most=MOST_EVALUATIONS)
    _check_proposer(services, params.proposer)
    profile, title = services.rules.default_profile, found.title or source
    fact = CampaignCreated(
        by=str(by), name=(params.name or "").strip() or f"Campaign for {title}", source_workflow_id=source, source_workflow_name=title,
        source_version=found.version, source_digest=found.digest, source_hash=snapshot_hash(definition, profile),
        baseline_digest=digest_of(baseline), baseline_hash=snapshot_hash(baseline, profile), inputs=dict(params.inputs),
        workspace_root=root, artifacts={k: v for k, v in asdict(params.artifacts).items() if v is not None},
        frozen_artifacts=inputs.frozen, phase1=inputs.phase1, execution_override=override,
        evaluations_per_candidate=params.evaluations_per_candidate, proposer=params.proposer,
        warnings=(*inputs.warnings, *_warnings(definition, overridden=override is not None)),
        metadata=params.metadata,
    )  # fmt: skip
    return fact, data_of(baseline)


def _check_proposer(services: Services, proposer: str | None) -> None:
    known = [persona.name for persona in services.pool().personas]
    if proposer is not None and proposer not in known:
        raise Declined("proposer_unknown", proposer=proposer, known=", ".join(known) or "none")


def _warnings(definition: Mapping[str, Any], *, overridden: bool) -> list[Mapping[str, Any]]:
    """What stands in no file's way, and that one should know."""
    outside = outward(definition)
    found: list[Mapping[str, Any]] = [{"code": "external_side_effects_possible", **outside}] if outside else []
    foreign = foreign_roles(definition) if overridden else []
    return found + ([{"code": "override_without_effect", "roles": foreign}] if foreign else [])


def _check_inputs(services: Services, digest: str, given: Mapping[str, Any]) -> None:
    applied = apply_inputs(services.plans.get(digest).workflow, given)
    if applied.problems:
        raise Declined("campaign_inputs_invalid", detail=" ".join(problem.message for problem in applied.problems))


def _refs(params: CampaignCreate) -> dict[str, str]:
    refs = {label: getattr(params.artifacts, f"{label}_ref") for label in LABELS}
    if not params.workspace_root.strip():
        raise Declined("workspace_root_required")
    if not Path(params.workspace_root.strip()).is_absolute():
        raise Declined("workspace_root_not_absolute", root=params.workspace_root)
    blank = [f"{label}_ref" for label, ref in refs.items() if not ref.strip()]
    if blank:
        raise Declined("artifact_refs_required", missing=", ".join(blank))
    return refs


def _baseline(definition: Mapping[str, Any], params: CampaignCreate) -> tuple[Mapping[str, Any], Mapping[str, str] | None]:
    override = params.execution_override
    if override is None:
        return definition, None
    backend, model = override.provider_id.strip(), override.model_id.strip()
    if not backend or not model:
        raise Declined("execution_override_incomplete")
    return overridden(definition, backend, model), {"provider_id": backend, "model_id": model}
