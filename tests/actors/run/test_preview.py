"""The plan of a dry run: all that can be known is rendered, the rest stays as it is written, and what is wrong is said with its place."""

from __future__ import annotations

from typing import Any

import pytest

from actors.run.fitting import fitted
from actors.run.foresight import Given
from actors.run.preview import preview
from actors.settings import RunRules
from tests.actors.run.table import plan_of


def told(*nodes: str, inputs: dict[str, Any] | None = None, workspace: str | None = None, **more: Any) -> dict[str, Any]:
    given = Given("run-1", inputs or {}, workspace, {"HOME": "/home/me"})
    return preview(plan_of(*nodes, **more), given, RunRules(), [])


def entry(text: str, **more: Any) -> dict[str, Any]:
    (found,) = told(text, **more)["nodes"]
    return dict(found)


INPUTS = "inputs: {x: {type: string, default: d}, n: {type: integer, default: 1}, yes: {type: boolean}}"


def test_a_node_is_told_with_everything_that_an_attempt_would_be_given() -> None:
    found = entry(
        'a command: [echo, "{{ inputs.x }}", "{{ run.id }}"], env: {H: "{{ env.HOME }}"}, stdin: "in {{ inputs.n }}", '
        'with: {k: ["{{ inputs.n }}"]}, artifact: "{{ inputs.x }}.txt", effect: once, title: Say it, timeout: 2m, idle_timeout: 1m, '
        'on_fail: {command: [tell, "{{ error.code }}"]}',
        inputs={"x": "it's", "n": 7}, top=INPUTS,
    )  # fmt: skip
    assert found == {
        "node_id": "a", "kind": "command", "label": "Say it", "command": ["echo", "it's", "run-1"], "env": {"H": "/home/me"},
        "stdin": "in 7", "inputs": {"k": ["7"]}, "needs": [], "cap": 1, "timeouts": {"idle_ms": 60_000, "total_ms": 120_000},
        "artifact": "it's.txt", "effect": "once", "section": "body", "on_fail": ["tell", "{{ error.code }}"], "certainty": "certain",
        "unresolved": ["error.code"],
    }  # fmt: skip


def test_each_kind_of_node_is_told_in_its_own_words() -> None:
    assert entry('a shell: "rm {{ inputs.x }}", env: {A: b}', inputs={"x": "a b"}, top=INPUTS)["command"] == "rm 'a b'"
    function = entry('a python: "m:f", isolate: true, with: {k: "{{ run.workflow }}"}, on_fail: continue, retry: {max_attempts: 4}')
    assert (function["function"], function["isolate"], function["inputs"]) == ("m:f", True, {"k": "paper"})
    assert (function["on_fail"], function["cap"], set(function["timeouts"])) == ("continue", 4, {"idle_ms", "total_ms"})
    assert set(entry('a python: "m:f"')["timeouts"]) == {"total_ms"}
    gate = entry("a gate: human_approval, prompt: 'Go {{ inputs.x }}?', options: {now: Now}, timeout: 1h", inputs={"x": "on"}, top=INPUTS)
    assert {name: gate[name] for name in ("gate_name", "type", "prompt", "options", "decisions", "expires_after_ms", "assumed")} == {
        "gate_name": "a", "type": "human_approval", "prompt": "Go on?", "options": [{"value": "now", "label": "Now"}],
        "decisions": ["approve", "reject", "rework", "cancel"], "expires_after_ms": 3_600_000, "assumed": "approved",
    }  # fmt: skip
    assert "timeouts" not in gate
    assert "prompt" not in entry("a gate: human_approval")


@pytest.mark.parametrize(
    ("wait", "found"),
    [
        ("timer: 10m", {"delay_ms": 600_000}),
        ("until: '2026-12-01T09:00:00Z'", {"until": "2026-12-01T09:00:00Z"}),
        ("signal: 'pay {{ inputs.x }}', timeout: 1h", {"condition": "pay d", "expires_after_ms": 3_600_000, "on_timeout": "fail"}),
        ("webhook: ci", {"trigger_id": "ci"}),
        (
            "webhook: ci, match: {field: idempotency_key, value: 'o{{ inputs.n }}'}",
            {"trigger_id": "ci", "field": "idempotency_key", "value": "o1"},
        ),
    ],
)
def test_a_wait_is_told_with_what_it_would_wait_for(wait: str, found: dict[str, Any]) -> None:
    assert entry(f"a wait: {{{wait.replace(chr(39), chr(34))}}}", inputs={"x": "d", "n": 1}, top=INPUTS)["wait"] == found


