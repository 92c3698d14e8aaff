"""The items of for-each nodes in the record of a run: they are written, read again, and kept apart by the turns of loops."""

from __future__ import annotations

from actors.entity import Fact
from actors.fan_out.events import FanOutItemCompleted, FanOutItemsCollected, FanOutItemSkipped, FanOutItemStarted
from actors.fan_out.items import NewItem
from actors.run.evolve import fold
from actors.run.new_state import new_state
from actors.run.plan import compile_plan
from actors.run.vocabulary import run_codec
from actors.workflow.spec import Foreach, Node, Workflow
from storage.records import Recorded

EACH = Foreach(over="tickets", workflow="fix", max_parallel=1)
ITEMS = (NewItem("t", "a", "A", {"title": "x"}), NewItem("t", "b", "B"))
FACTS: list[Fact] = [
    FanOutItemsCollected("each", 2, (0,), ITEMS, (("a", "b"),)),
    FanOutItemStarted("each", "t", "a", "run-1", (0,)),
    FanOutItemCompleted("each", "t", "a", succeeded=False, child_run_id="run-1", code="sub_workflow_failed", iteration_path=(0,)),
    FanOutItemSkipped("each", "t", "b", "a", (0,)),
    FanOutItemsCollected("each", 1, (1,), ITEMS[:1]),
]


def test_items_are_folded_from_what_was_written() -> None:
    codec = run_codec()
    written = [codec.encode(fact) for fact in FACTS]
    read = [codec.decode(Recorded(seq, 0, one.kind, one.data)) for seq, one in enumerate(written, 1)]
    assert read == FACTS
    state = fold(
        new_state("run-0", compile_plan(Workflow("w", (Node("each", EACH),)), "d")), [(fact, at) for at, fact in enumerate(read, 10)]
    )
    first, second = state.fan_outs["each", (0,)], state.fan_outs["each", (1,)]
    found = [(one.status, one.child_run_id, one.dispatched_at_ms, one.completed_at_ms, one.blocker) for one in first.items.values()]
    assert found == [
        ("failed", "run-1", 11, 12, None), ("skipped", None, None, 13, "a"),
    ]  # fmt: skip
    assert first.blockers == {("t", "b"): (("t", "a"),)}
    assert [item.status for item in second.items.values()] == ["pending"]
    assert {row.run_id: row.workflow_id for row in state.children.values()} == {"run-1": "fix"}
