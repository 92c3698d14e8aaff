"""Headlines say in one row what lists, schedulers and reapers want to know. The contract of both modes."""

from __future__ import annotations

import pytest

from storage.records import Headline
from storage.store import Store
from tests.storage.support import NOW, append, headline, tx


async def _store(store: Store, *lines: Headline) -> None:
    await store.commit(tx(*(append(line.stream, 0, "created", headline=line) for line in lines)))


def _names(lines: list[Headline]) -> list[str]:
    return [line.stream for line in lines]


async def test_a_headline_is_read_as_it_was_written(store: Store) -> None:
    line = headline(
        "run-1", "waiting", group="wf", parent="run-0", due_ms=5, priority=3, title="Äpfel", facts={"a": [1, None], "b": "x"}
    )  # fmt: skip
    await _store(store, line)
    assert store.catalog.get("run-1") == line
    assert store.catalog.get("run-2") is None


async def test_the_last_headline_of_a_stream_stands(store: Store) -> None:
    await _store(store, headline("run-1", due_ms=5, group="wf"))
    await store.commit(tx(append("run-1", 1, "ended", headline=headline("run-1", "completed", updated_ms=NOW + 1))))
    assert store.catalog.get("run-1") == headline("run-1", "completed", updated_ms=NOW + 1)
    assert store.catalog.count() == 1


async def test_lists_are_newest_first_and_filtered(store: Store) -> None:
    await _store(
        store,
        headline("a", "running", group="w1"),
        headline("b", "queued", group="w2", parent="a"),
        headline("c", "completed", group="w1"),
        headline("d", "active", kind="workflow"),
    )
    catalog = store.catalog
    assert _names(catalog.list()) == ["d", "c", "b", "a"]
    assert _names(catalog.list("run", ("running", "queued"))) == ["b", "a"]
    assert _names(catalog.list(group="w1")) == ["c", "a"]
    assert _names(catalog.list(parent="a")) == ["b"]
    assert [catalog.count("run"), catalog.count("run", ("queued",)), catalog.count(group="w3")] == [3, 1, 0]
    assert catalog.statuses("run", ("running", "queued")) == {"a": "running", "b": "queued"}
    assert catalog.statuses("run", ("paused",)) == {}


async def test_a_list_is_read_page_by_page(store: Store) -> None:
    await _store(store, *(headline(f"run-{n}") for n in range(7)))
    seen, before = [], None
    while page := store.catalog.list("run", limit=3, before=before):
        seen += _names(page)
        before = page[-1].stream
    assert seen == [f"run-{n}" for n in reversed(range(7))]


async def test_a_group_has_a_stream_in_a_status_or_not(store: Store) -> None:
    await _store(store, headline("a", "completed", group="g"), headline("b", "queued", group="h"), headline("c", kind="other", group="g"))
    assert store.catalog.has("run", ("queued", "completed"), "g")
    assert not store.catalog.has("run", ("queued", "running"), "g")
    assert store.catalog.has("run", ("queued",), "h")
    assert not store.catalog.has("run", (), "h")


async def test_what_is_due_comes_in_the_order_of_its_time(store: Store) -> None:
    await _store(store, headline("late", due_ms=30), headline("soon", due_ms=10), headline("never"), headline("next", "waiting", due_ms=20))
    assert _names(store.catalog.due(20)) == ["soon", "next"]
    assert _names(store.catalog.due(5)) == []
    assert _names(store.catalog.due(100, limit=1)) == ["soon"]
    assert _names(store.catalog.due(100, "run", ("waiting",))) == ["next"]
    assert store.catalog.due(100, "workflow") == []
    assert [line and line.stream for line in (store.catalog.next_due(), store.catalog.next_due("run", ("waiting",)))] == ["soon", "next"]
    assert store.catalog.next_due("workflow") is None


async def test_what_was_not_touched_for_long_can_be_found_for_retention(store: Store) -> None:
    await _store(
        store, headline("old", "completed", updated_ms=1), headline("new", "completed", updated_ms=9), headline("alive", updated_ms=1)
    )
    assert _names(store.catalog.older("run", ("completed",), 5)) == ["old"]


async def test_a_page_before_an_unknown_stream_or_of_an_unknown_kind_is_empty(store: Store) -> None:
    await _store(store, headline("a"))
    assert store.catalog.list("run", before="nobody") == []
    assert store.catalog.list("nothing") == []


