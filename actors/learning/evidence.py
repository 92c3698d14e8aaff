"""What is kept of a failed node's output as evidence (learning spec 4.11). Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

__all__ = ["output_evidence"]

COPIED: Final = (
    "status", "summary", "text", "path", "blocked_reason", "failure_kind", "blocker_category", "phase", "attempt_evidence",
    "receipt_timeline", "validator_summary", "artifact_validation",
)  # fmt: skip
VALIDATOR_FAILURE: Final = (
    "outcome", "reason", "verification_outcome", "accepted_candidate_source", "unmet_requirements", "warning_requirements",
    "validation_basis", "warning_count",
)  # fmt: skip
REPAIR: Final = ("repair_attempted", "repair_attempt", "repair_attempts_remaining", "repair_succeeded", "repair_exhausted")
VALIDATION: Final = (
    "path", "status", "rejected_artifact_reason", "verification_outcome", "verification_expected", "verification_ran",
    "verification_failed", "unmet_requirements", "warning_requirements", "warning_count",
)  # fmt: skip
DETAILS: Final = ("seq", "record_count", "attempt", "event_type")
RECEIPT_KEYS: Final = {
    "receipt_path": "receipt_ledger", "forensic_record_path": "forensic_record", "standup_receipt_path": "standup_receipt",
}  # fmt: skip
BY_SUFFIX: Final = {".jsonl": "receipt_ledger", ".json": "forensic_record"}
Receipt = tuple[str, object, Mapping[str, Any]]
"""Kind, path as found, and the object that tells its details."""


def output_evidence(output: Mapping[str, Any]) -> dict[str, Any]:
    """The parts of an output that tell how it failed, as JSON; each only if the output has it."""
    validator, validation = _table(output, "validator_summary"), _table(output, "artifact_validation")
    made: dict[str, Any] = {
        "validator_failure": _picked(validator, VALIDATOR_FAILURE),
        "repair_state": _repair_state(validator, validation),
        "artifact_validation_summary": _picked(validation, VALIDATION),
        "forensic_receipts": _unique(_receipts(output)),
    }
    return _picked(output, COPIED) | {name: value for name, value in made.items() if value}


def _repair_state(validator: Mapping[str, Any], validation: Mapping[str, Any]) -> dict[str, Any]:
    either = {**validation, **validator}
    return _picked(either, REPAIR) | _picked(validation, ("rejected_artifact_reason",)) | _picked(either, ("verification_outcome",))


def _receipts(output: Mapping[str, Any]) -> Iterator[Receipt]:
    attempt = _table(output, "attempt_evidence")
    ledger = _table(attempt, "receipt_ledger")
    yield "receipt_ledger", ledger.get("path"), ledger
    yield "forensic_record", attempt.get("forensic_record_path"), {}
    yield "standup_receipt", attempt.get("standup_receipt_path"), {}
    timeline = output.get("receipt_timeline")
    for item in timeline if isinstance(timeline, list | tuple) else ():
        if isinstance(item, Mapping):
            yield from ((kind, item.get(key), item) for key, kind in RECEIPT_KEYS.items())
            yield from (
                (kind, item.get("path"), item) for suffix, kind in BY_SUFFIX.items() if str(item.get("path")).strip().endswith(suffix)
            )


def _unique(receipts: Iterable[Receipt]) -> list[dict[str, Any]]:
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for kind, value, details in receipts:
        path = value.strip() if isinstance(value, str) else ""
        if path:
            found.setdefault((kind, path), {"kind": kind, "path": path} | _picked(details, DETAILS))
    return list(found.values())


def _picked(data: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    return {name: data[name] for name in names if name in data}


def _table(data: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = data.get(name)
    return found if isinstance(found, Mapping) else {}
