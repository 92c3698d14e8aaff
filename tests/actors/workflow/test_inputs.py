from __future__ import annotations

from typing import Any

import pytest

from actors.workflow import apply_inputs
from tests.actors.workflow.samples import loaded

WORKFLOW = loaded(
    inputs={
        "name": None, "place": {"default": "here"}, "on": {"type": "boolean"}, "off": {"type": "boolean", "default": True},
        "count": {"type": "integer", "required": False}, "share": {"type": "number", "default": 1},
    }
)  # fmt: skip


def test_defaults_fill_what_is_absent_and_an_absent_boolean_is_false() -> None:
    applied = apply_inputs(WORKFLOW, {"name": "x"})
    assert applied.values == {"name": "x", "place": "here", "on": False, "off": True, "share": 1}
    assert applied.problems == applied.warnings == ()


def test_what_is_required_and_missing_is_a_problem_of_its_own() -> None:
    applied = apply_inputs(loaded(inputs={"a": {"description": "the first"}, "b": None}), {"b": None})
    assert [(problem.code, problem.path) for problem in applied.problems] == [
        ("missing_required_input", "inputs.a"), ("missing_required_input", "inputs.b"),
    ]  # fmt: skip
    assert "the first" in applied.problems[0].message


def test_values_of_the_caller_are_never_overwritten() -> None:
    given = {"name": "n", "place": "there", "on": True, "off": False, "count": 0, "share": 0.5}
    assert apply_inputs(WORKFLOW, given).values == given


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("on", "true", True), ("on", " FALSE ", False), ("count", "12", 12), ("count", "-3", -3), ("share", "0.25", 0.25),
        ("share", "1e3", 1000.0),
        ("share", "7", 7), ("place", "12", "12"), ("place", "", ""), ("count", 2**63 - 1, 2**63 - 1),
    ],
)  # fmt: skip
def test_text_is_taken_for_what_it_says(name: str, text: Any, value: Any) -> None:
    applied = apply_inputs(WORKFLOW, {"name": "x", name: text})
    assert applied.problems == ()
    assert applied.values[name] == value
    assert type(applied.values[name]) is type(value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("on", "yes"), ("on", 1), ("count", "1.5"), ("count", "x"), ("count", True), ("count", 1.0), ("share", "much"),
        ("share", "nan"), ("share", "inf"),
        ("name", 5), ("name", ["x"]), ("count", "9" * 19), ("count", 2**63), ("share", True), ("count", "9" * 5000), ("share", "9" * 5000),
    ],
)  # fmt: skip
def test_a_value_of_another_type_is_a_problem(name: str, value: Any) -> None:
    (problem,) = apply_inputs(WORKFLOW, {"name": "x", name: value}).problems
    assert (problem.code, problem.path) == ("input_type_wrong", f"inputs.{name}")


def test_what_is_not_declared_is_passed_on_with_a_remark() -> None:
    applied = apply_inputs(WORKFLOW, {"name": "x", "plce": [1]})
    assert applied.values["plce"] == [1]
    assert [(warning.code, warning.path) for warning in applied.warnings] == [("undeclared_input", "inputs.plce")]
    assert 'Did you mean "place"?' in applied.warnings[0].message
