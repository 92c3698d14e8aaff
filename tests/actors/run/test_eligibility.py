"""Which ready nodes start first, or not yet, where phases, routines, write scopes and triage have a say."""

from __future__ import annotations

from typing import Any

import pytest

from actors.run.eligibility import blocked_nodes, open_phase, select
from actors.run.plan import compile_plan
from actors.workflow.spec import Node, Workflow
from tests.actors.run.nested import block, branches, leaf, line, nested
from tests.actors.run.table import Story

SOFT = "[{phase_id: p1}, {phase_id: p2}]"
BARRIER = "[{phase_id: p1, execution_mode: barrier}, {phase_id: p2}]"
PARALLEL = "limits: {parallel: 4}"


def builder(**entries: object) -> str:
    return f"metadata: {{builder: {{{', '.join(f'{name}: {value}' for name, value in entries.items())}}}}}"


def phases(modes: str, *more: str) -> str:
    return "\n".join([f"metadata: {{mission: {{phases: {modes}}}}}", *more])


def two_phases(modes: str, *, begun: bool = False) -> Story:
    """`draft` of the first phase and `publish` of the second, with nothing between them."""
    nodes = (f"draft {builder(phase_id='p1')}", f"publish {builder(phase_id='p2')}")
    return (Story.begun if begun else Story.of)(*nodes, top=phases(modes, PARALLEL))


@pytest.mark.parametrize(("modes", "blocked"), [pytest.param(BARRIER, ["publish"], id="R76"), pytest.param(SOFT, [], id="R76-soft")])
def test_r76_a_barrier_blocks_what_is_of_a_later_phase(modes: str, blocked: list[str]) -> None:
    story = two_phases(modes)
    assert (blocked_nodes(story.state), open_phase(story.state)) == (blocked, 0)


def test_r77_the_open_phase_goes_first_whatever_the_priority_of_a_later_one() -> None:
    nodes = (f"draft {builder(phase_id='p1')}", f"publish priority: 100, {builder(phase_id='p2')}")
    story = Story.of(*nodes, top=phases(SOFT, PARALLEL))
    assert story.plan.sort_keys["publish"] < story.plan.sort_keys["draft"], "without phases it would go first"
    assert select(story.state, ["draft", "publish"], 4) == ["draft"]
    assert story.claim()[2:] == ["phase p1", "start draft"]
    assert story.ok("draft") == ["done draft", "phase p2", "start publish"]


def test_with_nothing_left_to_start_in_it_a_soft_phase_lets_others_begin() -> None:
    story = two_phases(SOFT, begun=True)
    assert list(story.state.executing) == ["draft"]
    assert story.look() == ["start publish"]


def test_a_barrier_lets_nobody_by_until_its_phase_is_done() -> None:
    story = two_phases(BARRIER, begun=True)
    assert (story.look(), blocked_nodes(story.state)) == ([], ["publish"])
    assert story.ok("draft") == ["done draft", "phase p2", "start publish"]
    assert story.ok("publish") == ["done publish", "run_completed"]
    assert open_phase(story.state) is None


def test_a_node_without_a_phase_is_of_none_and_no_barrier_holds_it() -> None:
    story = Story.begun(f"draft {builder(phase_id='p1')}", "other", f"lost {builder(phase_id='nowhere')}", top=phases(BARRIER, PARALLEL))
    assert (list(story.state.executing), blocked_nodes(story.state)) == (["draft"], [])
    assert story.look() == ["start lost", "start other"]


def test_a_phase_that_fails_holds_the_barrier_and_the_run_fails() -> None:
    story = two_phases(BARRIER, begun=True)
    assert story.fail("draft")[-1] == "run_failed nodes_failed"
    assert story.statuses()["publish"] == "pending"


