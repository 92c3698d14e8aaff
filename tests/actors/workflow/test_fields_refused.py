"""Every key with a value that it does not take."""

from __future__ import annotations

from typing import Any

import pytest

from tests.actors.workflow.samples import NODE, problems, wrong, wrong_node


@pytest.mark.parametrize(
    ("keys", "found"),
    [
        ({"workflow": "Not An Id"}, [("id_invalid", "workflow")]), ({"workflow": None}, [("key_missing", "workflow")]),
        ({"workflow": 5}, [("value_type", "workflow")]), ({"title": ["x"]}, [("value_type", "title")]),
        ({"title": " "}, [("value_type", "title")]),
        ({"description": 5}, [("value_type", "description")]), ({"nodes": None}, [("key_missing", "nodes")]),
        ({"nodes": {}}, [("value_type", "nodes")]),
        ({"nodes": ["x"]}, [("value_type", "nodes[0]")]), ({"flow": []}, [("value_type", "flow")]),
        ({"flow": {"nodes": [], "other": 1}}, [("key_unknown", "flow.other")]),
        ({"limits": {"parallel": 17}}, [("limits_invalid", "limits.parallel")]),
        ({"limits": {"parallel": 0}}, [("limits_invalid", "limits.parallel")]),
        ({"limits": {"parallel": "4"}}, [("limits_invalid", "limits.parallel")]),
        ({"limits": {"runtime": "soon"}}, [("invalid_duration", "limits.runtime")]),
        ({"limits": {"runtime": "0s"}}, [("invalid_duration", "limits.runtime")]),
        ({"limits": {"tokens": 0}}, [("limits_invalid", "limits.tokens")]),
        ({"limits": {"tokens": 1.5}}, [("limits_invalid", "limits.tokens")]),
        ({"limits": {"cost_usd": -1}}, [("limits_invalid", "limits.cost_usd")]),
        ({"limits": {"tool_calls": "many"}}, [("limits_invalid", "limits.tool_calls")]),
        ({"budget": {"tokens": 5}}, [("key_missing", "budget")]), ({"budget": {"per": "day"}}, [("limits_invalid", "budget")]),
        ({"budget": {"per": "year", "tokens": 5}}, [("limits_invalid", "budget.per")]), ({"budget": 5}, [("value_type", "budget")]),
        ({"budget": {"per": "day", "tokens": 0, "cost_usd": 1}}, [("limits_invalid", "budget.tokens")]),
        ({"budget": {"per": "day", "runtime": "1h", "tool_calls": 1}}, [("key_unknown", "budget.runtime")]),
        ({"limits": {"models": 5}}, [("key_unknown", "limits.models")]),
        ({"output_targets": ["/etc/passwd"]}, [("artifact_path_escapes", "output_targets")]),
        ({"limits": {"weight": 0}}, [("limits_invalid", "limits.weight")]),
        ({"limits": {"weight": 101}}, [("limits_invalid", "limits.weight")]),
        ({"limits": {"weight": "2"}}, [("limits_invalid", "limits.weight")]),
        ({"providers": "openai"}, [("value_type", "providers")]), ({"providers": [5]}, [("value_type", "providers[0]")]),
        ({"providers": ["openai", "a b"]}, [("providers_invalid", "providers[1]")]),
        ({"providers": [""]}, [("providers_invalid", "providers[0]")]),
        ({"providers": [f"p{i}" for i in range(33)]}, [("providers_invalid", "providers")]),
        ({"limits": []}, [("value_type", "limits")]), ({"fail_fast": "yes"}, [("value_type", "fail_fast")]),
        ({"sequence": 1}, [("value_type", "sequence")]), ({"output": []}, [("value_type", "output")]),
        ({"metadata": 1}, [("value_type", "metadata")]),
        ({"folder": "/etc"}, [("key_unknown", "folder")]), ({"schedules": {}}, [("key_unknown", "schedules")]),
        ({"inputs": {"a": {"type": "text"}}}, [("input_type_unknown", "inputs.a.type")]),
        ({"inputs": {"a": "x"}}, [("value_type", "inputs.a")]),
        ({"inputs": {"a b": {}}}, [("input_name_invalid", "inputs.a b")]),
        ({"inputs": {"a": {"default": 5}}}, [("value_type", "inputs.a.default")]),
        ({"inputs": {"a": {"type": "integer", "default": 1.5}}}, [("value_type", "inputs.a.default")]),
        ({"inputs": {"a": {"type": "number", "default": True}}}, [("value_type", "inputs.a.default")]),
        ({"inputs": {"a": {"type": "boolean", "default": "true"}}}, [("value_type", "inputs.a.default")]),
        ({"inputs": {"a": {"required": "yes"}}}, [("value_type", "inputs.a.required")]), ({"inputs": 5}, [("value_type", "inputs")]),
        ({"inputs": ["x"]}, [("value_type", "inputs[0]")]), ({"inputs": [{}]}, [("key_missing", "inputs[0]")]),
        ({"schemas": {"s": {"type": "nope"}}}, [("schema_invalid", "schemas.s")]),
        ({"schemas": {"s": 5}}, [("schema_invalid", "schemas.s")]),
        ({"schemas": {"A b": True}}, [("id_invalid", "schemas.A b")]), ({"schemas": []}, [("value_type", "schemas")]),
    ],
)  # fmt: skip
def test_a_workflow_with_a_wrong_key(keys: dict[str, Any], found: list[tuple[str, str]]) -> None:
    assert wrong(**keys) == found


