"""Flat templates: what stands for `{{key}}`, and where it comes from."""

from __future__ import annotations

import pytest

from actors.flow.results import ContextEntry, context_entry, result_of
from actors.flow.substitution import substitute, substitute_in
from actors.flow.variables import RESERVED, Facts, Variables, export_warnings, exports_of
from actors.workflow.template import TemplateError


def test_fl105_what_stands_in_a_variable_is_not_looked_at_again() -> None:
    assert substitute("{{a}}", {"a": "{{b}}", "b": "injected"}) == "{{b}}"


def test_fl106_unknown_ones_vanish_or_stay() -> None:
    text, known = "hello {{name}} and {{unknown}}", {"name": "world"}
    assert substitute(text, known) == "hello world and "
    assert substitute(text, known, keep=True) == "hello world and {{unknown}}"
    assert substitute("{{ name }} {{name", known, keep=True) == "{{ name }} {{name"
    assert substitute_in({"a": ["{{name}}", 1], "b": ("{{x}}",)}, known) == {"a": ["world", 1], "b": [""]}


def test_quoted_values_are_one_word_and_a_nul_makes_none() -> None:
    assert substitute("echo {{t}} {{u}}", {"t": "a'; rm -rf / #"}, quote=True) == "echo 'a'\"'\"'; rm -rf / #' "
    with pytest.raises(TemplateError, match="NUL"):
        substitute("{{t}}", {"t": "\0"}, quote=True)


def _exported(**fields: object) -> ContextEntry:
    return ContextEntry("x", structured_output={"markers": [], **fields})


def test_fl107_an_export_holds_until_another_comes() -> None:
    first, none, third = _exported(base_branch="release/0.10.0"), ContextEntry("y", "words"), _exported(base_branch="main")
    assert Variables(Facts("r", contexts=[first, none]))["base_branch"] == "release/0.10.0"
    known = Variables(Facts("r", contexts=[first, none, third]))
    assert known["base_branch"] == "main"
    assert len(known) == len(list(known)) == len(dict(known))


def test_the_whole_map() -> None:
    entry = ContextEntry("plan", "said", ("m",), 2, {"context": "said", "n": 1, "dry_run": "no", "topic": "no", "extra": "yes"}, "a.json")
    facts = Facts(
        "run-1", {"topic": "x", "strict": True, "count": 2}, [entry], "please", ["a"], dry_run=True, more={"workflow_status": "failed"}
    )
    assert dict(Variables(facts)) == {
        "topic": "x", "strict": "true", "count": "2", "workflow_run_id": "run-1", "prior_context": "said",
        "prior_contexts": '[{"label":"plan","iteration":2,"context":"said","markers":["m"],"structured_output":'
        '{"context":"said","n":1,"dry_run":"no","topic":"no","extra":"yes"},"output_file":"a.json"}]',
        "gate_feedback": "please", "gate_selections": '["a"]', "dry_run": "true", "extra": "yes", "prior_output_file": "a.json",
        "prior_output": '{"context":"said","n":1,"dry_run":"no","topic":"no","extra":"yes"}', "workflow_status": "failed",
    }  # fmt: skip
    assert dict(Variables(Facts("r"))) == {"workflow_run_id": "r", "prior_context": "", "prior_contexts": "[]", "dry_run": "false"}


def test_exports_that_are_none_are_told() -> None:
    assert exports_of({"markers": "a", "x": "y"}) == {}
    assert export_warnings({"context": 1}, RESERVED)[0].startswith("export_unreadable")
    assert [text.split("'")[1] for text in export_warnings({"repo_id": "1", "dry_run": "no", "x": "y"}, RESERVED)] == ["dry_run", "repo_id"]
    assert export_warnings("text", RESERVED) == ()


def test_what_an_output_says_of_itself() -> None:
    found = result_of("a", "A", {"markers": ["m", 1], "context": "c", "x": 1}, output_file="f")
    assert (found.markers, found.context, found.structured_output) == (("m",), "c", {"markers": ["m", 1], "context": "c", "x": 1})
    assert context_entry(found, 3) == ContextEntry("A", "c", ("m",), 3, found.structured_output, "f")
    assert result_of("a", "A", {"markers": "m", "context": 1}).markers == ()
    assert result_of("a", "A", "x" * 3000).context == "x" * 2000
    assert result_of("a", "A", [1]).context == ""
