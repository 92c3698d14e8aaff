"""What each statement becomes in the model."""

from __future__ import annotations

import json
from typing import Any, Final

import pytest

from tests.actors.workflow.wf.texts import GOLDEN, flow, only, read, refused, tree, warned

ONCE: Final = {"max_attempts": 1, "retryable_failure_classes": ["*"]}
MODEL: Final = (
    '{"execution":{"fail_fast":true},'
    '"flow":{"finally":[{"kind":"shell","node_id":"note","retry_policy":{"max_attempts":1,"retryable_failure_classes":["*"]},'
    '"run":"echo {{workflow_status}}"}],"nodes":['
    '{"kind":"agent","node_id":"plan","persona_id":"plan","retry_policy":{"max_attempts":1,"retryable_failure_classes":["*"]}},'
    '{"kind":"group","needs":[{"node":"plan","until":"settled"}],"node_id":"if.1",'
    '"nodes":[{"kind":"agent","label":"agents/audit.md","node_id":"audit","persona_path":"agents/audit.md",'
    '"retry_policy":{"max_attempts":2,"retryable_failure_classes":["*"]}}],"when":"marker(\\"plan\\", \\"risky\\")"},'
    '{"absolute_timeout_ms":120000,"kind":"agent","label":"plan","needs":[{"node":"if.1","until":"settled"}],"node_id":"plan.2",'
    '"on_fail":{"persona_id":"medic"},"persona_id":"plan","result_key":"plan",'
    '"retry_policy":{"max_attempts":1,"retryable_failure_classes":["*"]}}]},'
    '"inputs":[{"name":"strict","type":"boolean"},{"name":"topic","required":true}],"label":"Demo","templating":"flat",'
    '"workflow_id":"demo"}'
)


def test_fl117_the_worked_example_becomes_the_model_that_is_shown() -> None:
    found, report = read(GOLDEN)
    assert json.dumps(found, sort_keys=True, separators=(",", ":"), ensure_ascii=False) == MODEL
    assert (report.problems, report.warnings) == ([], [])


def test_fl01_an_empty_workflow() -> None:
    found, report = read("workflow my_wf {\n}")
    assert found == {"workflow_id": "my_wf", "templating": "flat", "execution": {"fail_fast": True}, "flow": {"nodes": []}}
    assert (report.problems, report.file) == ([], "test.wf")


def test_fl02_a_path_is_a_reference_by_path_and_its_stem_the_key() -> None:
    node = only('call "agents/plan.md"')
    assert (node["persona_path"], node["node_id"], node["label"], "persona_id" in node) == (
        "agents/plan.md",
        "plan",
        "agents/plan.md",
        False,
    )


def test_fl04_fl05_the_rules_of_inputs() -> None:
    assert tree('inputs { env required debug boolean branch default = "main" x }')["inputs"] == [
        {"name": "env", "required": True}, {"name": "debug", "type": "boolean"}, {"name": "branch", "default": "main"},
        {"name": "x", "required": True},
    ]  # fmt: skip
    [both, flag] = tree('inputs { a required default = "1" description = "d" b boolean required default = true }')["inputs"]
    assert both == {"name": "a", "required": True, "default": "1", "description": "d"}
    assert flag == {"name": "b", "type": "boolean", "default": True}


@pytest.mark.parametrize(
    ("value", "targets"), [('["worktree", "ticket"]', ["worktree", "ticket"]), ('"repo"', ["repo"])], ids=["list", "one"]
)
def test_fl06_targets_are_a_list_or_one(value: str, targets: list[str]) -> None:
    assert tree(f"meta {{ targets = {value} }}")["targets"] == targets


def test_the_words_of_meta_become_fields_of_the_workflow() -> None:
    found = tree('meta { title = "T" description = "D" group = g trigger = pr }\nmeta { title = "U" }')
    assert [found[key] for key in ("name", "description", "group", "trigger")] == ["U", "D", "g", "pr"]


def test_fl119_a_do_before_a_while_with_a_block_is_a_statement_of_its_own() -> None:
    [plain, loop] = tree("do { call a } while x.y { max_iterations = 1 call b }")["flow"]["nodes"]
    assert (plain["node_id"], "repeat" in plain) == ("do.1", False)
    assert (loop["node_id"], loop["repeat"]) == ("while.1", {"while": 'marker("x", "y")', "max_iterations": 1})


def test_fl133_inputs_of_another_workflow_are_merged_in_their_order() -> None:
    node = only('call workflow w { inputs = { a = "1" } inputs { a = "2" b = "3" } }')
    assert node["inputs"] == {"a": "2", "b": "3"}
    assert [warning.code for warning in warned('call workflow w { inputs = { a = "1" } inputs { a = "2" } }')] == ["duplicate_key"]


