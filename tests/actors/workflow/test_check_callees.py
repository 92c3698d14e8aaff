"""Whether the workflows that a file begins are there, and get what they need: said with the place in the file (flow spec 4.1)."""

from __future__ import annotations

import pytest

from actors.workflow.check_callees import uncallable, unending
from actors.workflow.parse import load_text
from actors.workflow.problems import WorkflowInvalid
from actors.workflow.reach import anything
from actors.workflow.spec import Workflow

CHILD = """workflow child {
  inputs { topic required  tone default = "dry" }
  call look
  if look.odd { call hidden }
}
"""
WF = """workflow parent {
  inputs { topic required }
  call workflow child { inputs { tone = "loud" } }
  if child.odd { call workflow nobody }
  foreach each { over = list scope = { values = "a" } workflow = child max_parallel = 1 }
  foreach none { over = list scope = { values = "a" } workflow = nobody max_parallel = 1 inputs = { topic = "x" } }
  always { call workflow child }
}
"""
YAML = """workflow: parent
nodes:
  - {id: sub, workflow: child}
  - id: block
    group:
      - id: both
        parallel: {nodes: [{id: deep, workflow: nobody}]}
finally:
  - {id: each, foreach: {over: list, scope: {values: a}, workflow: child, max_parallel: 1}}
"""


def stored(workflow_id: str) -> Workflow | None:
    return load_text(CHILD, notation="wf", source="child.wf", folder=None).workflow if workflow_id == "child" else None


@pytest.mark.parametrize(
    ("text", "notation", "problems"),
    [
        (
            WF,
            "wf",
            [
                ("sub_workflow_input_missing", 3),
                ("sub_workflow_load_failed", 4),
                ("foreach_input_missing", 5),
                ("foreach_workflow_load_failed", 6),
            ],
        ),
        (YAML, "yaml", [("sub_workflow_input_missing", 3), ("sub_workflow_load_failed", 7), ("foreach_input_missing", 9)]),
    ],
    ids=["wf", "yaml"],
)
def test_what_is_not_there_or_not_given_is_told_with_its_line(text: str, notation: str, problems: list[tuple[str, int]]) -> None:
    loaded = load_text(text, notation="wf" if notation == "wf" else "yaml", source="p", folder=None)
    assert [(one.code, one.line) for one in uncallable(loaded.workflow, stored, loaded.places, "p")] == problems


def test_a_circle_is_told_at_the_step_that_leads_into_it() -> None:
    loaded = load_text("workflow: child\nnodes:\n  - {id: a, workflow: child}\n", notation="yaml", source="c", folder=None)
    assert list(uncallable(loaded.workflow, stored)) == []
    [problem] = unending(loaded.workflow, stored, loaded.places, "c")
    assert (problem.code, problem.line, problem.path, problem.found) == (
        "workflow_reference_cycle", 3, "nodes[0].workflow", "child → child",
    )  # fmt: skip


@pytest.mark.parametrize(("key", "codes"), [("look", []), ("hidden", ["condition_node_not_produced"])], ids=["first_level", "nested"])
def test_conditions_see_the_keys_of_the_first_level_of_a_workflow_that_is_known(key: str, codes: list[str]) -> None:
    text = f'workflow p {{ call workflow child {{ inputs {{ topic = "x" }} }} if {key}.m {{ call a }} }}'
    found: list[str] = []
    try:
        load_text(text, notation="wf", source="p", folder=None, child_keys=lambda _: {"look"})
    except WorkflowInvalid as wrong:
        found = [one.code for one in wrong.problems]
    assert found == codes
    assert load_text(text, notation="wf", source="p", folder=None, child_keys=anything).workflow.workflow_id == "p"