def test_a_time_that_is_none_is_a_problem_and_one_that_a_result_gives_is_not() -> None:
    wrong = told('a wait: {until: "{{ inputs.x }}"}', inputs={"x": "soon"}, top=INPUTS)
    assert [(found["code"], found["path"], found["value"]) for found in wrong["problems"]] == [
        ("timer_wake_at_invalid", "nodes.a.wait", "soon")
    ]
    open_ = told("b", 'a wait: {until: "{{ nodes.b.output }}"}, needs: [b]')
    assert (open_["problems"], open_["nodes"][1]["unresolved"]) == ([], ["nodes.b.output"])
    missing = told('a wait: {until: "{{ inputs.x }}"}', top=INPUTS)
    assert [found["code"] for found in missing["problems"]] == ["reference_unknown"]


def test_what_only_a_result_can_fill_stays_as_it_is_written() -> None:
    _, found = told("b", 'a command: [echo, "{{nodes.b.output.x}} for {{ inputs.x }}"], needs: [b]', inputs={"x": "me"}, top=INPUTS)[
        "nodes"
    ]
    assert (found["command"], found["unresolved"]) == (["echo", "{{ nodes.b.output.x }} for me"], ["nodes.b.output.x"])


def test_r103_a_missing_input_is_a_problem_with_its_place_and_value() -> None:
    found = told('a gate: human_approval, prompt: "Hello {{ inputs.x }}"', 'b command: [ls, "{{ inputs.n }}"], needs: [a]', top=INPUTS)
    assert [(one["code"], one["path"], one["value"]) for one in found["problems"]] == [
        ("reference_unknown", "nodes.a.prompt", "inputs.x"), ("reference_unknown", "nodes.b.command", "inputs.n"),
    ]  # fmt: skip
    assert found["nodes"][0]["prompt"] == "Hello {{ inputs.x }}"


@pytest.mark.parametrize(
    ("when", "inputs", "certainty"),
    [
        ("inputs.yes", {"yes": True}, "certain"),
        ("inputs.yes", {"yes": False}, "skipped"),
        ("nodes.b.output == 1", {}, "conditional"),
        ("inputs.yes && nodes.b.output == 1", {"yes": False}, "conditional"),
    ],
)
def test_conditions_are_decided_where_they_can_be(when: str, inputs: dict[str, Any], certainty: str) -> None:
    _, found = told("b", f"a needs: [b], when: '{when}'", inputs=inputs, top=INPUTS)["nodes"]
    assert (found["certainty"], found["when"]) == (certainty, when)


def test_a_condition_that_cannot_be_evaluated_is_a_problem() -> None:
    found = told("a when: 'inputs.n > 1'", inputs={"n": "x"}, top=INPUTS)
    assert [(one["code"], one["path"]) for one in found["problems"]] == [("condition_error", "nodes.a.when")]


def test_the_order_is_that_of_a_run_and_clean_up_comes_last() -> None:
    found = told("c needs: [a]", "b priority: 5", "a", last=("u needs: [t]", "t"))
    assert [node["node_id"] for node in found["nodes"]] == ["b", "a", "c", "t", "u"]
    assert [node["section"] for node in found["nodes"]][-2:] == ["finally", "finally"]


def test_limits_workspace_and_output_are_told() -> None:
    found = told("a", top='limits: {parallel: 3, runtime: 1h}\noutput: {x: "{{ nodes.a.output }} {{ run.workspace }}"}', workspace="/w")
    assert (found["limits"], found["workspace"], found["output"]) == (
        {"parallel": 3, "runtime_ms": 3_600_000}, "/w", {"x": "{{ nodes.a.output }} /w"},
    )  # fmt: skip
    wrong = told("a", top=INPUTS + '\noutput: {x: "{{ inputs.x }}"}')
    assert [one["path"] for one in wrong["problems"]] == ["output.x"]


