"""Every mistake that a `.wf` text can hold has its code, its place, what was found and what would have been right."""

from __future__ import annotations

from typing import Final

import pytest

from actors.workflow import WorkflowInvalid, load_text
from tests.actors.workflow.wf.texts import flow, refused

WRONG: Final = {
    "FL03-call": ('call "../../etc/passwd"', "agent_path_traversal", (2, 1), "../../etc/passwd"),
    "FL03-on_fail": ('call a { on_fail = "../oops/handler.md" }', "agent_path_traversal", (2, 10), "../oops/handler.md"),
    "FL16": ("call a { timeout = 30m }", "wf_unexpected_token", (2, 22), "quotes"),
    "FL17": ("while flag { max_iterations = 2 }", "loop_condition_not_marker", (2, 7), "flag"),
    "FL18": ("while a.b { call c }", "loop_requires_max_iterations", (2, 1), "max_iterations = 5"),
    "FL19": ("do { retries = 1 call a }", "do_unknown_option", (2, 6), '"retries"'),
    "FL20": ("parallel { fail_fast = false }", "parallel_requires_call", (2, 1), "no call"),
    "FL21": ("foreach f { over = t workflow = w }", "foreach_missing_key", (2, 1), '"max_parallel"'),
    "FL137": ('call a { with = [ ["a"] ] }', "wf_value_type", (2, 19), "a list"),
    "FL141": ("while a.b { max_iterations = 1 stuck_after = 1 call a }", "invalid_stuck_after", (2, 32), "from 2"),
    "sign": ("call a { retries = -1 }", "wf_unexpected_character", (2, 20), "'-'"),
    "hash": ("# a comment", "wf_unexpected_character", (2, 1), "//"),
    "block-comment": ("/* call a\n{ */ call b", "wf_unexpected_character", (2, 1), "//"),
    "number": ("call a { retries = 4294967296 }", "wf_invalid_integer", (2, 20), "4294967296"),
    "string-open": ('call a { with = "x', "wf_unterminated_string", (2, 17), "not closed"),
    "escape-open": ('call a { with = "x\\', "wf_unterminated_escape", (2, 19), "backslash"),
    "no-value": ("call a { with = }", "wf_expected_value", (2, 17), "found }"),
    "keyword-value": ("call a { with = meta }", "wf_expected_value", (2, 17), "found meta"),
    "two-dots": ("gate g { options = a.b.c }", "wf_unexpected_token", (2, 23), "quotes"),
    "comma": ("call a { with = x, as = y }", "wf_unexpected_token", (2, 18), "found ,"),
    "quoted-key": ('script s { run = "x" env = { "A" = "b" } }', "wf_unexpected_token", (2, 30), "key = value"),
    "map-in-map": ('script s { run = "x" env = { A = { B = "c" } } }', "wf_value_type", (2, 34), "a map"),
    "list-for-text": ("call a { as = [b] }", "wf_value_type", (2, 10), '"as" takes one text'),
    "not-a-node": ("foo", "wf_expected_node", (2, 1), "call or if or unless or while or do or parallel or gate or always"),
    "option-after-node": ("while a.b { call a max_iterations = 1 }", "wf_expected_node", (2, 20), "in front of the first statement"),
    "agent": ("call { }", "wf_expected_agent", (2, 6), "the name of an agent"),
    "agent-keyword": ("call gate", "wf_expected_agent", (2, 6), "found gate"),
    "agent-empty": ('call ""', "wf_expected_agent", (2, 1), "no name"),
    "retries": ('call a { retries = "many" }', "invalid_retries", (2, 10), '"retries" takes a whole number'),
    "max_turns": ("call a { max_turns = x }", "invalid_max_turns", (2, 10), '"max_turns"'),
    "duration": ('call a { timeout = "soon" }', "invalid_duration", (2, 10), "soon"),
    "duration-long": ('call a { timeout = "99999999999999999999d" }', "duration_overflow", (2, 10), "longer"),
    "duration-none": ('call a { timeout = "0s" }', "invalid_duration", (2, 10), "no time at all"),
    "do-named": ("do body { call a }", "wf_unexpected_token", (2, 4), "do { … }"),
    "do-condition": ("do { max_iterations = 2 call a }", "do_while_condition_missing", (3, 1), "while step.marker"),
    "do-endless": ("do { call a } while a.b", "loop_requires_max_iterations", (2, 1), "max_iterations"),
    "do-flag": ("do { max_iterations = 2 call a } while flag", "loop_condition_not_marker", (2, 40), "flag"),
    "max_iterations": ("while a.b { max_iterations = x }", "invalid_max_iterations", (2, 13), '"max_iterations"'),
    "on_max_iter": ("while a.b { max_iterations = 1 on_max_iter = stop }", "invalid_on_max_iter", (2, 32), "fail, continue"),
    "fail_fast": ("parallel { fail_fast = maybe call a }", "invalid_boolean", (2, 12), "true, false"),
    "min_success": ("parallel { min_success = x call a }", "invalid_min_success", (2, 12), '"min_success"'),
    "min_success-range": ("parallel { min_success = 2 call a }", "min_success_out_of_range", (2, 12), "at most 1"),
    "branch-condition": ('parallel { call a { if = "flag" } }', "branch_condition_not_marker", (2, 21), "step.marker"),
    "branch-retries": ("parallel { call a call b { retries = x } }", "invalid_retries", (2, 28), "branch 1"),
    "branch-other": ('parallel { script s { run = "x" } }', "wf_unexpected_token", (2, 12), "calls of agents alone"),
    "branch-workflow": ("parallel { call workflow w }", "wf_expected_agent", (2, 17), "found workflow"),
    "branch-option": ("parallel { call a fail_fast = true }", "wf_expected_node", (2, 19), "in front of the first call"),
    "script-run": ("script s { }", "script_requires_run", (2, 1), "script s"),
    "script-env": ('script s { run = "x" env = "A=b" }', "script_env_not_a_map", (2, 22), "script s"),
    "script-env-block": ('script s { run = "x" env { A = "b" } }', "script_env_not_a_map", (2, 22), "env ="),
    "script-duration": ('script s { run = "x" timeout = "-1" }', "invalid_duration", (2, 22), "script s"),
    "foreach-map": ("foreach f { over = t workflow = w max_parallel = 1 scope = x }", "foreach_not_a_map", (2, 52), "scope ="),
    "foreach-block": ("foreach f { over = t workflow = w max_parallel = 1 inputs { a = b } }", "foreach_not_a_map", (2, 52), "inputs ="),
    "foreach-parallel": ("foreach f { over = t workflow = w max_parallel = x }", "invalid_max_parallel", (2, 35), "foreach f"),
    "foreach-ordered": ("foreach f { over = t workflow = w max_parallel = 1 ordered = yes }", "invalid_ordered", (2, 52), "true, false"),
    "foreach-cycle": ("foreach f { over = t workflow = w max_parallel = 1 on_cycle = x }", "invalid_on_cycle", (2, 52), "fail, warn"),
    "foreach-child": (
        "foreach f { over = t workflow = w max_parallel = 1 on_child_fail = x }", "invalid_on_child_fail", (2, 52),
        "continue, halt, skip_dependents",
    ),
    "sub-inputs": ("call workflow w { inputs = x }", "wf_value_type", (2, 19), "inputs are a map"),
    "rework": ("gate human_review { rework = [plan] }", "rework_target_unknown", (2, 21), '"plan"'),
    "flag-attribute": ("inputs { a required = true }", "wf_unexpected_token", (2, 21), "without a value"),
    "condition": ("if { call a }", "wf_unexpected_token", (2, 4), "step.marker"),
}  # fmt: skip


