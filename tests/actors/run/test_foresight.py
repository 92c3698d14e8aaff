"""Dry runs of workflows with groups, loops and runs below: what is certain, what a result decides, and what is left out."""

from __future__ import annotations

from typing import Any

from actors.run.foresight import Given
from actors.run.plan import Plan, compile_plan
from actors.run.preview import preview
from actors.settings import RunRules
from actors.workflow.parse import load_text
from tests.actors.run.table import plan_of

FLOW = """
workflow fix {
  inputs { ticket required  strict boolean }
  call plan { on_fail = medic }
  if strict { call audit  if audit.bad { call mend } }
  while plan.again {
    max_iterations = 3
    script check { run = "check {{ticket}} {{base_branch}}" env = { DRY = "{{dry_run}}" } }
  }
  do { max_iterations = 0 call never } while plan.again
  do { max_iterations = 2 stuck_after = 2 call implement } while implement.failed
  parallel { min_success = 1 call one call two { if = "plan.x" } }
  call workflow ship { inputs { what = "{{ticket}}" base = "{{base_branch}}" } }
  foreach repos { over = list scope = { values = "a, b" } max_parallel = 2 workflow = ship inputs = { what = "{{item.id}}" base = "x" } }
  gate human_approval { prompt = "Ship {{ticket}}, as {{prior_context}}?" }
  always { script note { run = "note {{workflow_status}} {{workflow_outcome}}" } }
}
"""
SHIP = """
workflow ship {
  inputs { what required base required loud boolean }
  script tag { run = "tag {{what}} {{base}} {{workflow_run_id}} {{repo_name}}" }
  if loud { call shout }
  call workflow ship
}
"""


def plan_in(text: str) -> Plan:
    return compile_plan(load_text(text, notation="wf", source="fix.wf", folder="/flows").workflow, "digest")


def told(text: str, inputs: dict[str, Any], **more: Any) -> dict[str, Any]:
    return preview(plan_in(text), Given("run-1", inputs, "/w", {}, **more), RunRules(), [])


def test_a_flow_is_told_in_the_order_of_its_walk() -> None:
    found = told(FLOW, {"ticket": "T-1", "strict": False})
    assert found["problems"] == []
    assert [(node["node_id"], node.get("group"), node["certainty"]) for node in found["nodes"]] == [
        ("plan", None, "certain"), ("if.1", None, "skipped"), ("audit", "if.1", "skipped"), ("if.2", "if.1", "skipped"),
        ("mend", "if.2", "skipped"), ("while.1", None, "certain"), ("check", "while.1", "conditional"), ("do_while.1", None, "certain"),
        ("never", "do_while.1", "skipped"), ("do_while.2", None, "certain"), ("implement", "do_while.2", "certain"),
        ("parallel.1", None, "certain"), ("one", "parallel.1", "certain"), ("two", "parallel.1", "conditional"),
        ("ship", None, "certain"), ("foreach-repos", None, "certain"), ("human_approval", None, "certain"), ("note", None, "certain"),
    ]  # fmt: skip
    by_id = {node["node_id"]: node for node in found["nodes"]}
    assert (by_id["check"]["command"], by_id["check"]["unresolved"]) == ("check 'T-1' {{base_branch}}", ["base_branch"])
    assert by_id["check"]["env"] == {"DRY": "true"}
    assert by_id["note"]["command"] == "note 'completed' 'completed'"
    assert (by_id["human_approval"]["prompt"], by_id["human_approval"]["unresolved"]) == (
        "Ship T-1, as {{prior_context}}?", ["prior_context"],
    )  # fmt: skip
    assert by_id["plan"]["on_fail"]["agent"] == "medic"
    words = ("form", "while", "do_while", "max_iterations", "stuck_after", "on_max_iter", "min_success", "over", "scope", "max_parallel")
    assert {name: {word: node[word] for word in words if word in node} for name, node in by_id.items() if "form" in node} == {
        "if.1": {"form": "group"}, "if.2": {"form": "group"},
        "while.1": {"form": "repeat", "while": 'marker("plan", "again")', "max_iterations": 3, "on_max_iter": "fail"},
        "do_while.1": {"form": "repeat", "do_while": 'marker("plan", "again")', "max_iterations": 0, "on_max_iter": "fail"},
        "do_while.2": {
            "form": "repeat", "do_while": 'marker("implement", "failed")', "max_iterations": 2, "stuck_after": 2, "on_max_iter": "fail",
        },
        "parallel.1": {"form": "parallel", "min_success": 1},
        "foreach-repos": {"form": "foreach", "over": "list", "scope": {"values": "a, b"}, "max_parallel": 2},
    }  # fmt: skip


