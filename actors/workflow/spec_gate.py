"""The gate of a workflow: who decides, what may be answered, what follows when nobody does (gates spec, 2). Pure data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final, Literal

from attrs import Factory, field, frozen

__all__ = [
    "ALL_DECISIONS",
    "HUMAN",
    "MARKERS",
    "QUALITY",
    "Gate",
    "GateExpiry",
    "GateMode",
    "Option",
    "OptionsRef",
    "answer_of",
    "gate_markers",
]

GateExpiry = Literal["fail", "continue", "cancel", "escalate", "remind", "resume"]
GateMode = Literal["min_approvals", "review_decision"]
ALL_DECISIONS: Final = ("approve", "reject", "rework", "cancel")
HUMAN: Final = frozenset(("human_approval", "human_review"))
"""The types that a person decides. All others but the computed one ask a resolver."""
QUALITY: Final = "quality_gate"
"""The type that is computed."""


MARKERS: Final[Mapping[str, str]] = {
    "approve": "approved", "reject": "rejected", "timed_out": "timed_out", "timeout_resume": "approved", "pass": "passed", "fail": "failed",
}  # fmt: skip
"""What a decision is called where flows ask for it."""


def gate_markers(decision: str | None, selections: Iterable[str]) -> list[str]:
    """The markers of a gate's result: its decision, and each selected value that cannot be taken for one. Sorted."""
    words = set(MARKERS.values())
    own = {MARKERS[decision]} if decision is not None and decision in MARKERS else set()
    return sorted(own | {value for value in selections if value not in words})


def answer_of(output: Mapping[str, Any]) -> Mapping[str, Any]:
    """The decision in the output of a gate; those of former versions stand there bare."""
    content = output.get("content", output)
    assert isinstance(content, Mapping)
    return content


@frozen
class Option:
    """One value that may be selected at a gate."""

    value: str
    label: str


@frozen
class OptionsRef:
    """Options that an earlier node names: `field` of the structured output of the node `step`, an object or a list of texts."""

    step: str
    field: str

    def __str__(self) -> str:
        return f"{self.step}.{self.field}"


def _decisions(gate: Gate) -> tuple[str, ...]:
    return ALL_DECISIONS if gate.type in HUMAN else ()


@frozen
class Gate:
    """A point where the run waits for a decision, or computes one. `name` None: the id of its node.

    `decisions`: what a person may answer; of a resolver's gate nothing, unless the workflow says so. `rework_targets` empty: what the gate
    needs. `approvers` (uids and groups, `1000` and `@staff`) empty and `separate_from_author` None: as the settings have it.
    `expires_after_ms` and `on_expiry` None: the daemon's default. `timeout_text`, instead of the first, is filled in when the gate opens.
    `remind_every_ms` None: no reminder before the expiry, and one after it with `on_expiry` remind.
    Only a quality gate has the last five: it passes when all of `threshold` (0 to 100, on `confidence`), `check` (a condition in which
    `output` is the source's structured output) and `schema` (a JSON Schema, or the name of one of the workflow's) hold that are there.
    """

    type: str = "human_approval"
    prompt: str | None = None
    decisions: tuple[str, ...] = field(default=Factory(_decisions, takes_self=True))
    on_reject: Literal["fail", "continue"] = "fail"
    rework_targets: tuple[str, ...] = ()
    options: tuple[Option, ...] | OptionsRef = ()
    expires_after_ms: int | None = None
    timeout_text: str | None = None
    on_expiry: GateExpiry | None = None
    escalate_to: str | None = None
    remind_every_ms: int | None = None
    name: str | None = None
    min_approvals: int = 1
    mode: GateMode = "min_approvals"
    as_identity: str | None = None
    approvers: tuple[str, ...] = ()
    separate_from_author: bool | None = None
    source: str | None = None
    threshold: float | None = None
    check: str | None = None
    schema: Any = None
    on_fail: Literal["fail", "continue"] = "fail"

    @property
    def resolved(self) -> bool:
        """Whether a resolver is asked."""
        return self.type not in HUMAN and self.type != QUALITY
