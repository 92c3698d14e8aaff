from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.control import params as p
from actors.control.decode import Misfit, decode, refusal_of
from actors.control.methods import METHODS
from actors.control.protocol import Call, Malformed, read_call

FOLDER = "paths of 1 to 4096 characters, none of them NUL"
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@pytest.mark.parametrize(
    ("shape", "params", "misfit"),
    [
        (p.RunOnly, {}, Misfit("run_id", "nothing", "this field is required")),
        (p.RunOnly, {"run_id": 5}, Misfit("run_id", "5", "a text")),
        (p.RunOnly, {"run_id": None}, Misfit("run_id", "null", "a text")),
        (p.RunOnly, {"run_id": "r", "x": 1}, Misfit("x", "an unknown field", "run_id")),
        (p.RunOnly, {"run_id": ""}, Misfit("run_id", "0 characters", "1 to 256 characters")),
        (p.RunOnly, {"run_id": "r" * 257}, Misfit("run_id", "257 characters", "1 to 256 characters")),
        (p.RunOnly, {"run_id": ["r"]}, Misfit("run_id", "a list", "a text")),
        (p.Nothing, {"x": 1}, Misfit("x", "an unknown field", "no parameters at all")),
        (p.RunEvents, {"run_id": "r", "after": -1}, Misfit("after", "-1", "0 or more")),
        (p.RunEvents, {"run_id": "r", "after": 1.5}, Misfit("after", "1.5", "an integer")),
        (p.RunEvents, {"run_id": "r", "after": True}, Misfit("after", "true", "an integer")),
        (p.RunEvents, {"run_id": "r", "limit": 1001}, Misfit("limit", "1001", "1 to 1000")),
        (p.WorkflowDelete, {"workflow_id": "w", "cancel_runs": "yes"}, Misfit("cancel_runs", '"yes"', "true or false")),
        (p.WorkflowText, {"text": "", "notation": "toml"}, Misfit("notation", '"toml"', "wf, yaml, json")),
        (p.WorkflowText, {"text": "", "notation": {}}, Misfit("notation", "an object", "wf, yaml, json")),
        (p.RunStart, {"workflow_id": "w", "text": "t"}, Misfit("workflow_id", "both", "either workflow_id or text")),
        (p.RunStart, {}, Misfit("workflow_id", "neither", "either workflow_id or text")),
        (p.RunStart, {"workflow_id": "w", "inputs": []}, Misfit("inputs", "a list", "an object")),
        (p.RunStart, {"workflow_id": "w", "plugin_dirs": ["a"] * 65}, Misfit("plugin_dirs", "65 paths", "at most 64 paths")),
        (p.RunStart, {"workflow_id": "w", "plugin_dirs": ["a\0"]}, Misfit("plugin_dirs", "a path of 2 characters", FOLDER)),
        (p.RunSteer, {"run_id": "r", "reason": "x" * 65537}, Misfit("reason", "65537 characters", "at most 65536 characters")),
        (p.RunResume, {"run_id": "r", "limits": {"runtime_ms": 0}}, Misfit("limits.runtime_ms", "0", "a whole number above 0")),
        (p.GateDecide, {"run_id": "r", "decision": "a", "selections": "x"}, Misfit("selections", '"x"', "a list of texts")),
        (p.GateDecide, {"run_id": "r", "decision": "a", "selections": [1]}, Misfit("selections", "a list", "a list of texts")),
        (p.ActorTell, {"address": "a", "message": "m" * 99}, Misfit("message", "a text", "an object")),
    ],
)
def test_a_misfit_names_the_field_what_was_found_and_what_is_allowed(shape: type[Any], params: dict[str, Any], misfit: Misfit) -> None:
    assert decode(shape, params) == (misfit,)


def test_all_misfits_are_told_at_once() -> None:
    misfits = decode(p.RunStart, {"workflow_id": 1, "inputs": 2, "extra": 3})
    assert isinstance(misfits, tuple)
    assert {misfit.path for misfit in misfits} == {"workflow_id", "inputs", "extra"}
    refusal = refusal_of(misfits)
    assert refusal.code == "params_invalid"
    assert len(refusal.data["problems"]) == 3


def test_what_fits_becomes_a_record_with_its_defaults() -> None:
    assert decode(p.RunEvents, {"run_id": "r"}) == p.RunEvents("r", 0, 500)
    assert decode(p.GateDecide, {"run_id": "r", "decision": "approve", "selections": ["a"]}) == p.GateDecide(
        "r", "approve", selections=("a",)
    )
    assert decode(p.RunResume, {"run_id": "r", "limits": {"runtime_ms": 5}}) == p.RunResume("r", None, {"runtime_ms": 5})


@given(
    st.sampled_from(sorted(METHODS)),
    st.dictionaries(st.text() | st.sampled_from(["run_id", "workflow_id", "text"]), json_values, max_size=5),
)
def test_whatever_arrives_is_either_a_record_or_misfits(name: str, params: dict[str, Any]) -> None:
    shape = METHODS[name].params
    decoded = decode(shape, params)
    assert isinstance(decoded, shape) or (decoded and all(isinstance(one, Misfit) for one in decoded))


@given(json_values)
def test_whatever_value_a_line_holds_is_a_call_or_says_what_is_wrong(value: Any) -> None:
    assert isinstance(read_call(value), (Call, Malformed))


def test_an_error_of_the_converter_itself_is_not_hidden() -> None:
    class Odd:
        pass

    with pytest.raises(Exception, match="Odd"):
        decode(Odd, {"x": 1})