def test_a_condition_on_inputs_that_holds_leaves_what_hangs_on_it_to_results() -> None:
    by_id = {node["node_id"]: node["certainty"] for node in told(FLOW, {"ticket": "T-1", "strict": True})["nodes"]}
    assert (by_id["if.1"], by_id["audit"], by_id["if.2"], by_id["mend"]) == ("certain", "certain", "conditional", "conditional")


def test_runs_below_are_told_in_place_down_to_the_limit() -> None:
    found = told(FLOW, {"ticket": "T-1", "strict": False}, children=lambda _: plan_in(SHIP))
    by_id = {node["node_id"]: node for node in found["nodes"]}
    tag, condition, _, again = by_id["ship"]["nested"]
    assert tag["command"] == "tag 'T-1' {{base}} {{workflow_run_id}} {{repo_name}}"
    assert tag["unresolved"] == ["base", "workflow_run_id", "repo_name"]
    assert condition["certainty"] == "skipped"
    depth, here = 1, again
    while "nested" in here:
        depth, here = depth + 1, here["nested"][-1]
    assert depth == 4
    assert by_id["foreach-repos"]["nested"][0]["command"] == "tag {{what}} 'x' {{workflow_run_id}} {{repo_name}}"
    assert by_id["foreach-repos"]["unresolved"] == ["item.id"]
    assert found["problems"] == []


def test_what_a_run_below_would_not_take_is_a_problem_with_its_place() -> None:
    below = plan_in('workflow ship { inputs { loud boolean other required } script tag { run = "tag {{other}}" } }')
    found = told(
        'workflow fix { call workflow ship { inputs { loud = "perhaps" } } call workflow ship { inputs { loud = "{{x}}" other = "y" } } }',
        {}, children=lambda _: below,
    )  # fmt: skip
    assert [(one["code"], one["path"], one["value"]) for one in found["problems"]] == [
        ("input_type_wrong", "nodes.ship.inputs.loud", "perhaps"), ("missing_required_input", "nodes.ship.inputs.other", None),
    ]  # fmt: skip


def test_no_more_runs_below_are_told_than_have_room() -> None:
    calls = "\n".join('call workflow ship { inputs { what = "x" base = "y" } }' for _ in range(40))
    below = plan_in(f"workflow ship {{ inputs {{ what required base required }} {calls} }}")
    found = told(f"workflow fix {{ {calls} }}", {}, children=lambda _: below)
    assert all(node["omitted"] == 40 for node in found["nodes"][1:])
    assert _runs_below(found["nodes"]) == 25


def _runs_below(nodes: list[dict[str, Any]]) -> int:
    return sum(1 + _runs_below(node["nested"]) for node in nodes if "nested" in node)


def test_paths_name_variables_that_are_known_and_what_is_not_stays() -> None:
    plan = plan_of(
        "a command: [say, '{{ vars.x }}', '{{ vars.prior_context }}', '{{ vars.dry_run }}', '{{ vars }}', '{{ inputs }}', '{{ run.id }}']",
        'b with: {n: "{{ nodes.a.output }}"}, needs: [a]', last=("z command: [say, '{{ vars.workflow_status }}']",),
        top='inputs: {x: {type: string}}\noutput: {all: "{{ vars.x }}"}',
    )  # fmt: skip
    found = preview(plan, Given("run-1", {"x": "1"}, None, {}), RunRules(), [])
    first, _, last = found["nodes"]
    assert first["command"][1:4] == ["1", "{{ vars.prior_context }}", "true"]
    assert first["command"][4:] == ["{{ vars }}", '{"x":"1"}', "run-1"]
    assert first["unresolved"] == ["vars.prior_context", "vars"]
    assert (last["command"], found["output"]) == (["say", "completed"], {"all": "1"})
    below = preview(plan, Given(None, {"x": "{{y}}"}, None, {}, unknown=frozenset({"x"})), RunRules(), [])
    assert below["nodes"][0]["unresolved"] == ["vars.x", "vars.prior_context", "vars", "inputs", "run.id"]