@pytest.mark.parametrize(("body", "code", "place", "words"), WRONG.values(), ids=WRONG)
def test_a_mistake_is_one_problem_with_its_code_place_and_words(body: str, code: str, place: tuple[int, int], words: str) -> None:
    text = flow(body) if not code.startswith("wf_unterminated") else f"workflow w {{\n{body}"
    [problem] = refused(text)
    assert (problem.code, (problem.line, problem.column), problem.file) == (code, place, "test.wf")
    assert words in problem.message
    assert problem.stage == ("lexer" if code.startswith(("wf_unterminated", "wf_unexpected_character", "wf_invalid_integer")) else "parser")
    with pytest.raises(WorkflowInvalid) as raised:
        load_text(text, notation="wf", source="test.wf", folder=None)
    assert raised.value.problems == (problem,)


@pytest.mark.parametrize(
    "text", ["this is not valid DSL", "my_wf { call plan }", "", "workflow", "workflow x", "workflow x {", "meta"], ids=repr
)
def test_fl09_a_text_that_is_no_workflow_has_a_problem_with_line_and_column(text: str) -> None:
    [problem] = refused(text)
    assert (problem.code, problem.line, problem.column > 0) == ("wf_unexpected_token" if text != "workflow x {" else problem.code, 1, True)


def test_all_mistakes_are_told_at_once_each_at_its_place() -> None:
    text = flow("call a { timeout = 30m }\ncall b bar\nif x { call }\nscript s { }\nwhile q { max_iterations = 1 }\ncall ok")
    found = sorted((problem.line, problem.code) for problem in refused(text))
    assert found == [
        (2, "wf_unexpected_token"), (3, "wf_expected_node"), (4, "wf_expected_agent"), (5, "script_requires_run"),
        (6, "loop_condition_not_marker"),
    ]  # fmt: skip


def test_a_block_of_which_a_call_could_not_be_read_is_not_told_to_be_empty() -> None:
    assert [problem.code for problem in refused(flow("parallel { min_success = 1 call { } }"))] == ["wf_expected_agent"]


def test_what_stands_behind_the_last_brace_is_ignored_also_where_it_is_no_word() -> None:
    assert refused('workflow w { } # $ "') == ()


def test_blocks_are_nested_as_deep_as_can_be_stored_and_no_deeper() -> None:
    deep = 'call "a.md"'
    for _ in range(9):
        deep = f"while a.b {{ max_iterations = 1 {deep} }}"
    assert refused(flow(deep)) == ()
    assert [problem.code for problem in refused(flow(f"if x {{ {deep} }}"))] == ["file_too_deep"]


def test_a_file_that_is_too_large_is_refused_before_it_is_read() -> None:
    assert [problem.code for problem in refused(flow("// " + "x" * 300_000))] == ["file_too_large"]