def test_a_plan_that_has_room_is_left_as_it_is() -> None:
    plan = told("a")
    assert fitted(plan) is plan


def test_long_texts_are_cut_before_nodes_are_left_out() -> None:
    plan = told(*(f'n{i} command: [echo, "{"x" * 3_000}"]' for i in range(20)))
    cut = fitted(plan, 50_000)
    assert (cut["cut_to"], len(cut["nodes"]), cut["nodes"][0]["command"][1]) == (2_000, 20, "x" * 2_000 + "…")
    assert fitted(plan, 20_000)["cut_to"] == 200
    small = fitted(plan, 4_000)
    assert (small["omitted"] + len(small["nodes"]), small["cut_to"]) == (20, 200)
    assert 0 < len(small["nodes"]) < 20


def test_of_many_problems_the_first_are_kept_and_all_are_counted() -> None:
    problem = {"code": "c", "path": "p", "value": [1, {"x": "y" * 300}], "message": "m" * 300}
    found = fitted({"workspace": None, "limits": {}, "nodes": [], "problems": [problem] * 500}, 100_000)
    assert (len(found["problems"]), found["problems_in_all"], "omitted" in found) == (100, 500, False)
    assert found["problems"][0]["value"] == [1, {"x": "y" * 300}]


def test_a_large_output_alone_costs_no_node() -> None:
    plan = told("a", "b", top="output: {" + ", ".join(f"k{i}: {'x' * 150}" for i in range(40)) + "}")
    small = fitted(plan, 4_000)
    assert (small["omitted"], small["output"], [node["node_id"] for node in small["nodes"]]) == (0, None, ["a", "b"])


def test_time_limits_are_told_as_far_as_their_texts_are_known() -> None:
    first = "b timeout: '{{ inputs.n }}m', idle_timeout: '{{ inputs.n }}s'"
    nodes = told(
        first, "c needs: [b], timeout: '{{ nodes.b.output }}', idle_timeout: 5s", "d needs: [b], idle_timeout: '{{ nodes.b.output }}'",
        "e needs: [b], timeout: 9s, idle_timeout: '{{ nodes.b.output }}'", inputs={"n": 2}, top=INPUTS,
    )["nodes"]  # fmt: skip
    assert [(node["timeouts"], node["unresolved"]) for node in nodes] == [
        ({"idle_ms": 2_000, "total_ms": 120_000}, []), ({"idle_ms": 5_000}, ["nodes.b.output"]), ({}, ["nodes.b.output"]),
        ({"total_ms": 9_000}, ["nodes.b.output"]),
    ]  # fmt: skip
    paused = told(
        "b", "g gate: human_approval, needs: [b], timeout: '{{ inputs.n }}h'",
        "h gate: human_approval, needs: [b], timeout: '{{ nodes.b.output }}'",
        "w wait: {timer: '{{ inputs.n }}', timeout: '{{ inputs.n }}h', on_timeout: cancel}", inputs={"n": 2}, top=INPUTS,
    )["nodes"][1:]  # fmt: skip
    assert [node.get("expires_after_ms") for node in paused] == [7_200_000, None, None]
    assert (paused[1]["unresolved"], paused[2]["wait"]) == (
        ["nodes.b.output"], {"delay_ms": 2_000, "expires_after_ms": 7_200_000, "on_timeout": "cancel"},
    )  # fmt: skip


def test_a_time_limit_that_comes_to_no_duration_is_a_problem_with_its_place() -> None:
    found = told("a timeout: '{{ inputs.x }}'", "b wait: {timer: '{{ inputs.n }}d'}", inputs={"x": "soon", "n": 9999}, top=INPUTS)
    assert [(one["code"], one["path"], one["value"]) for one in found["problems"]] == [
        ("invalid_duration", "nodes.a.timeout", "{{ inputs.x }}"), ("invalid_duration", "nodes.b.timer", "{{ inputs.n }}d"),
    ]  # fmt: skip
    assert "at most 315360000000 ms" in found["problems"][1]["message"]
    assert [one["code"] for one in told("a timeout: '{{ inputs.x }}'", top=INPUTS)["problems"]] == ["reference_unknown"]
