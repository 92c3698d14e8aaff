"""Snapshots of workflows: what is stored, under which digest, and the hash by which campaigns compare (optimization spec 3.10)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from storage.codec import canonical

__all__ = ["data_of", "digest_of", "overridden", "snapshot_hash"]


def data_of(definition: Mapping[str, Any]) -> bytes:
    """The bytes under whose digest the definition is stored."""
    return canonical(definition)


def digest_of(definition: Mapping[str, Any]) -> str:
    """SHA-256 of the bytes, lower-case hex."""
    return hashlib.sha256(data_of(definition)).hexdigest()


def snapshot_hash(definition: Mapping[str, Any], default_profile: str) -> str:
    """As the digest, with the profile in force written out, so that an absent one and the default are the same."""
    execution = dict(definition.get("execution") or {})
    execution["profile"] = execution.get("profile") or default_profile
    return digest_of({**definition, "execution": execution})


def overridden(definition: Mapping[str, Any], backend: str, model: str) -> dict[str, Any]:
    """A copy in which every persona runs on that backend and model, and nothing stands in for it."""
    copy: dict[str, Any] = deepcopy(dict(definition))
    for persona in copy.get("personas", {}).values():
        persona |= {"backend": backend, "model": model}
        persona.pop("fallback", None)
    return copy
