"""The order among items: what counts, what does not, and which edge of a cycle is dropped."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.fan_out.edges import Edge, Order, order_of

KEYS = [("t", name) for name in "abcd"]


def blockers(**found: str) -> dict[tuple[str, str], tuple[tuple[str, str], ...]]:
    return {("t", name): tuple(("t", other) for other in others) for name, others in found.items()}


@pytest.mark.parametrize(
    ("edges", "expected"),
    [
        ([], Order({})),
        ([("a", "b"), ("b", "c"), ("a", "b")], Order(blockers(b="a", c="b"))),
        ([("a", "c"), ("b", "c")], Order(blockers(c="ab"))),
        ([("a", "b"), ("x", "b"), ("b", "y")], Order(blockers(b="a"), unknown=(("x", "b"), ("b", "y")))),
        ([("a", "a"), ("a", "b")], Order(blockers(b="a"), cycle=("a",), dropped=(("a", "a"),))),
        ([("a", "b"), ("b", "c"), ("c", "a")], Order(blockers(b="a", c="b"), cycle=("a", "b", "c"), dropped=(("c", "a"),))),
        (
            [("a", "b"), ("b", "a"), ("c", "d"), ("a", "d"), ("a", "c"), ("d", "c")],
            Order(blockers(b="a", d="ca", c="a"), cycle=("a", "b"), dropped=(("b", "a"), ("d", "c"))),
        ),
        (
            [("a", "b"), ("a", "c"), ("b", "d"), ("c", "d"), ("d", "a")],
            Order(blockers(b="a", c="a", d="bc"), (), ("a", "b", "d"), (("d", "a"),)),
        ),
    ],
    ids=["none", "chain", "two-blockers", "unknown", "itself", "closed-last", "two-cycles", "diamond"],
)  # fmt: skip
def test_edges_become_an_order(edges: list[Edge], expected: Order) -> None:
    assert order_of(KEYS, edges) == expected


def test_an_id_that_two_types_share_stands_for_both() -> None:
    found = order_of([("issue", "1"), ("pull", "1"), ("issue", "2")], [("1", "2")])
    assert found.blockers == {("issue", "2"): (("issue", "1"), ("pull", "1"))}


@given(st.lists(st.tuples(st.sampled_from("abcd"), st.sampled_from("abcd")), max_size=20))
def test_what_is_kept_has_no_cycle_and_what_is_dropped_closed_one(edges: list[Edge]) -> None:
    found = order_of(KEYS, edges)
    left = [(blocker[1], dependent[1]) for dependent, before in found.blockers.items() for blocker in before]
    assert order_of(KEYS, left).cycle == ()
    assert sorted({*left, *found.dropped}) == sorted(set(edges))
    for edge in found.dropped:
        assert order_of(KEYS, [*left, edge]).cycle