@pytest.mark.parametrize("name", ["quote'", "100%", "line\nbreak", "emoji 🜁"])
async def test_names_are_values_and_never_become_sql(store: Store, name: str) -> None:
    await _store(store, headline(name, group=name))
    assert _names(store.catalog.list(group=name)) == [name]


async def test_streams_are_found_under_their_keys_oldest_first(store: Store) -> None:
    await _store(store, headline("a", keys=("x", "y")), headline("b", keys=("y", "y")), headline("c"))
    assert [_names(store.catalog.found(key)) for key in ("x", "y", "z")] == [["a"], ["a", "b"], []]
    assert _names(store.catalog.found("y", limit=1)) == ["a"]


async def test_the_oldest_under_a_key_was_written_first_whatever_the_clock_said(store: Store) -> None:
    await _store(store, headline("b", keys=("x",), created_ms=7), headline("a", keys=("x",), created_ms=7))
    assert (store.catalog.oldest("x"), store.catalog.oldest("y")) == ("b", None)
    await _store(store, headline("c", keys=("x", "y"), created_ms=6), headline("d", created_ms=1))
    assert (store.catalog.oldest("x"), store.catalog.oldest("y")) == ("b", "c")


async def test_streams_count_in_the_order_in_which_they_were_made_and_keep_their_number(store: Store) -> None:
    await _store(store, headline("b", created_ms=7), headline("a", created_ms=5))
    await _store(store, headline("c", created_ms=6))
    numbers = [store.journal.number(name) for name in ("b", "a", "c")]
    assert (numbers, sorted(set(numbers)) == numbers, store.journal.number("nobody")) == (numbers, True, 0)
    await store.purge("b")
    assert store.journal.number("b") == numbers[0]


async def test_a_headline_replaces_the_keys_or_leaves_them_alone(store: Store) -> None:
    await _store(store, headline("a", keys=("x", "y")))
    await store.commit(tx(append("a", 1, "e", headline=headline("a", "running"))))
    assert _names(store.catalog.found("x")) == ["a"]
    await store.commit(tx(append("a", 2, "e", headline=headline("a", keys=("y",)))))
    assert (_names(store.catalog.found("x")), _names(store.catalog.found("y"))) == ([], ["a"])
    await store.commit(tx(append("a", 3, "e", headline=headline("a", keys=()))))
    assert store.catalog.found("y") == []


async def test_a_purged_stream_is_found_no_more(store: Store) -> None:
    await _store(store, headline("a", keys=("x",)))
    await store.purge("a")
    assert store.catalog.found("x") == []


async def test_what_was_touched_since_a_time_can_be_found_and_facts_be_summed_up(store: Store) -> None:
    await _store(
        store,
        headline("old", "completed", updated_ms=NOW - 1, facts={"n": 1}),
        headline("new", "running", facts={"n": 2.5}, group="w"),
        headline("newest", "running", facts={}, group="w"),
        headline("other", kind="workflow", facts={"n": 9}),
    )
    assert _names(store.catalog.newer("run", NOW)) == ["newest", "new"]
    assert _names(store.catalog.newer("run", 0, limit=2)) == ["newest", "new"]
    assert [store.catalog.total("run", "n"), store.catalog.total("run", "n", group="w"), store.catalog.total("run", "m")] == [3.5, 2.5, 0]
    assert store.catalog.total("run", "n", statuses=("running",)) == 2.5


async def test_children_of_a_group_are_found_and_summed_up_by_their_times(store: Store) -> None:
    await _store(
        store,
        headline("parent", group="w"),
        headline("stranger", group="v"),
        headline("old", kind="thread", parent="parent", created_ms=NOW - 9, updated_ms=NOW - 1, facts={"n": 1}),
        headline("grown", kind="thread", parent="parent", created_ms=NOW - 9, updated_ms=NOW, facts={"n": 2}),
        headline("new", kind="thread", parent="parent", created_ms=NOW, facts={"n": 4, "odd": True}),
        headline("newer", kind="thread", parent="parent", created_ms=NOW + 1, updated_ms=NOW + 1, facts={"n": 8}),
        headline("foreign", kind="thread", parent="stranger", created_ms=NOW, facts={"n": 16}),
    )
    assert _names(store.catalog.children("thread", "w", NOW, NOW)) == ["grown"]
    assert store.catalog.children_totals("thread", "w", NOW, ("n", "odd", "none")) == (12, 1, 0)
    assert store.catalog.children_totals("thread", "nobody", NOW, ("n",)) == (0,)
