"""What providers answer, and what of it keeps a for-each from dispatching anything."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve

from actors.fan_out.answers import Collected, read_answer
from actors.fan_out.collecting import collected
from actors.fan_out.items import FanOut, NewItem
from actors.fan_out.provider import NoItems
from actors.fan_out.values import scope_problem, values_of
from actors.workflow.spec import Foreach
from storage.codec import canonical

SPEC = Foreach(over="tickets", workflow="fix", max_parallel=2, ordered=True)


def items(*names: str) -> tuple[NewItem, ...]:
    return tuple(NewItem("t", name, name) for name in names)


def test_what_is_known_is_not_told_again() -> None:
    known = FanOut()
    known.insert(items("a", "b"))
    fact, failure = collected("each", (1,), SPEC, Collected(items("b", "c", "c")), known, 3)
    assert (fact.items, fact.count, fact.iteration_path, fact.warnings, failure) == (items("c"), 3, (1,), (), None)


def test_more_than_is_allowed_is_refused_whole() -> None:
    fact, failure = collected("each", (), SPEC, Collected(items("a", "b", "c")), FanOut(), 2)
    assert failure is not None
    assert (fact.count, failure.code, failure.detail) == (3, "fan_out_too_large", {"count": 3, "limit": 2})


def test_a_cycle_is_a_failure_that_names_the_items() -> None:
    found = Collected(items("a", "b", "c"), (("a", "b"), ("b", "c"), ("c", "a")))
    fact, failure = collected("each", (), SPEC, found, FanOut(), 9)
    assert failure is not None
    assert (failure.code, failure.detail) == ("fan_out_cycle", {"items": ["a", "b", "c"]})
    assert "a → b → c → a" in failure.message
    assert fact.edges == found.edges


def test_a_cycle_may_be_a_warning() -> None:
    found = Collected(items("a", "b"), (("a", "b"), ("b", "a"), ("x", "a")))
    fact, failure = collected("each", (), evolve(SPEC, on_cycle="warn"), found, FanOut(), 9)
    assert failure is None
    assert fact.warnings == (
        "Edges that name an item that is not there count for nothing: x → a.",
        "Items wait for each other (a → b → a); these edges close a cycle and are dropped: b → a.",
    )


def test_long_lists_are_not_told_whole() -> None:
    names = tuple(f"n{number}" for number in range(30))
    circle = tuple(zip(names, (*names[1:], names[0]), strict=True))
    strangers = tuple(("x", name) for name in names)
    fact, failure = collected("each", (), SPEC, Collected(items(*names), circle + strangers), FanOut(), 99)
    assert failure is not None
    assert failure.message.count("→") == 20
    assert fact.warnings[0].endswith(" and 10 more.")


ANSWERS = {
    "plain": ({"items": [{"id": "1"}]}, Collected((NewItem("item", "1", "1"),))),
    "whole": (
        {"items": [{"type": "t", "id": "1", "ref": "r", "context": {"title": "x"}}], "edges": [["1", "2"]]},
        Collected((NewItem("t", "1", "r", {"title": "x"}),), (("1", "2"),)),
    ),
    "none": ({"items": []}, Collected()),
}


@pytest.mark.parametrize(("answer", "expected"), ANSWERS.values(), ids=ANSWERS)
def test_a_program_answers_items_and_edges(answer: Any, expected: Collected) -> None:
    assert read_answer(canonical(answer), ordered=True) == expected
    assert read_answer(canonical(answer), ordered=False) == evolve(expected, edges=())


BAD = {
    "empty": (b" ", "foreach_items_failed", "empty"),
    "no-json": (b"{", "foreach_items_failed", "no JSON"),
    "no-object": (b"[]", "foreach_items_failed", "list of items"),
    "no-list": (b'{"items": 1}', "foreach_items_failed", "list of items"),
    "no-item": (b'{"items": [1]}', "foreach_items_failed", "items[0]"),
    "no-id": (b'{"items": [{"id": ""}]}', "foreach_items_failed", "items[0]"),
    "type": (b'{"items": [{"id": "1", "type": 1}]}', "foreach_items_failed", "type or a ref"),
    "ref": (b'{"items": [{"id": "1", "ref": 1}]}', "foreach_items_failed", "type or a ref"),
    "context": (b'{"items": [{"id": "1", "context": []}]}', "foreach_items_failed", "context"),
    "context-text": (b'{"items": [{"id": "1", "context": {"a": 1}}]}', "foreach_items_failed", "context"),
    "edges": (b'{"items": [], "edges": {}}', "foreach_dependencies_failed", "no list"),
    "edge": (b'{"items": [], "edges": [["a", "b"], "ab"]}', "foreach_dependencies_failed", "edges[1]"),
    "three": (b'{"items": [], "edges": [["a", "b", "c"]]}', "foreach_dependencies_failed", "edges[0]"),
    "no-text": (b'{"items": [], "edges": [["a", 1]]}', "foreach_dependencies_failed", "edges[0]"),
}


@pytest.mark.parametrize(("data", "code", "words"), BAD.values(), ids=[f"FL87-{name}" for name in BAD])
def test_fl87_an_answer_that_says_nothing_has_a_code(data: bytes, code: str, words: str) -> None:
    with pytest.raises(NoItems) as caught:
        read_answer(data, ordered=True)
    assert caught.value.code == code
    assert words in caught.value.message


def values(*names: str) -> tuple[NewItem, ...]:
    return tuple(NewItem("value", name, name, {"value": name}) for name in names)


RESULTS: dict[str, Any] = {
    "scan": {
        "names": ["b", "a", "b"], "rows": [{"id": "r", "title": "x", "n": 1}],
        "text": "a", "bad": ["a", 1], "none": [{"id": 1}], "void": [""],
    },
    "a.b": {"names": ["x"]},
}  # fmt: skip
LISTS: dict[str, tuple[dict[str, str], tuple[NewItem, ...]]] = {
    "values": ({"values": " a, b\n,c,, a"}, values("a", "b", "c")),
    "empty": ({"values": ""}, ()),
    "from": ({"from": "scan.names"}, values("b", "a")),
    "rows": ({"from": "scan.rows"}, (NewItem("value", "r", "r", {"id": "r", "title": "x"}),)),
    "dots": ({"from": "a.b.names"}, values("x")),
}


@pytest.mark.parametrize(("scope", "expected"), LISTS.values(), ids=LISTS)
def test_the_list_provider_finds_its_items(scope: dict[str, str], expected: tuple[NewItem, ...]) -> None:
    assert scope_problem(scope) is None
    assert values_of(scope, RESULTS.get) == expected


SCOPES: dict[str, tuple[dict[str, str] | None, str]] = {
    "none": (None, "foreach_scope_invalid"),
    "other": ({"label": "x"}, "foreach_scope_invalid"),
    "both": ({"values": "a", "from": "a.b"}, "foreach_scope_invalid"),
    "no-field": ({"from": "scan"}, "foreach_scope_invalid"),
    "no-result": ({"from": "gone.names"}, "foreach_items_failed"),
    "no-list": ({"from": "scan.text"}, "foreach_items_failed"),
    "no-text": ({"from": "scan.bad"}, "foreach_items_failed"),
    "no-id": ({"from": "scan.none"}, "foreach_items_failed"),
    "empty-text": ({"from": "scan.void"}, "foreach_items_failed"),
}


@pytest.mark.parametrize(("scope", "code"), SCOPES.values(), ids=SCOPES)
def test_the_list_provider_says_what_it_cannot_read(scope: dict[str, str] | None, code: str) -> None:
    with pytest.raises(NoItems) as caught:
        values_of(scope, RESULTS.get)
    assert caught.value.code == code
    assert (scope_problem(scope) is not None) == (code == "foreach_scope_invalid")
