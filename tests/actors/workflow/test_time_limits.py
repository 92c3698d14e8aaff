"""Time limits that a run fills in: where they may stand, how they are kept and written, and where no placeholder helps (flow spec 2.7)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from actors.workflow import digest, load_text
from actors.workflow.canonical import decode, encode
from actors.workflow.convert import convert
from actors.workflow.patching import patched
from actors.workflow.spec import Condition, Gate, Node, Timer, Wait
from tests.actors.workflow.samples import NODE, loaded, node, problems, warned, wrong, wrong_node

TEXT = "{{ inputs.limit }}"
LIMIT: dict[str, Any] = {"inputs": {"limit": {"default": "1m"}}}


def said(**keys: Any) -> Any:
    """The node as canonical JSON has it, which says the same when it is read again."""
    workflow = loaded(**LIMIT, nodes=[{"id": "a", **keys}])
    data = encode(workflow)
    assert decode(data) == workflow
    return json.loads(data)["flow"]["nodes"][0]


@pytest.mark.parametrize("kind", [
    {"command": ["x"]}, {"shell": "x"}, {"python": "m:f", "isolate": True}, {"agent": "writer", "instructions": "x"},
], ids=["command", "shell", "python", "agent"])  # fmt: skip
def test_both_limits_of_an_attempt_may_be_texts_and_are_kept_as_they_stand(kind: dict[str, Any]) -> None:
    found = loaded(**LIMIT, nodes=[{"id": "a", **kind, "timeout": TEXT, "idle_timeout": f" {TEXT}s"}]).nodes[0]
    assert (found.timeout_text, found.idle_timeout_text) == (TEXT, f" {TEXT}s")
    assert (found.absolute_timeout_ms, found.timeout_ms) == (None, None)
    one = said(**kind, timeout=TEXT, idle_timeout="5s")
    assert {key: value for key, value in one.items() if "timeout" in key} == {"timeout": TEXT, "timeout_ms": 5_000}


@pytest.mark.parametrize("kind", [
    {"http": "https://a.example"}, {"workflow": "other"}, {"foreach": {"over": "list", "workflow": "w", "max_parallel": 1}},
], ids=["http", "workflow", "foreach"])  # fmt: skip
def test_so_may_the_only_limit_of_those_that_nobody_hears(kind: dict[str, Any]) -> None:
    assert said(**kind, timeout=TEXT)["timeout"] == TEXT


def test_a_gate_and_a_wait_keep_theirs_inside() -> None:
    assert loaded(**LIMIT, nodes=[{"id": "a", "gate": "human_approval", "timeout": TEXT}]).nodes[0].action == Gate(timeout_text=TEXT)
    assert said(gate="pr_checks", timeout=TEXT, on_timeout="fail")["gate"]["expiry_policy"] == {"on_expiry": "fail", "timeout": TEXT}
    found = loaded(**LIMIT, nodes=[{"id": "a", "wait": {"timer": TEXT, "timeout": f"{TEXT}h", "on_timeout": "cancel"}}]).nodes[0]
    assert found.action == Wait(Timer(delay_text=TEXT), on_timeout="cancel", timeout_text=f"{TEXT}h")
    assert said(wait={"signal": "s", "timeout": TEXT})["wait"] == {
        "kind": "external_condition", "condition_key": "s", "timeout": {"timeout": TEXT, "on_timeout": "fail"},
    }  # fmt: skip
    assert Wait(Condition("s")).is_limited is False


def test_a_workflow_without_such_texts_is_what_it_was() -> None:
    one = said(command=["x"], timeout="10m", idle_timeout="1m")
    assert one == {"absolute_timeout_ms": 600_000, "argv": ["x"], "kind": "command", "node_id": "a", "timeout_ms": 60_000}


@pytest.mark.parametrize(("keys", "code"), [
    ({"timeout": "{{ inputs.nobody }}"}, "reference_unknown"), ({"idle_timeout": "{{ nodes.a.output }}"}, "reference_unknown"),
    ({"timeout": "{{ inputs"}, "template_syntax"), ({"timeout": "{{ secrets.x }}"}, "reference_unknown"),
], ids=["input", "itself", "open", "secret"])  # fmt: skip
def test_what_their_placeholders_name_is_looked_at_like_that_of_any_text(keys: dict[str, str], code: str) -> None:
    assert wrong_node(command=["x"], **keys) == [(code, next(iter(keys)))]
    [(key, text)] = keys.items()
    if key == "timeout":
        assert wrong_node(gate="human_approval", timeout=text) == [(code, "timeout")]
        assert wrong_node(wait={"timer": text}) == [(code, "wait.timer")]


def test_where_placeholders_are_names_a_path_is_remarked() -> None:
    assert warned(templating="flat", nodes=[{**NODE, "timeout": TEXT}]) == [("placeholder_not_a_name", "nodes[0].timeout")]
    assert warned(templating="flat", nodes=[{**NODE, "timeout": "{{limit}}"}]) == []


def test_one_limit_is_said_once() -> None:
    assert wrong_node(command=["x"], timeout="{{ run.id }}", absolute_timeout_ms=5) == [("key_spelled_twice", "absolute_timeout_ms")]


FIXED: dict[str, tuple[dict[str, Any], str]] = {
    "runtime": ({"limits": {"runtime": TEXT}}, "invalid_duration"),
    "schedule": ({"schedule": {"every": TEXT}}, "schedule_interval_invalid"),
    "max-elapsed": ({"nodes": [{**NODE, "retry": {"max_elapsed": TEXT}}]}, "invalid_duration"),
    "remind": ({"nodes": [{"id": "a", "gate": "human_approval", "remind_every": TEXT}]}, "invalid_duration"),
    "model": ({"nodes": [{**NODE, "absolute_timeout_ms": TEXT}]}, "invalid_duration"),
}


@pytest.mark.parametrize(("keys", "code"), FIXED.values(), ids=FIXED)
def test_no_other_duration_waits_for_a_run_and_the_refusal_says_why(keys: dict[str, Any], code: str) -> None:
    assert [found for found, _ in wrong(**LIMIT, **keys)] == [code]
    [problem] = problems(json.dumps({"workflow": "w", "nodes": [NODE], **LIMIT, **keys}), "json")
    told = "whole number of milliseconds" if "absolute" in str(keys) else "holds a placeholder, which only time limits of nodes may"
    assert told in problem.message


WF = """workflow w {
  inputs { limit default = "1m" }
  call plan { timeout = "{{limit}}" }
  call workflow other { timeout = "{{limit}}" }
  script s { run = "x" timeout = "{{limit}}m" }
  parallel { call b { timeout = "{{limit}}" } }
  gate human_approval { timeout = "{{limit}}" on_timeout = continue }
  gate pr_checks { timeout = "{{limit}}" }
}
"""


def test_every_notation_says_them_and_comes_back_as_the_same_workflow() -> None:
    wf = load_text(WF, notation="wf", source="w.wf", folder=None)
    plan, other, script, block, *gates = wf.workflow.nodes
    assert [one.timeout_text for one in (plan, other, script)] == ["{{limit}}", "{{limit}}", "{{limit}}m"]
    assert [inner.timeout_text for inner in _inside(block)] == ["{{limit}}"]
    assert [(gate.action.timeout_text, gate.action.on_expiry) for gate in gates if isinstance(gate.action, Gate)] == [
        ("{{limit}}", "continue"), ("{{limit}}", "fail"),
    ]  # fmt: skip
    for notation, words in (("yaml", 'timeout: "{{limit}}"'), ("json", '"timeout":"{{limit}}"'), ("wf", 'timeout = "{{limit}}"')):
        text = convert(wf, notation, source="w", folder=None)  # type: ignore[arg-type]  # the three that there are
        assert text.count(words) == 5
        again = load_text(text, notation=notation, source="w", folder=None)  # type: ignore[arg-type]  # the three that there are
        assert digest(again.workflow) == digest(wf.workflow)
        wf = again


def _inside(block: Node) -> tuple[Node, ...]:
    return getattr(block.action, "nodes", ())


def test_what_is_wrong_with_one_in_a_wf_file_is_told_where_it_stands() -> None:
    text = 'workflow w {\n  gate human_approval {\n    remind_every = "{{x}}" timeout = "1h"\n  }\n}\n'
    [problem] = problems(text, "wf")
    assert (problem.code, problem.line) == ("invalid_duration", 3)
    assert "holds a placeholder" in problem.message


@pytest.mark.parametrize(("before", "patch", "after"), [
    ("10m", {"timeout": TEXT}, {"timeout": TEXT}), (TEXT, {"timeout": "5s"}, {"timeout": "5s"}), (TEXT, {"timeout": None}, {}),
    (TEXT, {"absolute_timeout_ms": 5}, {"absolute_timeout_ms": 5}),
], ids=["text", "length", "none", "model"])  # fmt: skip
def test_an_edit_replaces_one_form_by_the_other(before: str, patch: dict[str, Any], after: dict[str, Any]) -> None:
    workflow = json.loads(encode(loaded(**LIMIT, nodes=[{**NODE, "timeout": before}])))
    [one] = (patched(workflow, "a", patch) or {})["flow"]["nodes"]
    assert {key: value for key, value in one.items() if "timeout" in key} == after
    gate = json.loads(encode(loaded(**LIMIT, nodes=[{"id": "a", "gate": "human_approval", "timeout": before}])))
    if "timeout" in patch:
        [one] = (patched(gate, "a", patch) or {})["flow"]["nodes"]
        assert {key: value for key, value in one["gate"].items() if "after" in key or "timeout" in key} == after


def test_a_length_and_a_text_are_two_versions() -> None:
    texts = [digest(loaded(**LIMIT, nodes=[{**NODE, **keys}])) for keys in ({"timeout": "1m"}, {"timeout": TEXT}, {"idle_timeout": TEXT})]
    assert len(set(texts)) == 3
    assert node(command=["x"], timeout="1m").timeout_text is None
