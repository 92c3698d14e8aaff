"""The candidates that a baseline offers, always the same and in the same order (optimization spec 10). Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import ROUND_HALF_UP
from typing import Any, Final

from attrs import frozen

from actors.campaign.config import MutationPolicy, Phase1
from actors.campaign.decimals import round9
from actors.campaign.declined import Declined
from actors.campaign.definition import nodes_of, value_at, with_value
from actors.campaign.mutation import validate
from actors.campaign.records import FIELD_PATHS, Mutation

__all__ = ["GENERATOR", "Candidate", "candidates", "hint_of"]

GENERATOR: Final = "phase1_deterministic_v1"
HINT_FALLBACK: Final = "Meet every validator requirement and show where each answer comes from."
OBJECTIVE_SECOND: Final = "Meet every validator requirement and quote the source of each answer."
GUIDANCE_FIRST: Final = "Back every claim with a named source."
GUIDANCE_MARKER: Final = "Back every claim"
GUIDANCE_SECOND: Final = "Keep sources visible."
_HINT_BYTES: Final = 140


@frozen
class Candidate:
    """A whole definition, and the one change that it is."""

    snapshot: Mapping[str, Any]
    mutation: Mutation


def hint_of(objective_markdown: str) -> str:
    """One sentence of at most 140 UTF-8 bytes and a full stop, out of the objective's lines that are no headings."""
    lines = (line.strip() for line in objective_markdown.splitlines())
    text = " ".join(line for line in lines if line and not line.startswith("#")).strip() or HINT_FALLBACK
    data = text.encode()
    if len(data) > _HINT_BYTES:
        text = data[:_HINT_BYTES].decode(errors="ignore").rstrip()
    return (text.rstrip(".") or HINT_FALLBACK.rstrip(".")) + "."


def candidates(baseline: Mapping[str, Any], config: Phase1) -> Iterator[Candidate]:
    """Every option that the rules of mutation accept: nodes in order, and the fields of each in theirs."""
    policy, hint = config.mutation_policy, hint_of(config.objective_markdown)
    for position, node in enumerate(nodes_of(baseline)):
        for field in FIELD_PATHS:
            value = _next(node, field, policy, hint) if policy.allows(field) else None
            if value is None:
                continue
            snapshot = with_value(baseline, position, field, value)
            try:
                yield Candidate(snapshot, validate(baseline, snapshot, policy))
            except Declined:
                continue


def _next(node: Mapping[str, Any], field: str, policy: MutationPolicy, hint: str) -> Any:
    """The value to try, or None where there is none."""
    value = value_at(node, field)
    match field:
        case "objective":
            return _objective(value, hint) if isinstance(value, str) else None
        case "output_contract_summary_guidance":
            return _guidance(value) if isinstance(value, str) else None
        case "timeout_ms":
            return _timeout(value, policy) if type(value) is int else None
    return min(value + 1, policy.retry_max) if type(value) is int else None


def _objective(text: str, hint: str) -> str | None:
    addition = OBJECTIVE_SECOND if hint in text else hint
    return None if addition in text else f"{text.strip()} {addition.strip()}".strip()


def _guidance(text: str) -> str | None:
    addition = GUIDANCE_SECOND if GUIDANCE_MARKER in text else GUIDANCE_FIRST
    return None if addition in text else f"{text.strip()} {addition}"


def _timeout(value: int, policy: MutationPolicy) -> int:
    share = int((value * round9(policy.timeout_delta_percent)).to_integral_value(ROUND_HALF_UP))
    return min(value + max(1, min(share, policy.timeout_delta_ms)), policy.timeout_max_ms)
