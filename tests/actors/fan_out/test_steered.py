"""What is done to a run with a for-each: it is ended, restarted, recovered, reworked, held and finished."""

from __future__ import annotations

from attrs import evolve

from actors.node.messages import Interruption
from actors.run.events import RunFailedPanic
from actors.run.evolve import fold
from actors.run.fanning import items_of
from actors.run.new_state import new_state
from actors.run.plan import compile_plan
from actors.sub_run.door import ChildStanding
from tests.actors.fan_out.tale import COMMAND, ITEMS, LIST, RULES, Tale, World
from tests.actors.run.table import Story, flow


def test_a_cancel_ends_the_runs_and_leaves_the_rest_pending() -> None:
    tale = Tale.of(last=("clean",))
    tale.begin()
    tale.story.cancel()
    assert tale.stand == "running pending pending"
    assert tale.end("t1", "cancelled") == "interrupt:each:cancelled start:clean"
    assert tale.stand == "running pending pending"
    assert tale.node.status == "pending"


def test_with_fail_fast_another_failure_ends_the_runs() -> None:
    paper = flow("other", "each")
    each = evolve(paper.nodes[1], action=LIST)
    nodes = (paper.nodes[0], each)
    made = evolve(paper, nodes=nodes, execution=evolve(paper.execution, fail_fast=True, max_parallel=4))
    story = Story.on(compile_plan(made, "digest"), rules=RULES)
    story.world = world = World()
    story.claim()
    story.fail("other")
    assert story.state.status == "running"
    world.end("t1", "cancelled")
    story.look()
    assert (story.state.status, story.state.nodes["each"].status) == ("failed", "skipped")


def test_fl131_a_restart_finds_the_items_and_goes_on_with_the_runs() -> None:
    tale = Tale.of(evolve(LIST, scope={"values": "a, b, c, d, e"}))
    tale.begin()
    tale.end("a")
    tale.end("b")
    read = fold(new_state("run-1", tale.story.plan), tale.story.log)
    assert [(one.status, one.child_run_id) for one in items_of(read, "each").items.values()] == [
        ("completed", "a"), ("completed", "b"), ("running", "c"), ("pending", None), ("pending", None),
    ]  # fmt: skip
    tale.story.restart()
    tale.story.claim()
    assert tale.stand == "completed completed running pending pending"
    assert tale.end("c") == ".c +d"
    assert tale.end("d") == ".d +e"
    assert tale.end("e").startswith(".e done:each")
    assert list(tale.world.runs) == ["a", "b", "c", "d", "e"]


def test_an_attempt_of_the_provider_that_is_lost_or_ended_is_made_again() -> None:
    tale = Tale.of(evolve(COMMAND, scope=None))
    tale.begin()
    assert tale.story.lose("each") == ["interrupt each lost", "start each.2"]
    tale.story.tell("each", Interruption("stopped"))
    assert tale.answer(items=ITEMS[:1]) == "=1 +t1"


def test_a_recovery_keeps_what_completed_and_runs_the_rest_again() -> None:
    tale = Tale.of()
    tale.begin()
    tale.end("t1")
    tale.end("t2", "failed")
    tale.end("t3")
    assert tale.story.state.status == "failed"
    before = len(tale.story.log)
    tale.story.recover()
    tale.story.claim()
    assert tale.told(before) == "start:each: @2".replace(": ", ":") + " =3 +t2+"
    assert tale.stand == "completed running completed"
    assert tale.end("t2+") == ".t2 done:each start:after: @2".replace(": ", ":")


def test_what_was_under_way_when_the_run_was_ended_counts_only_if_it_completed() -> None:
    tale = Tale.of(evolve(LIST, max_parallel=3))
    tale.begin()
    tale.story.do(lambda turn: turn.emit(RunFailedPanic("boom")), go_on=False)
    assert tale.story.state.status == "failed"
    tale.world.end("t1")
    tale.world.end("t2", "cancelled")
    tale.story.recover()
    before = len(tale.story.log)
    tale.story.claim()
    assert "+t2+" in tale.told(before)
    assert tale.stand == "completed running running"
    tale.world.end("t3", "cancelled")
    tale.story.look()
    assert tale.world.runs["t3+"].status == "running"
    tale.end("t2+")
    tale.end("t3+")
    assert tale.node.status == "completed"


def test_a_rework_runs_all_items_anew() -> None:
    paper = flow("each", "ok gate: human_approval, needs: [each]")
    each = evolve(paper.nodes[0], action=LIST)
    story = Story.on(compile_plan(evolve(paper, nodes=(each, paper.nodes[1])), "digest"), rules=RULES)
    story.world = world = World()
    story.claim()
    for name in ("t1", "t2", "t3"):
        world.end(name)
        story.look()
    assert story.state.status == "awaiting_approval"
    story.decide("rework", feedback="again")
    story.claim()
    assert [item.child_run_id for item in items_of(story.state, "each").items.values()] == ["t1+", None, None]


def test_a_run_of_an_item_that_rests_lets_the_node_wait() -> None:
    tale = Tale.of(evolve(LIST, max_parallel=2))
    tale.begin()
    tale.world.runs["t1"] = ChildStanding("awaiting_approval")
    tale.story.look()
    assert tale.node.status == "running"
    tale.world.runs["t2"] = ChildStanding("paused")
    tale.story.look()
    assert (tale.node.status, tale.story.state.status) == ("waiting", "waiting")
    tale.world.end("t1")
    tale.story.look()
    assert tale.story.state.status == "queued"
    tale.story.claim()
    assert tale.stand == "completed running running"


def test_a_finish_lets_items_end_and_sends_out_the_rest() -> None:
    tale = Tale.of()
    tale.begin()
    tale.story.finish()
    assert tale.end("t1") == ".t1 +t2"


def test_clean_up_may_be_a_for_each_whatever_has_failed() -> None:
    paper = flow("work", last=("each",))
    made = evolve(paper, finally_=(evolve(paper.finally_[0], action=LIST),))
    story = Story.on(compile_plan(made, "digest"), rules=RULES)
    story.world = world = World()
    story.claim()
    story.fail("work")
    for name in ("t1", "t2", "t3"):
        world.end(name)
        story.look()
    assert (story.state.nodes["each"].status, story.state.status) == ("completed", "failed")
