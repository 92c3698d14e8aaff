"""By which version and hash a run's definition is named, and to whom it belongs (spec 2.1, 7). Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from actors.projection.derived import text
from actors.projection.identity import canonical_bytes
from actors.projection.record import LOCAL

__all__ = ["hash_of", "scope_of", "version_of"]

VERSIONS = (
    "definition_version", "workflow_definition_version", "automation_definition_version", "automation_version", "source_pack_version",
    "version",
)  # fmt: skip
OPTIONAL = ("owning_org_unit_id", "owner_principal", "resource_scope", "risk_tier", "policy_version_id")


def hash_of(digest: str) -> str:
    """The hash under which a pinned version is known everywhere."""
    return f"sha256:{digest}"


def version_of(metadata: Mapping[str, Any], workflow_id: str, digest: str) -> str:
    """The first usable version in the definition's metadata, else one made of the plan, else of the digest."""
    for name in VERSIONS:
        if (found := _rendered(metadata.get(name))) is not None:
            return found
    bundle = metadata.get("plan_package_bundle")
    plans = (bundle.get("plan") if isinstance(bundle, Mapping) else None, metadata.get("approved_plan_materialization"))
    for plan in plans:
        if isinstance(plan, Mapping) and (found := _of_plan(plan)) is not None:
            return found
    return f"workflow:{workflow_id}@{digest[:16]}"


def _rendered(value: object) -> str | None:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return canonical_bytes(value).decode()
    return text(value)


def _of_plan(plan: Mapping[str, Any]) -> str | None:
    plan_id, revision = text(plan.get("plan_id")), plan.get("plan_revision")
    whole = isinstance(revision, int) and not isinstance(revision, bool) and revision >= 0
    return f"plan:{plan_id}:rev:{revision}" if plan_id is not None and whole else None


def scope_of(metadata: Mapping[str, Any]) -> Mapping[str, Any]:
    """The tenant that the definition names, else the implicit local one, and what its enterprise scope adds."""
    found = metadata.get("enterprise_scope")
    added: Mapping[str, Any] = found if isinstance(found, Mapping) else {}
    scope = {**LOCAL, "tenant_context": _tenant(metadata.get("tenant_context")) or LOCAL["tenant_context"]}
    scope |= {name: added[name] for name in OPTIONAL if added.get(name) is not None}
    return scope | {name: added[name] for name in ("data_classes", "delegation_grant_ids") if isinstance(added.get(name), list)}


def _tenant(named: object) -> dict[str, Any] | None:
    """One that says its organisation and its workspace."""
    if not isinstance(named, Mapping):
        return None
    tenant: dict[str, Any] = {
        name: found for name in ("org_id", "workspace_id", "deployment_id", "actor_id") if (found := text(named.get(name)))
    }
    if "org_id" not in tenant or "workspace_id" not in tenant:
        return None
    return {**tenant, "source": named["source"] if named.get("source") in ("local_implicit", "explicit") else "explicit"}
