"""What is kept of a failed output."""

from __future__ import annotations

from actors.learning.evidence import output_evidence


def test_only_what_is_there_is_kept() -> None:
    assert output_evidence({"other": 1, "validator_summary": None, "artifact_validation": []}) == {
        "validator_summary": None, "artifact_validation": [],
    }  # fmt: skip


def test_parts_are_picked_from_validators() -> None:
    validator = {"outcome": "failed", "reason": "r", "repair_attempt": 2, "verification_outcome": "v", "more": 1}
    validation = {"path": "p", "repair_attempt": 1, "repair_exhausted": True, "rejected_artifact_reason": "no", "verification_outcome": "w"}
    found = output_evidence({"status": "failed", "validator_summary": validator, "artifact_validation": validation})
    assert found["validator_failure"] == {"outcome": "failed", "reason": "r", "verification_outcome": "v"}
    assert found["repair_state"] == {
        "repair_attempt": 2, "repair_exhausted": True, "rejected_artifact_reason": "no", "verification_outcome": "v",
    }  # fmt: skip
    assert found["artifact_validation_summary"] == {"path": "p", "rejected_artifact_reason": "no", "verification_outcome": "w"}
    assert "forensic_receipts" not in found


def test_receipts_stand_once_in_their_order() -> None:
    timeline = [
        {"path": " l.jsonl ", "seq": 2}, "no", {"path": "a.json", "event_type": "e"}, {"path": "b.txt"},
        {"standup_receipt_path": "s2", "receipt_path": "r1", "attempt": 1},
    ]  # fmt: skip
    ledger = {"path": "l.jsonl", "record_count": 3, "other": 1}
    attempt = {"receipt_ledger": ledger, "forensic_record_path": "f.json", "standup_receipt_path": " "}
    found = output_evidence({"attempt_evidence": attempt, "receipt_timeline": timeline})
    assert found["forensic_receipts"] == [
        {"kind": "receipt_ledger", "path": "l.jsonl", "record_count": 3}, {"kind": "forensic_record", "path": "f.json"},
        {"kind": "forensic_record", "path": "a.json", "event_type": "e"}, {"kind": "receipt_ledger", "path": "r1", "attempt": 1},
        {"kind": "standup_receipt", "path": "s2", "attempt": 1},
    ]  # fmt: skip
