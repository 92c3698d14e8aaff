"""Prices, rows, and what a run may still use."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import trio
from trio.testing import MockClock, wait_all_tasks_blocked

from actors.agent.thread_events import ModelCallAnswered, ModelCallFailed, ModelCallIntended, PromptAdded, ThreadBegun
from actors.ledger.prices import Cost, Price, PricesInvalid, PriceTable, read_table
from actors.ledger.purse import Purse, Reserve, UsedUp, room, room_in_common
from actors.ledger.rows import Book, rows_of, totals_of
from actors.ledger.tables import price_table, shipped
from actors.node.messages import Budget, Usage

TABLE = PriceTable("2026-01-01", {"m": Price(0.001, 0.002, 0.0001)})


def test_a_call_costs_what_its_tokens_cost() -> None:
    assert TABLE.cost("m", 1_000, 500) == Cost(0.001, 0.001)
    assert TABLE.cost("m", 1_000, 0, 600) == Cost(0.00046, 0.0)
    assert TABLE.cost("m", 10, 0, 600) == Cost(0.000001, 0.0)  # no more can have been known than was asked
    assert TABLE.cost("m", 1_000, 500).total == 0.002
    assert (TABLE.cost("other", 1, 1), TABLE.of("m-2026-01-31"), TABLE.of("m-20260131")) == (
        Cost(priced=False),
        TABLE.of("m"),
        TABLE.of("m"),
    )


def test_the_shipped_table_has_a_day_and_a_file_of_ones_own_goes_over_it(tmp_path: Path) -> None:
    assert (shipped().as_of[:2], price_table(None)) == ("20", shipped())
    file = tmp_path / "prices.json"
    file.write_text('{"models": {"own": {"input": 1, "output": 2}, "gpt-5": {"input": 9, "output": 9, "cached": 0}}}')
    found = price_table(file)
    assert (found.of("own"), found.of("gpt-5"), found.as_of) == (Price(1.0, 2.0, 1.0), Price(9.0, 9.0, 0.0), shipped().as_of)
    assert found.of("gpt-5-mini") == shipped().of("gpt-5-mini")


@pytest.mark.parametrize(
    "text",
    ["[]", '{"models": []}', '{"models": {"m": 1}}', '{"models": {"m": {"input": 1}}}', '{"models": {"m": {"input": -1, "output": 1}}}',
     '{"models": {"m": {"input": true, "output": 1}}}', '{"models": {"m": {"input": 1, "output": 1, "per": 1}}}', "{"],
    ids=["list", "no-table", "no-price", "half", "negative", "no-number", "foreign", "no-json"],
)  # fmt: skip
def test_a_table_that_cannot_be_used_is_refused_with_its_file(tmp_path: Path, text: str) -> None:
    (tmp_path / "p.json").write_text(text)
    with pytest.raises(PricesInvalid, match=r"p\.json"):
        price_table(tmp_path / "p.json")


def test_a_table_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PricesInvalid):
        price_table(tmp_path / "missing.json")
    with pytest.raises(PricesInvalid):
        read_table({"models": {f"m{i}": {} for i in range(10_001)}})


def test_each_call_is_a_row_whatever_came_of_it() -> None:
    intent: dict[str, Any] = {"attempt": 1, "role": "r", "persona": "anna", "persona_version": 2, "backend": "stage", "model": "m"}
    rows = rows_of("run:x:node:n", [
        (1, ThreadBegun("x", "n", 1)), (1, PromptAdded(1, "do")), (2, ModelCallIntended(1, **intent)),
        (5, ModelCallAnswered(1, 10, 5, 2, 1, 0.1, 0.2, latency_ms=3, request_id="q", answered_by="m-1")),
        (6, ModelCallIntended(2, **intent)), (7, ModelCallFailed(2, code="provider_overloaded", message="busy", priced=False)),
        (8, ModelCallIntended(3, **intent)),
    ])  # fmt: skip
    assert [(row["turn"], row["status"], row.get("error_code"), row["at_ms"]) for row in rows] == [
        (1, "ok", None, 5), (2, "error", "provider_overloaded", 7), (3, "open", None, 8),
    ]  # fmt: skip
    first = rows[0]
    assert (first["run_id"], first["node_id"], first["thread_id"], first["persona"], first["cost_usd"]) == (
        "x",
        "n",
        "run:x:node:n",
        "anna",
        0.3,
    )
    assert (first["latency_ms"], first["request_id"], first["cached_tokens"], first["reasoning_tokens"]) == (3, "q", 2, 1)
    totals = totals_of(rows)
    assert (totals["calls"], totals["failed"], totals["unpriced"], totals["input_tokens"], totals["cost_usd"]) == (3, 1, 1, 10, 0.3)


@pytest.mark.parametrize(
    ("budget", "used", "held", "answer"),
    [
        (Budget(), Usage(9, 9, 9.0, 9), Reserve(9, 9.0), "go"),
        (Budget(runtime_ms=500), Usage(), Reserve(), "budget_runtime_reached"),
        (Budget(tokens=10), Usage(5, 5), Reserve(), "budget_tokens_reached"),
        (Budget(cost_usd=1.0), Usage(cost_usd=0.99996), Reserve(), "budget_cost_reached"),
        (Budget(tool_calls=2), Usage(tool_calls=2), Reserve(), "budget_tool_calls_reached"),
        (Budget(tokens=10), Usage(5), Reserve(5), "wait"),
        (Budget(tokens=10), Usage(5), Reserve(4), "go"),
        (Budget(cost_usd=1.0), Usage(cost_usd=0.5), Reserve(0, 0.5), "wait"),
        (Budget(tokens=10, cost_usd=1.0, tool_calls=1, runtime_ms=501), Usage(), Reserve(), "go"),
    ],
    ids=["none", "runtime", "tokens", "cost", "tools", "held-tokens", "held-less", "held-cost", "all-left"],
)
def test_what_there_is_room_for(budget: Budget, used: Usage, held: Reserve, answer: str) -> None:
    assert room(budget, used, held, 500) == answer


def test_what_there_is_room_for_among_all_runs() -> None:
    limits = Budget(tokens=10, priced=True)
    assert room_in_common(limits, Usage(unpriced=True), Reserve()) == "budget_workflow_model_unpriced"
    assert room_in_common(Budget(tokens=10), Usage(10, unpriced=True), Reserve()) == "budget_workflow_tokens_reached"
    assert [room_in_common(limits, Usage(5), Reserve(5)), room_in_common(limits, Usage(5), Reserve(4))] == ["wait", "go"]


async def test_who_waits_looks_again_when_a_call_is_over_and_runs_do_not_see_each_other(autojump_clock: MockClock) -> None:
    purse, seen = Purse(), list[str]()

    async def call(name: str, run_id: str = "r") -> None:
        async with purse.holding(run_id, Reserve(5), lambda held: "wait" if held.tokens else "go"):
            seen.append(f"{name} in")
            await trio.sleep(1)
        seen.append(f"{name} out")

    async with trio.open_nursery() as nursery:
        for name in ("a", "b", "c"):
            nursery.start_soon(call, name)
            await wait_all_tasks_blocked()
        nursery.start_soon(call, "other", "s")
        await wait_all_tasks_blocked()
        assert seen == ["a in", "other in"]
    assert [word for word in seen if not word.startswith("other")][:2] == ["a in", "a out"]
    assert len(seen) == 8
    assert trio.current_time() >= 3  # one after the other
    with pytest.raises(UsedUp, match="budget_tokens_reached"):
        async with purse.holding("r", Reserve(), lambda _: "budget_tokens_reached"):
            raise AssertionError("nothing is called")


def test_a_book_sums_up_for_each_of_its_words() -> None:
    intent: dict[str, Any] = {"attempt": 1, "role": "r", "persona": "anna", "persona_version": 2, "backend": "stage"}
    rows = rows_of("run:x:node:n", [
        (1, ThreadBegun("x", "n", 1)), (2, ModelCallIntended(1, model="m", **intent)), (5, ModelCallAnswered(1, 10, 5, cost_input_usd=0.1)),
        (86_400_000, ModelCallIntended(2, model="a", **intent)), (86_400_001, ModelCallFailed(2, priced=False)),
    ])  # fmt: skip
    books = {by: Book(by) for by in ("model", "workflow", "persona", "day")}
    for book in books.values():
        for row in rows:
            book.add(row, "w")
    found = {by: [(group[by], group["calls"], group["failed"], group["cost_usd"]) for group in book.groups()] for by, book in books.items()}
    assert found == {
        "model": [("a", 1, 1, 0.0), ("m", 1, 0, 0.1)], "workflow": [("w", 2, 1, 0.1)], "persona": [("anna", 2, 1, 0.1)],
        "day": [("1970-01-01", 1, 0, 0.1), ("1970-01-02", 1, 1, 0.0)],
    }  # fmt: skip
    assert [book.total()["unpriced"] for book in books.values()] == [1] * 4
