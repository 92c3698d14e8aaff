"""From a node under way to the order its attempt carries out: everything rendered, every limit worked out."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

import pytest

from actors.config.identities import Identity
from actors.node.messages import Failure
from actors.node.orders import ArtifactOrder, CommandOrder, HttpOrder, PythonOrder, ScriptOrder, WorkOrder
from actors.run.orders import Folders, work_order
from actors.run.plan import compile_plan
from actors.run.scope import scope_for
from actors.settings import RunRules
from tests.actors.run.table import HASH, Story, plan_of

FOLDERS = Folders("/data/run-1", "/work")


def order(story: Story, node_id: str) -> WorkOrder:
    found = work_order(story.state, node_id, FOLDERS, story.rules)
    assert isinstance(found, WorkOrder)
    return found


def script_of(story: Story, node_id: str) -> ScriptOrder:
    action = order(story, node_id).action
    assert isinstance(action, CommandOrder)
    assert action.script is not None
    return action.script


def test_a_command_is_rendered_word_by_word() -> None:
    story = Story.begun(
        "a command: [say, '{{ inputs.text }}'], env: {X: '{{ run.id }}'}, stdin: 'in: {{ inputs.text }}'",
        top="inputs: {text: {type: string}}", inputs={"text": "a b; rm"},
    )  # fmt: skip
    found = order(story, "a")
    assert found.action == CommandOrder(("say", "a b; rm"), {"X": "run-1"}, "in: a b; rm")
    assert (found.token, found.attempt, found.instance, found.workdir, found.run_dir) == ("run-1/a/1/1", 1, 1, "/work", "/data/run-1")


def test_values_in_shell_text_are_quoted_as_words() -> None:
    story = Story.begun("a shell: 'say {{ inputs.text }}'", top="inputs: {text: {type: string}}", inputs={"text": "it's; rm"})
    given = ScriptOrder("a", {"text": "it's; rm"})
    assert order(story, "a").action == CommandOrder(("sh", "-c", """say 'it'"'"'s; rm'"""), script=given)


def test_a_script_gets_inputs_as_texts_and_what_its_identity_has() -> None:
    top = "inputs: {n: {type: integer}, yes: {type: boolean}}"
    story = Story.begun("a shell: 'say', as: bot, label: A", "b shell: 'say', needs: [a]", top=top, inputs={"n": 7, "yes": True})
    bot = Identity("bot", {"TOKEN": "secrets.github", "STAGE": "prod"}, ("/opt/bin",))
    story.rules = RunRules(input_env_prefix="IN_", identities={"bot": bot, "default": Identity("default", {"X": "y"})})
    given = {"n": "7", "yes": "true"}
    assert script_of(story, "a") == ScriptOrder("A", given, "IN_", {"STAGE": "prod"}, {"TOKEN": "github"}, ("/opt/bin",))
    story.ok("a")
    assert script_of(story, "b") == ScriptOrder("b", given, "IN_", {"X": "y"})


@pytest.mark.parametrize(("text", "top", "told"), [
    ("say", "", ["n"]), ("say $PENSTOCK_INPUT_N", "", ["n", "dry-run"]), ("say", "templating: flat", ["n", "dry-run"]),
], ids=["paths", "named", "flat"])  # fmt: skip
def test_a_script_hears_of_inputs_that_are_no_variables_where_it_may_want_them(text: str, top: str, told: list[str]) -> None:
    inputs = "inputs: {n: {type: string}, dry-run: {type: string}}"
    story = Story.begun(f"a shell: '{text}'", top=f"{inputs}\n{top}", inputs={"n": "7", "dry-run": "x"})
    assert list(script_of(story, "a").inputs) == told


def test_a_function_gets_its_arguments_with_their_types() -> None:
    story = Story.begun("a", "b python: 'm:f', needs: [a], isolate: true, with: {x: '{{ nodes.a.output }}', y: 2}")
    story.ok("a", [1, None])
    assert order(story, "b").action == PythonOrder("m:f", "/flows", {"x": [1, None], "y": 2}, isolate=True)


def test_with_reaches_a_command_as_json_and_feedback_as_text() -> None:
    story = Story.begun("a with: {n: 1, s: 'ü'}", "g gate: human_approval, needs: [a]")
    story.ok("a")
    story.decide("rework", feedback="first")
    story.claim()
    story.ok("a")
    story.decide("rework", feedback="second")
    story.claim()
    found = order(story, "a").action
    assert isinstance(found, CommandOrder)
    told = {"PENSTOCK_FEEDBACK": "first\nsecond", "PENSTOCK_GATE_FEEDBACK": "second"}
    assert found.env == {"PENSTOCK_WITH": '{"n":1,"s":"ü"}', **told}
    assert scope_for(story.state, "a")["run"]["feedback"] == "first\nsecond"


def test_an_artifact_is_ordered_with_its_schema() -> None:
    story = Story.begun("a artifact: {path: 'out/{{ run.id }}.json', schema: s}", "b artifact: x.txt", top="schemas: {s: {type: object}}")
    assert order(story, "a").artifact == ArtifactOrder("out/run-1.json", {"type": "object"}, "s")
    story.ok("a", file="out/run-1.json")
    assert order(story, "b").artifact == ArtifactOrder("x.txt")


def test_what_cannot_be_rendered_is_a_failure_of_configuration() -> None:
    story = Story.begun("a", "b shell: 'say {{ nodes.a.output.x.y }}', needs: [a]")
    story.ok("a", {"x": 1})
    found = work_order(story.state, "b", FOLDERS, story.rules)
    assert isinstance(found, Failure)
    assert (found.failure_class, found.detail) == ("configuration", {"path": "nodes.a.output.x.y"})


def test_every_attempt_has_a_name_of_its_own_and_every_instance_one_key() -> None:
    story = Story.begun("a retry: {max_attempts: 2}")
    first = order(story, "a")
    story.fail("a")
    second = order(story, "a")
    assert (first.token, second.token) == ("run-1/a/1/1", "run-1/a/1/2")
    assert first.idempotency_key == second.idempotency_key == sha256(b"run-1/a/1").hexdigest()
    story.fail("a")
    story.retry("a")
    story.claim()
    assert order(story, "a").idempotency_key == sha256(b"run-1/a/2").hexdigest()


@pytest.mark.parametrize(
    ("node", "limits"),
    [
        ("a", (600_000, 1_800_000)),
        ("a idle_timeout: 10s", (10_000, 70_000)),
        ("a idle_timeout: 1h", (3_600_000, 10_800_000)),
        ("a idle_timeout: 10h", (36_000_000, 43_200_000)),
        ("a timeout: 5m", (300_000, 300_000)),
        ("a timeout: 20m, idle_timeout: 1m", (60_000, 1_200_000)),
        ("a python: 'm:f'", (None, 1_800_000)),
        ("a python: 'm:f', isolate: true", (600_000, 1_800_000)),
        ("a python: 'm:f', timeout: 5s", (None, 5_000)),
    ],
)
def test_limits_of_an_attempt(node: str, limits: tuple[int | None, int]) -> None:
    found = order(Story.begun(node), "a")
    assert (found.idle_ms, found.total_ms) == limits


def test_the_daemons_defaults_apply_where_a_workflow_is_silent() -> None:
    found = order(Story.begun("a", rules=RunRules(idle_timeout_ms=1000, node_time_limit_ms=2000)), "a")
    assert (found.idle_ms, found.total_ms) == (1000, 2000)


def test_a_gate_is_no_attempt() -> None:
    story = Story.begun("g gate: human_approval")
    with pytest.raises(AssertionError, match="no attempt"):
        work_order(story.state, "g", FOLDERS, story.rules)


def test_a_scope_holds_the_results_that_the_nodes_own_texts_name_and_no_others() -> None:
    story = Story.begun(
        "a artifact: f.txt", "g gate: human_approval, needs: [a], options: [x]", "n needs: [a]",
        "b command: [say, '{{ nodes.a.output }}', '{{ nodes.g.selection }}'], needs: [g, n]",
    )  # fmt: skip
    story.ok("a", 1, "f.txt")
    story.ok("n")
    story.decide("approve", selections=("x",), feedback="good")
    story.claim()
    nodes: dict[str, Any] = scope_for(story.state, "b")["nodes"]
    assert nodes["a"] == {"status": "completed", "output": 1, "attempt": 1, "artifact": {"path": "f.txt", "sha256": HASH, "size": 5}}
    gate = {name: nodes["g"][name] for name in ("decision", "selection", "selections", "feedback")}
    assert gate == {"decision": "approve", "selection": "x", "selections": ["x"], "feedback": "good"}
    assert sorted(nodes) == ["a", "g"]


def test_clean_up_can_read_what_became_of_a_gate_that_failed() -> None:
    story = Story.begun("g gate: human_approval, timeout: 1s, on_timeout: fail", last=("t command: [say, '{{ nodes.g.decision }}']",))
    story.wait(1000)
    story.claim()
    found = scope_for(story.state, "t")["nodes"]["g"]
    assert (found["decision"], found["selections"], found["error"]["code"]) == ("timed_out", [], "gate_timed_out")
    assert (found["markers"], found["timed_out"], found["approved"]) == (["timed_out"], True, False)


def test_a_plan_knows_sections_guards_and_what_texts_read() -> None:
    plan = plan_of(
        "a on_fail: {command: [x, '{{ error.code }}']}", "g gate: human_approval, needs: [a], prompt: '{{ nodes.a.output }}'",
        "h gate: human_approval, needs: [g]",
        "b command: [x], env: {E: '{{ nodes.a.status }}'}, stdin: '{{ inputs.i }}', needs: [h], when: 'nodes.g.decision == 1'",
        "c python: 'm:f', needs: [b], artifact: '{{ nodes.b.output }}', with: {x: '{{ nodes.a.output }}'}",
        last=("t",), top="inputs: {i: {type: string}}",
    )  # fmt: skip
    assert plan.section == {"a": "body", "g": "body", "h": "body", "b": "body", "c": "body", "t": "finally", "a.on_fail": "handler"}
    assert plan.guards == {"h": ("g",), "b": ("h", "g")}
    assert plan.eager == {"g", "h", "b"}
    assert {name: sorted(read) for name, read in plan.reads.items() if read} == {"g": ["a"], "b": ["a", "g"], "c": ["a", "b"]}
    assert plan.is_handler("a.on_fail")
    assert compile_plan(plan.workflow, "d").digest == "d"


def test_a_scope_before_a_handlers_node_failed_names_no_error() -> None:
    story = Story.of("a on_fail: {command: [x]}")
    assert scope_for(story.state, "a.on_fail")["error"] == {"code": None, "message": None, "node_id": "a"}


@pytest.mark.parametrize(
    ("node", "idle"),
    [
        ("a metadata: {builder: {task_class: execute_goal}}", 1_800_000),
        ("a metadata: {builder: {task_class: external_data_inspection}}, idle_timeout: 10s", 10_000),
        ("a metadata: {builder: {task_class: another}}", 600_000),
        ("a metadata: {builder: execute_goal}", 600_000),
        ("a contract: {kind: x, validator: standup_update}", 120_000),
        ("a contract: {kind: structured_json}", 180_000),
        ("a contract: {kind: x}", 600_000),
    ],
)
def test_what_takes_long_may_be_silent_for_long(node: str, idle: int) -> None:
    assert order(Story.begun(node), "a").idle_ms == idle


def test_a_request_has_its_values_in_its_address_encoded_and_its_secrets_as_handles() -> None:
    story = Story.begun(
        "a http: 'https://a.example/{{ inputs.x }}?q={{ inputs.x }}', method: POST, body: {n: '{{ inputs.x }}'}, "
        "headers: {A: 'Bearer {{ secrets.forge }}', B: '{{ run.id }}'}",
        top="inputs: {x: {type: string}}", inputs={"x": "a/../b&c"},
    )  # fmt: skip
    key = order(story, "a").idempotency_key
    headers = {"Idempotency-Key": key, "B": "run-1"}
    assert order(story, "a").action == HttpOrder(
        "POST", "https://a.example/a%2F..%2Fb%26c?q=a%2F..%2Fb%26c", headers, {"A": ("Bearer ", "forge")}, {"n": "a/../b&c"}
    )  # fmt: skip
    story = Story.begun("a http: 'https://a.example/', method: POST, headers: {idempotency-key: mine}")
    assert order(story, "a").action == HttpOrder("POST", "https://a.example/", {"idempotency-key": "mine"})


@pytest.mark.parametrize(
    ("node", "value", "code"),
    [
        ("http: 'https://a.example/{{ inputs.x }}/b'", "..", "http_url_invalid"),
        ("http: 'https://a.example/', headers: {A: '{{ inputs.x }}'}", "a\r\nB: c", "http_header_invalid"),
        ("http: 'https://a.example/', headers: {A: '{{ inputs.x }}'}", "ü", "http_header_invalid"),
    ],
)  # fmt: skip
def test_a_request_that_its_values_would_change_is_not_made(node: str, value: str, code: str) -> None:
    story = Story.begun(f"a {node}", top="inputs: {x: {type: string}}", inputs={"x": value})
    found = work_order(story.state, "a", FOLDERS, story.rules)
    assert isinstance(found, Failure)
    assert (found.code, found.failure_class) == (code, "configuration")