def test_fl136_an_unknown_key_is_a_warning_with_the_known_ones() -> None:
    unknown, discarded = warned("call a { retires = 2 }\nif x { x = 1 call b }")
    assert (unknown.code, unknown.line, unknown.column, "retries" in unknown.allowed) == ("unknown_key", 2, 10, True)
    assert 'Did you mean "retries"?' in unknown.message
    assert (discarded.code, discarded.line, discarded.column, discarded.allowed) == ("unknown_key", 3, 8, ())


SINGLE: Final[dict[str, tuple[str, dict[str, Any]]]] = {
    "call": ('call a { retries = 2 output = s with = [x, y] as = me plugin_dirs = "/p" max_turns = 3 timeout = 90 on_fail = continue }', {
        "retry_policy": {"max_attempts": 3, "retryable_failure_classes": ["*"]}, "output_schema": "s", "snippets": ["x", "y"],
        "as_identity": "me", "plugin_dirs": ["/p"], "max_turns": 3, "absolute_timeout_ms": 90_000, "on_fail": "continue",
    }),
    "handler-path": ('call a { on_fail = "agents/m.md" }', {"on_fail": {"persona_path": "agents/m.md"}}),
    "handler-name": ('call a { on_fail = "medic" }', {"on_fail": {"persona_id": "medic"}}),
    "handler-none": ("call a { on_fail = fail }", {"kind": "agent", "persona_id": "a"}),
    "timeout-template": ('call a { timeout = "{{limit}}" }', {"timeout": "{{limit}}"}),
    "keyword-agent": ("call default", {"persona_id": "default"}),
    "keyword-script": ('script gate { run = "x" env = { if = "y" } }', {"node_id": "gate", "run": "x", "env": {"if": "y"}}),
    "sub": ('call workflow Big_One { timeout = "1h" }', {
        "kind": "workflow", "workflow": "big_one", "result_key": "Big_One", "label": "workflow:Big_One", "node_id": "big_one",
        "absolute_timeout_ms": 3_600_000,
    }),
    "unless": ("unless x { }", {"node_id": "unless.1", "when": '!flag("x")', "nodes": []}),
    "unless-marker": ("unless a.b { }", {"when": '!marker("a", "b")'}),
    "while": ("while a.b { max_iterations = 3 stuck_after = 2 on_max_iter = continue }", {
        "repeat": {"while": 'marker("a", "b")', "max_iterations": 3, "stuck_after": 2, "on_max_iter": "continue"},
    }),
    "do-while": ("do { max_iterations = 3 output = s with = t } while a.b", {
        "node_id": "do_while.1", "repeat": {"do_while": 'marker("a", "b")', "max_iterations": 3}, "output_schema": "s", "snippets": ["t"],
    }),
    "do": ("do { output = s with = [a b] }", {"node_id": "do.1", "output_schema": "s", "snippets": ["a", "b"]}),
    "parallel": ('parallel { fail_fast = false min_success = 1 call a { if = "x.y" } call b }', {
        "node_id": "parallel.1", "parallel": {"fail_fast": False, "min_success": 1},
        "nodes": [
            {"node_id": "a", "kind": "agent", "persona_id": "a", "retry_policy": ONCE, "when": 'marker("x", "y")'},
            {"node_id": "b", "kind": "agent", "persona_id": "b", "retry_policy": ONCE},
        ],
    }),
    "foreach": ('foreach T { over = list max_parallel = 0 workflow = W scope = { values = "a, b" } filter = {} ordered = false }', {
        "node_id": "foreach-t", "result_key": "foreach:T", "label": "foreach:T",
        "foreach": {"over": "list", "max_parallel": 0, "workflow": "w", "scope": {"values": "a, b"}, "filter": {}, "ordered": False},
    }),
    "gate": ("gate human_approval { }", {
        "node_id": "human_approval", "kind": "gate",
        "gate": {
            "type": "human_approval", "name": "human_approval", "expiry_policy": {"expires_after_ms": 86_400_000, "on_expiry": "fail"},
        },
    }),
    "gate-at-once": ('gate x { timeout = 0 on_timeout = remind remind_every = "1h" approvers = [1 "@s"] separate_from_author = true }', {
        "gate": {
            "type": "x", "name": "x", "approvers": [1, "@s"], "separate_from_author": True,
            "expiry_policy": {"expires_after_ms": 1, "on_expiry": "remind", "remind_every_ms": 3_600_000},
        },
    }),
    "quality": ("gate quality_gate { source = s threshold = 80 }", {
        "node_id": "quality_gate", "gate": {"type": "quality_gate", "name": "quality_gate", "source": "s", "threshold": 80},
    }),
}  # fmt: skip


