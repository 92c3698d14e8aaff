"""What an output under a contract says of itself: the words that decide what becomes of its node (runs spec 6.5 to 6.7). Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from attrs import evolve, frozen

from actors.run.state import RunState
from actors.workflow.schema import validate

__all__ = ["BLOCKING_KINDS", "SUCCESS_WORDS", "Finding", "finding_of", "status_word"]

Word = Literal["", "blocked", "needs_repair", "verify_failed"]
WORDS: tuple[Word, ...] = ("blocked", "needs_repair", "verify_failed")
SUCCESS_WORDS = frozenset({"completed", "done", "passed", "accepted_with_warnings", "completed_with_warnings", "skipped"})
BLOCKING_KINDS = frozenset({
    "research_retry_exhausted", "editorial_quality_failed", "semantic_blocked", "review_not_approved", "upstream_not_approved",
    "artifact_rejected", "unsafe_raw_write_rejected", "placeholder_overwrite_rejected",
})  # fmt: skip
SCHEMA_UNMET = "output_schema_invalid"
LONGEST_REASON = 2_000


@frozen
class Finding:
    """`word` empty: it is done. `approved` False: a reviewer says no. `exhausted`: no repair is left. `warnings` counts."""

    word: Word = ""
    approved: bool | None = None
    exhausted: bool = False
    reason: str = ""
    category: str = ""
    unmet: tuple[str, ...] = ()
    warnings: int = 0
    failure_kind: str | None = None

    @property
    def schema_broken(self) -> bool:
        """Whether the output does not fit its schema."""
        return SCHEMA_UNMET in self.unmet


NOTHING = Finding()
"""It is done, and says no more."""


def status_word(output: Any) -> str:
    """The output's `status`, trimmed, lower case; empty where there is none."""
    status = output.get("status") if isinstance(output, Mapping) else None
    return status.strip().lower() if isinstance(status, str) else ""


def finding_of(state: RunState, node_id: str, output: Any) -> Finding:
    """What the output says, with the contract's schema as a second judge. Without a contract an output is data and says nothing."""
    contract = state.plan.nodes[node_id].contract
    if contract is None:
        return NOTHING
    found = _said(output)
    if contract.schema is not None and not found.word and (wrong := validate(state.plan.workflow.schemas[contract.schema], output)):
        reason = f"the output does not fit the schema {contract.schema}: at {wrong[0].path}, {wrong[0].message}"
        return evolve(found, word="needs_repair", unmet=(*found.unmet, SCHEMA_UNMET), reason=found.reason or reason)
    return found


def _said(output: Any) -> Finding:
    if not isinstance(output, Mapping):
        return Finding()
    word: Word = next((word for word in WORDS if word == status_word(output)), "")
    summary, validation = _table(output, "validator_summary"), _table(output, "artifact_validation")
    approved, unmet, warnings = output.get("approved"), summary.get("unmet_requirements"), summary.get("warning_count")
    names = ("blocked_reason", "semantic_block_reason", "rejected_artifact_reason", "summary")
    return Finding(
        word=word,
        approved=approved if isinstance(approved, bool) else None,
        exhausted=validation.get("repair_exhausted") is True,
        reason=next((text for name in names if (text := _text(output.get(name)))), "")[:LONGEST_REASON],
        category=_text(output.get("blocker_category")),
        unmet=tuple(item for item in unmet if isinstance(item, str)) if isinstance(unmet, list) else (),
        warnings=warnings if type(warnings) is int and warnings > 0 else 0,
        failure_kind=_text(output.get("failure_kind")) or None,
    )


def _table(output: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = output.get(name)
    return found if isinstance(found, Mapping) else {}


def _text(value: Any) -> str:
    return value.strip() if isinstance(value, str) else ""