@pytest.mark.parametrize(
    ("first", "second", "together"),
    [
        ("src", "docs", True),
        ("src", "src", False),
        ("src", "src/app", False),
        ("SRC/app/", "/src", False),
        ("src", "source", True),
        ("src", "'*'", False),
        ("'.'", "docs", False),
        ("''", "docs", False),
        ("'src, lib'", "'docs;lib/x'", False),
        ("'src\\nlib'", "docs", True),
        ('"src\\nlib"', "lib", False),
        (None, "src", True),
    ],
)
def test_nodes_that_write_in_the_same_place_do_not_run_together(first: str | None, second: str, together: bool) -> None:
    scope = "" if first is None else f" {builder(write_scope=first)}"
    story = Story.begun(f"a{scope}", f"b {builder(write_scope=second)}", top=PARALLEL)
    assert list(story.state.executing) == (["a", "b"] if together else ["a"])
    if not together:
        assert story.ok("a") == ["done a", "start b"]


def test_what_cannot_start_beside_the_first_does_not_hold_up_those_behind_it() -> None:
    one, other = builder(write_scope="src"), builder(write_scope="docs")
    story = Story.begun(f"a {one}", f"b {one}", f"c {other}", f"d {builder(write_scope='lib')}", top="limits: {parallel: 2}")
    assert list(story.state.executing) == ["a", "c"]
    assert story.ok("c") == ["done c", "start d"]


def test_code_without_a_scope_writes_everywhere() -> None:
    story = Story.begun("a contract: {kind: x, validator: code_patch}", f"b {builder(write_scope='docs')}", top=PARALLEL)
    assert list(story.state.executing) == ["a"]


def scoped(node_id: str, scope: str, **more: Any) -> Node:
    return leaf(node_id, metadata={"builder": {"write_scope": scope, **more}})


def test_nodes_in_groups_that_write_in_the_same_place_do_not_run_together_either() -> None:
    story = nested(branches("both", scoped("a", "src"), scoped("b", "src/app"), scoped("c", "docs")), parallel=4)
    assert list(story.state.executing) == ["a", "c"]
    assert story.ok("a") == ["done a", "start b"]


def test_a_phase_is_over_when_the_group_around_its_nodes_is_left_out() -> None:
    left_out = block("never", scoped("a", "src", phase_id="p1"), when='marker("x", "y")')
    plan = compile_plan(
        Workflow(
            "paper", line(leaf("x"), left_out, scoped("b", "docs", phase_id="p2")),
            metadata={"mission": {"phases": [{"phase_id": "p1", "execution_mode": "barrier"}, {"phase_id": "p2"}]}},
        ), "digest",
    )  # fmt: skip
    story = Story.on(plan)
    story.claim()
    assert "start b" in story.ok("x")


ROUTINES = "metadata: {plan: {routines: [{routine_id: r2, depends_on: [{routine_id: r1, hard: true}, {routine_id: r0}]}]}}"


def test_a_routine_waits_for_all_of_those_that_it_depends_on() -> None:
    first, second = builder(routine_id="r1"), builder(routine_id="r2")
    story = Story.begun(f"a {second}", f"b {first}", f"c {first}", f"d {builder(routine_id='r0')}", top=f"{ROUTINES}\n{PARALLEL}")
    assert (list(story.state.executing), blocked_nodes(story.state)) == (["b", "c", "d"], ["a"])
    assert story.ok("b") == ["done b"]
    assert story.ok("c") == ["done c", "start a"]


@pytest.mark.parametrize(
    "metadata",
    [
        "{plan: {routines: [{routine_id: r2, depends_on: [{hard: true}]}]}}",
        "{plan: {routines: [{depends_on: [{routine_id: r1, hard: true}]}, 7]}}",
        "{plan: {routines: {r2: r1}}}",
        "{plan: r1, mission: [p1]}",
        "{mission: {phases: [p1, {execution_mode: barrier}], milestones: [{milestone_id: m}, {node_ids: [a]}]}}",
    ],
    ids=["nobody-named", "nobody-s", "no-list", "no-table", "no-id"],
)
def test_metadata_of_another_form_say_nothing(metadata: str) -> None:
    story = Story.of(f"a {builder(routine_id='r2')}", top=f"metadata: {metadata}")
    mission = story.plan.mission
    assert (mission.hard, mission.phases, mission.milestones, mission.special) == ({}, (), {}, False)