@pytest.mark.parametrize(("statement", "fields"), SINGLE.values(), ids=SINGLE)
def test_a_statement_becomes_a_node_with_these_fields(statement: str, fields: dict[str, Any]) -> None:
    node = only(statement)
    assert {key: node.get(key) for key in fields} == fields


def test_a_gate_names_what_it_sends_back_by_the_nearest_earlier_node_with_that_key() -> None:
    nodes = tree(
        'call plan\ncall plan\ngate human_review { name = pick prompt = "Pick" options = plan.targets timeout = "48h" rework = [plan] }'
    )
    assert nodes["flow"]["nodes"][-1] == {
        "node_id": "pick", "kind": "gate", "needs": [{"node": "plan.2", "until": "settled"}],
        "gate": {
            "type": "human_review", "name": "pick", "instructions": "Pick", "options": "plan.targets", "rework_targets": ["plan.2"],
            "expiry_policy": {"expires_after_ms": 172_800_000, "on_expiry": "fail"},
        },
    }  # fmt: skip


def test_ids_are_given_in_the_order_of_the_text_the_body_before_always() -> None:
    found = tree("always { call a if x { call b } }\ncall a\nif x { if y { call b } }\nalways { call c }")
    body, final = found["flow"]["nodes"], found["flow"]["finally"]
    assert [node["node_id"] for node in body] == ["a", "if.1"]
    assert [node["node_id"] for node in (body[1]["nodes"][0], *body[1]["nodes"][0]["nodes"])] == ["if.2", "b"]
    assert [node["node_id"] for node in final] == ["a.2", "if.3", "c"]
    assert final[2]["needs"] == [{"node": "if.3", "until": "settled"}]


def test_the_id_of_a_handler_is_taken() -> None:
    nodes = tree('call a { on_fail = m }\ncall "x/a.on_fail.md"')["flow"]["nodes"]
    assert [node["node_id"] for node in nodes] == ["a", "a.on_fail.2"]


WARNED: Final = {
    "duplicate": ("call a { retries = 1 retries = 2 }", "duplicate_key", (2, 22)),
    "duplicate-input": ("inputs { a required a }", "duplicate_key", (2, 21)),
    "clamped": ("call a { retries = 12 }", "retries_clamped", (2, 10)),
    "always": ("if x { always { call a } }", "nested_always", (2, 8)),
    "meta": ('meta { titel = "x" }', "unknown_key", (2, 8)),
    "always-option": ("always { x = 1 }", "unknown_key", (2, 10)),
}


@pytest.mark.parametrize(("body", "code", "place"), WARNED.values(), ids=WARNED)
def test_a_remark_has_its_code_and_place(body: str, code: str, place: tuple[int, int]) -> None:
    [warning] = warned(body)
    assert (warning.code, (warning.line, warning.column), warning.stage) == (code, place, "parser")


def test_later_keys_and_inputs_win_and_retries_are_at_most_nine() -> None:
    nodes = tree("call a { retries = 1 retries = 2 }\ncall b { retries = 12 }")["flow"]["nodes"]
    assert [node["retry_policy"]["max_attempts"] for node in nodes] == [3, 10]


def test_text_behind_the_workflow_is_a_remark() -> None:
    found, report = read("workflow w { } and more")
    assert (found["flow"], [warning.code for warning in report.warnings]) == ({"nodes": []}, ["trailing_text"])


def test_strings_span_lines_and_know_four_escapes() -> None:
    assert only('script s { run = "a\\n\\t\\"\\\\\\q\nb" }')["run"] == 'a\n\t"\\q\nb'


def test_keywords_are_names_but_for_meta_and_do() -> None:
    assert only("if call.while { }")["when"] == 'marker("call", "while")'
    assert only("call a { with = foreach }")["snippets"] == ["foreach"]
    assert [problem.code for problem in refused(flow("if meta.x { }"))] == ["wf_unexpected_token"]


def test_the_place_of_a_node_and_of_its_options_is_known_to_what_reads_the_model() -> None:
    _, report = read(flow("call a\ngate g {\n min_approvals = 0 }"))
    assert report.places[("flow", "nodes", 1)] == (3, 1)
    assert report.places[("flow", "nodes", 1, "gate", "min_approvals")] == (4, 2)
