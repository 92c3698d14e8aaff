"""From a parsed file to its part of the configuration: names and types (optimization spec 4.2). Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar

from attrs import NOTHING, fields

from actors.campaign.config import Budget, Eval, MutationPolicy, Scope
from actors.campaign.records import FIELD_PATHS

__all__ = ["PARTS", "Misshapen", "checked", "shape"]

T = TypeVar("T")
Check = Callable[[Any], bool]


class Misshapen(Exception):
    """The file is no such part; the text says which key, what was found and what is expected."""


def _whole(low: int, high: int) -> Check:
    return lambda value: type(value) is int and low <= value <= high


def _one_of(*words: str) -> Check:
    return lambda value: value in words and type(value) is str


def _list_of(check: Check) -> Check:
    return lambda value: type(value) is list and all(map(check, value))


_U32, _U64, _I32 = _whole(0, 2**32 - 1), _whole(0, 2**64 - 1), _whole(-(2**31), 2**31 - 1)
_METRIC = _one_of("artifact_validator_pass_rate", "unmet_requirement_count")
_CHECKS: Final[Mapping[str, tuple[Check, str]]] = {
    "text": (lambda value: type(value) is str, "a text"),
    "flag": (lambda value: type(value) is bool, "true or false"),
    "number": (lambda value: type(value) is float or (type(value) is int and abs(value) < 2**53), "a number"),
    "u32": (_U32, "a whole number from 0 to 4294967295"),
    "u64": (_U64, "a whole number from 0 to 18446744073709551615"),
    "i32": (_I32, "a whole number from -2147483648 to 2147483647"),
    "metric": (_METRIC, "artifact_validator_pass_rate or unmet_requirement_count"),
    "guardrails": (_list_of(_one_of("blocked_node_rate", "budget_ceilings")), "a list of blocked_node_rate and budget_ceilings"),
    "fields": (_list_of(_one_of(*FIELD_PATHS)), f"a list of {', '.join(FIELD_PATHS)}"),
    "texts": (_list_of(lambda value: type(value) is str), "a list of texts"),
}
_KINDS: Final[Mapping[str, str]] = {
    "pack_ref": "text", "primary_metric": "metric", "secondary_metric": "metric", "hard_guardrails": "guardrails",
    "campaign_start_baseline_runs": "u32", "baseline_replay_every_candidates": "u32", "baseline_replay_every_minutes": "u32",
    "max_nodes_changed_per_candidate": "u32", "max_field_families_changed_per_candidate": "u32", "allowed_text_fields": "fields",
    "allowed_knob_fields": "fields", "max_text_delta_chars": "u32", "max_text_delta_ratio": "number", "timeout_delta_percent": "number",
    "timeout_delta_ms": "u64", "timeout_min_ms": "u64", "timeout_max_ms": "u64", "retry_delta": "i32", "retry_min": "i32",
    "retry_max": "i32", "allow_text_and_knob_bundle": "flag", "candidate_snapshot_only": "flag", "allow_live_source_mutation": "flag",
    "allow_external_side_effects_in_eval": "flag", "promotion_requires_operator_approval": "flag", "forbidden_fields": "texts",
    "max_experiments": "u32", "max_runtime_minutes": "u32", "max_consecutive_failures": "u32", "max_total_cost_usd": "number",
    "max_total_tokens": "u64", "campaign_max_cost_usd": "number", "campaign_max_tokens": "u64",
}  # fmt: skip
PARTS: Final[Mapping[str, type]] = {"eval": Eval, "mutation_policy": MutationPolicy, "scope": Scope, "budget": Budget}


def shape(part: type[T], tree: Any) -> tuple[T, list[str]]:
    """The part, and the keys of the file that nobody knows. Raises Misshapen."""
    if not isinstance(tree, Mapping):
        raise Misshapen(f"a mapping of keys is expected, found {type(tree).__name__}")
    given: dict[str, Any] = {}
    known = {one.name: one for one in fields(part)}  # type: ignore[arg-type]  # every part is an attrs class
    for name, one in known.items():
        if name in tree and not (tree[name] is None and one.default is None):
            given[name] = checked(name, tree[name])
        elif one.default is NOTHING:
            raise Misshapen(f"the key {name} is missing")
    return part(**given), [str(key) for key in tree if key not in known]


def checked(name: str, value: Any) -> Any:
    """The value of that key, as it is kept. Raises Misshapen."""
    check, expected = _CHECKS[_KINDS[name]]
    if not check(value):
        raise Misshapen(f"{name}: {expected} is expected, found {value!r}"[:300])
    return tuple(value) if type(value) is list else value
