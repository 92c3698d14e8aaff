"""Whatever is edited in a definition: what is accepted is one allowed field of one node, within its bounds."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from hypothesis import event, given, settings
from hypothesis import strategies as st

from actors.campaign.changes import delta_chars
from actors.campaign.declined import Declined
from actors.campaign.mutation import validate
from actors.campaign.records import FIELD_PATHS
from tests.actors.campaign.table import POLICY, node, workflow

BASE = workflow(
    node(objective="Say what is to be done, by whom and when. " * 4),
    node("node-2", retry_policy={"max_attempts": 2, "retries": 1, "on": ["timeout"]}, needs=["node-1"]),
    {"node_id": "node-3", "kind": "shell", "run": "x"},
)
SCALARS = st.one_of(st.none(), st.booleans(), st.integers(-2, 4), st.integers(25_000, 80_000), st.floats(0, 3), st.text(max_size=8))
PATHS: list[tuple[Any, ...]] = [
    ("name",), ("metadata", "a"), ("personas",), ("flow", "finally"), ("flow", "nodes", 2, "run"), ("flow", "nodes", 1, "needs"),
    *[("flow", "nodes", at, *path.split(".")) for at in (0, 0, 0, 1, 1, 1, 2) for path in FIELD_PATHS.values()],
    *[("flow", "nodes", at, key) for at in range(3) for key in ("node_id", "kind", "effect", "output_contract", "retry_policy")],
    ("flow", "nodes", 0, "output_contract", "validator"), ("flow", "nodes", 1, "retry_policy", "on"),
]  # fmt: skip


@st.composite
def edited(draw: st.DrawFn) -> dict[str, Any]:
    """A copy of the base in which something was set, taken away, grown or moved, once or twice."""
    copy = deepcopy(BASE)
    for _ in range(draw(st.sampled_from([1, 1, 1, 2]))):
        path = draw(st.sampled_from(PATHS))
        holder: Any = copy
        for key in path[:-1]:
            holder = holder[key] if isinstance(holder, list) or isinstance(holder.get(key), dict | list) else holder.setdefault(key, {})
            if not isinstance(holder, dict | list):
                break
        else:
            _edit(draw, holder, path[-1])
    if draw(st.sampled_from([False] * 19 + [True])):
        copy["flow"]["nodes"] = draw(st.permutations(copy["flow"]["nodes"]))
    return copy


def _edit(draw: st.DrawFn, holder: Any, key: Any) -> None:
    before = holder.get(key)
    if isinstance(before, str):
        holder[key] = draw(st.one_of(SCALARS, st.just(before + " Be brief."), st.just(before[:-3])))
    elif type(before) is int:
        holder[key] = draw(st.one_of(SCALARS, st.sampled_from([-9_001, -9_000, -1, 1, 9_000, 9_001]).map(lambda delta: before + delta)))
    else:
        holder[key] = draw(SCALARS)
    if holder[key] is None:
        del holder[key]


def differences(one: Any, other: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Where two JSON values differ, by type and value."""
    if isinstance(one, dict) and isinstance(other, dict):
        return [found for key in sorted({*one, *other}) for found in differences(one.get(key), other.get(key), (*path, key))]
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        return [found for at, pair in enumerate(zip(one, other, strict=True)) for found in differences(*pair, (*path, at))]
    return [] if type(one) is type(other) and one == other else [path]


def within(field: str, before: Any, after: Any) -> bool:
    """The bounds of the policy, said once more in other words."""
    if field in ("objective", "output_contract_summary_guidance"):
        delta = delta_chars(before, after)
        return bool(after.strip()) and 0 < delta <= 300 and delta * 4 <= max(1, len(before))
    if field == "timeout_ms":
        delta = abs(after - before)
        return bool(30_000 <= after <= 600_000 and delta <= 30_000 and delta * 100 < before * 15 + 100)
    return type(before) is type(after) is int and 0 <= after <= 3 and abs(after - before) == 1


@settings(max_examples=300, deadline=None)
@given(edited())
def test_accepted_means_one_allowed_field_within_its_bounds(candidate: dict[str, Any]) -> None:
    found = differences(BASE, candidate)
    try:
        mutation = validate(BASE, candidate, POLICY)
    except Declined as declined:
        event(declined.code)
        return
    event("accepted")
    [(_, _, position, *path)] = found
    assert (BASE["flow"]["nodes"][position]["node_id"], ".".join(path)) == (mutation.node_id, FIELD_PATHS[mutation.field])
    assert within(mutation.field, mutation.before, mutation.after)