@pytest.mark.parametrize(
    ("keys", "found"),
    [
        ({"id": "A"}, [("id_invalid", "id")]), ({"id": 5}, [("value_type", "id")]), ({"title": 5}, [("value_type", "title")]),
        ({"needs": [5]}, [("value_type", "needs[0]")]), ({"needs": 5}, [("value_type", "needs")]),
        ({"needs": [{"until": "settled"}]}, [("key_missing", "needs[0]")]), ({"needs": [{"node": "a", "until": "x", "y": 1}]},
         [("flow_cycle", "needs"), ("need_until_invalid", "needs[0].until"), ("key_unknown", "needs[0].y")]),
        ({"when": True}, [("value_type", "when")]), ({"priority": 1.5}, [("value_type", "priority")]),
        ({"priority": 5000}, [("value_type", "priority")]),
        ({"metadata": []}, [("value_type", "metadata")]), ({"with": []}, [("value_type", "with")]),
        ({"effect": "twice"}, [("effect_invalid", "effect")]),
        ({"output": "xml"}, [("output_invalid", "output")]), ({"timeout": "1w"}, [("invalid_duration", "timeout")]),
        ({"timeout": "0s"}, [("invalid_duration", "timeout")]), ({"idle_timeout": -1}, [("invalid_duration", "idle_timeout")]),
        ({"timeout": "999999999999d"}, [("duration_overflow", "timeout")]), ({"timeout_ms": "1s"}, [("invalid_duration", "timeout_ms")]),
        ({"on_fail": "retry"}, [("on_fail_invalid", "on_fail")]), ({"on_fail": {}}, [("key_missing", "on_fail")]),
        ({"on_fail": {"command": ["a"], "agent": "x"}}, [("on_fail_invalid", "on_fail.command")]),
        ({"artifact": 5}, [("value_type", "artifact")]), ({"artifact": {}}, [("key_missing", "artifact")]),
        ({"artifact": "/etc/passwd"}, [("artifact_path_escapes", "artifact")]),
        ({"artifact": "a/../../b"}, [("artifact_path_escapes", "artifact")]),
        ({"artifact": {"path": ".."}}, [("artifact_path_escapes", "artifact.path")]),
        ({"artifact": "."}, [("artifact_path_invalid", "artifact")]),
        ({"artifact": "a/"}, [("artifact_path_invalid", "artifact")]), ({"artifact": "a\nb"}, [("artifact_path_invalid", "artifact")]),
        ({"artifact": {"path": "a", "schema": "s"}}, [("schema_unknown", "artifact")]),
        ({"artifact": {"path": "a", "x": 1}}, [("key_unknown", "artifact.x")]),
        ({"env": {"A": 1}}, [("value_type", "env.A")]), ({"env": {"A=B": "x"}}, [("env_name_refused", "env.A=B")]),
        ({"env": {"LD_PRELOAD": "x"}}, [("env_name_refused", "env.LD_PRELOAD")]), ({"env": []}, [("value_type", "env")]),
        ({"stdin": 5}, [("value_type", "stdin")]),
        ({"isolate": True}, [("key_unknown", "isolate")]), ({"prompt": "x"}, [("key_unknown", "prompt")]),
        ({"command": []}, [("command_empty", "command")]), ({"command": [" "]}, [("command_empty", "command")]),
        ({"command": "ls -l"}, [("value_type", "command")]),
        ({"command": ["a", 5]}, [("value_type", "command[1]")]),
        ({"retry": 3}, [("value_type", "retry")]), ({"retry": {"max_attempts": True}}, [("retry_policy_invalid", "retry.max_attempts")]),
        ({"retry": {"max_attempts": "3"}}, [("retry_policy_invalid", "retry.max_attempts")]),
        ({"retry": {"on": 5}}, [("value_type", "retry.on")]),
        ({"retry": {"attempts": 2}}, [("key_unknown", "retry.attempts")]),
        ({"retry": {"backoff": {"initial": "1s"}}}, [("retry_policy_invalid", "retry.backoff")]),
        ({"retry": {"backoff": {"strategy": "fixed"}}}, [("retry_policy_invalid", "retry.backoff")]),
        ({"retry": {"backoff": {"strategy": "linear", "initial": "1s"}}}, [("retry_policy_invalid", "retry.backoff.strategy")]),
        ({"retry": {"backoff": {"strategy": "fixed", "initial": "2d"}}}, [("retry_policy_invalid", "retry.backoff.initial")]),
        ({"retry": {"backoff": {"strategy": "fixed", "initial": "2s", "max": "1s"}}}, [("retry_policy_invalid", "retry.backoff.max")]),
        ({"retry": {"backoff": {"strategy": "exponential", "initial": "2s", "multiplier": 0.5}}}, [("retry_policy_invalid",
        "retry.backoff.multiplier")]),
        ({"retry": {"backoff": {"strategy": "none", "base": 1}}}, [("key_unknown", "retry.backoff.base")]),
    ],
)  # fmt: skip
def test_a_node_with_a_wrong_key(keys: dict[str, Any], found: list[tuple[str, str]]) -> None:
    assert sorted(wrong_node(**{"command": ["x"], **keys})) == sorted(found)