TRIAGE = "t metadata: {triage_gate: true}"


def triaged(output: Any, *, real: Any = None) -> dict[str, str]:
    """Statuses of c, which needs a triage and, with `real`, another node that did something; and of d behind it."""
    nodes = [TRIAGE, "o", f"c needs: [t{', o' if real is not None else ''}]", "d needs: [c]"]
    story = Story.begun(*nodes, top=PARALLEL)
    story.ok("o", real)
    story.ok("t", output)
    return {node_id: story.statuses()[node_id] for node_id in ("c", "d")}


SKIPPED, STARTED = {"c": "skipped", "d": "skipped"}, {"c": "running", "d": "pending"}


@pytest.mark.parametrize(
    ("output", "found"),
    [
        ({"has_work": False}, SKIPPED),
        ({"has_work": True}, STARTED),
        ({"has_work": "no"}, STARTED),
        ({"structured_handoff": {"has_work": False}}, SKIPPED),
        ({"content": {"has_work": False}}, SKIPPED),
        ({"content": {"structured_handoff": {"has_work": False}}}, SKIPPED),
        ({"content": {"data": {"has_work": False}}}, SKIPPED),
        ({"content": {"n": 1, "text": "no JSON", "raw": '{"has_work": false}'}}, SKIPPED),
        ({"content": {"list": "[1]", "text": '{"has_work": "x"}'}}, STARTED),
        ({"content": "false"}, STARTED),
        ("has_work: false", STARTED),
        (None, STARTED),
    ],
)
def test_what_a_triage_says_has_no_work_is_skipped_with_all_behind_it(output: Any, found: dict[str, str]) -> None:
    assert triaged(output) == found


def test_work_of_another_dependency_is_done_in_spite_of_a_triage() -> None:
    assert triaged({"has_work": False}, real={"x": 1}) == STARTED


def test_a_skip_for_want_of_work_is_noted_as_an_output_and_the_run_completes() -> None:
    story = Story.begun(TRIAGE, "c needs: [t]", "g gate: human_approval, needs: [t]")
    assert story.ok("t", {"has_work": False}) == ["done t", "no_work c", "no_work g", "run_completed"]
    assert story.state.nodes["c"].output == {
        "status": "skipped", "summary": "upstream_triage_no_work", "triage_skipped": True, "contract_kind": "text_summary",
    }  # fmt: skip


def test_a_dependency_that_was_skipped_for_its_condition_is_no_work_done() -> None:
    story = Story.begun(TRIAGE, "o when: 'false'", "c needs: [t, o]")
    assert story.ok("t", {"has_work": False}) == ["done t", "no_work c", "run_completed"]


def test_a_node_that_has_begun_is_not_skipped_by_a_triage_that_was_done_again() -> None:
    story = Story.begun(TRIAGE, "c needs: [t], retry: {max_attempts: 2, backoff: {strategy: fixed, initial: 1s}}")
    story.ok("t", {"has_work": True})
    story.fail("c")
    story.state.nodes["t"].output = {"has_work": False}
    story.wait(1000)
    assert story.claim()[1:] == ["start c.2"]


def test_a_gate_takes_no_place_of_the_phase_that_is_open() -> None:
    nodes = (f"g gate: human_approval, {builder(phase_id='p1')}", f"a {builder(phase_id='p1')}", f"b {builder(phase_id='p1')}")
    story = Story.of(*nodes, top=phases(SOFT))
    assert story.claim()[2:] == ["phase p1", "ask g", "start a"]


def test_the_need_of_any_ending_is_met_by_a_failure() -> None:
    story = Story.of("a", "b needs: [{node: a, until: settled}]", "c needs: [a]", top="fail_fast: false")
    assert blocked_nodes(story.state) == ["b", "c"]
    story.claim()
    story.fail("a")
    assert (story.statuses()["b"], blocked_nodes(story.state)) == ("running", ["c"])