@pytest.mark.parametrize(
    ("keys", "found"),
    [
        ({}, [("node_kind_missing", "")]), ({"comand": ["x"]}, [("node_kind_missing", "")]),
        ({"kind": "robot"}, [("node_kind_unknown", "kind")]),
        ({"command": ["x"], "shell": "y"}, [("node_kind_ambiguous", "shell")]),
        ({"kind": "python", "command": ["x"]}, [("node_kind_ambiguous", "command")]),
        ({"kind": "command"}, [("key_missing", "")]), ({"kind": "shell"}, [("key_missing", "")]), ({"kind": "gate"}, [("key_missing", "")]),
        ({"shell": ""}, [("value_type", "shell")]), ({"shell": "echo '{{ run.id }}'"}, [("script_placeholder_in_quotes", "shell")]),
        ({"shell": "x", "stdin": "y"}, [("key_unknown", "stdin")]),
        ({"python": "m"}, [("python_function_invalid", "python")]), ({"python": "m:f.g"}, [("python_function_invalid", "python")]),
        ({"python": "../m:f"}, [("python_function_invalid", "python")]),
        ({"python": "os:__import__"}, [("python_function_invalid", "python")]),
        ({"python": "class:f"}, [("python_function_invalid", "python")]), ({"python": ["m:f"]}, [("value_type", "python")]),
        ({"python": "m:f", "isolate": "yes"}, [("value_type", "isolate")]), ({"python": "m:f", "env": {}}, [("key_unknown", "env")]),
        ({"python": "m:f", "idle_timeout": "1s"}, [("key_unknown", "idle_timeout")]),
        ({"gate": "human_approval", "retry": {}}, [("key_unknown", "retry")]),
        ({"gate": "human_approval", "effect": "once"}, [("key_unknown", "effect")]),
    ],
)  # fmt: skip
def test_a_node_of_no_kind_or_with_keys_of_another(keys: dict[str, Any], found: list[tuple[str, str]]) -> None:
    assert wrong_node(**keys) == found


def test_a_node_without_a_kind_hints_at_the_nearest_word() -> None:
    (problem,) = problems("workflow: w\nnodes:\n- id: a\n  comand: [x]\n")
    assert 'Did you mean "command"?' in problem.message


def test_a_key_without_effect_says_so() -> None:
    (problem,) = problems("workflow: w\nnodes:\n- {id: a, gate: human_approval, retry: {max_attempts: 2}}\n")
    assert "no effect" in problem.message


def test_everything_wrong_is_reported_at_once_in_the_order_of_the_file() -> None:
    text = "workflow: W!\nlimits: {parallel: 99}\nnodes:\n- id: a\n  command: x\n- id: a\n  needs: [zz]\n- shell: echo\n  when: '1 +'\n"
    found = problems(text)
    assert [(problem.code, problem.line) for problem in found] == [
        ("id_invalid", 1), ("limits_invalid", 2), ("value_type", 5), ("node_kind_missing", 6), ("node_id_duplicate", 6),
        ("need_unknown", 7),
        ("condition_syntax", 9),
    ]  # fmt: skip
    assert all(problem.file == "w.yaml" and problem.column and problem.message for problem in found)


def test_what_is_no_mapping_is_no_workflow() -> None:
    for text in ("", "[]", "5", "text"):
        assert [problem.code for problem in problems(text)] == ["value_type"]


def test_the_number_of_nodes_and_edges_is_bounded() -> None:
    assert wrong(nodes=[{"command": ["x"]}] * 2_001) == [("too_many_nodes", "nodes")]
    needs = [f"n{i}" for i in range(101)]
    nodes = [{"id": name, "command": ["x"]} for name in needs] + [{"id": f"m{i}", "command": ["x"], "needs": needs} for i in range(100)]
    assert wrong(nodes=nodes) == [("too_many_edges", "nodes")]
    assert wrong(nodes=[*nodes[:-1], NODE]) == []
