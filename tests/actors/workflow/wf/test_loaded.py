"""A `.wf` text through the door of all notations: the model, its digest, what it says in the others."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actors.workflow import WorkflowInvalid, digest, encode, load_file, load_text
from actors.workflow.convert import convert
from actors.workflow.parse import Loaded, Notation
from tests.actors.workflow.wf.test_mapping import MODEL, SINGLE
from tests.actors.workflow.wf.texts import EXAMPLES, GOLDEN, flow

DIGEST = "f6798c120696292cd0e71b50b1aa99b39c6b2c285f3e2898e2e57b574b4b9b2d"
WAYS: dict[str, tuple[Notation, ...]] = {"yaml": ("json", "yaml", "json"), "wf": ("json", "wf", "json"), "both": ("yaml", "wf", "yaml")}


def load(text: str, notation: Notation = "wf") -> Loaded:
    return load_text(text, notation=notation, source="test.wf", folder=None)


def through(loaded: Loaded, notations: tuple[Notation, ...]) -> Loaded:
    """The workflow after it was written in one notation after the other."""
    for notation in notations:
        loaded = load(convert(loaded, notation, source="test.wf", folder=None), notation)
    return loaded


def test_fl117_the_worked_example_has_the_digest_that_is_given(tmp_path: Path) -> None:
    (tmp_path / "demo.wf").write_text(GOLDEN)
    loaded = load_file(tmp_path / "demo.wf")
    assert encode(loaded.workflow).decode() == MODEL
    assert (digest(loaded.workflow), loaded.warnings) == (DIGEST, ())


@pytest.mark.parametrize("text", EXAMPLES.values(), ids=EXAMPLES)
@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_fl121_an_example_is_the_same_byte_for_byte_on_every_way(text: str, way: tuple[Notation, ...]) -> None:
    loaded = load(text)
    assert encode(through(loaded, way).workflow) == encode(loaded.workflow)


def test_fl122_what_needs_two_nodes_cannot_be_said_in_wf() -> None:
    chained = "workflow: w\ntemplating: flat\nfail_fast: true\nsequence: true\nnodes:\n" + "".join(
        f"- {{id: {name}, shell: x, retry: {{max_attempts: 1, on: ['*']}}{more}}}\n"
        for name, more in (("a", ""), ("b", ""), ("c", ", needs: [a, b]"))
    )
    with pytest.raises(WorkflowInvalid) as raised:
        convert(load(chained, "yaml"), "wf", source="w.yaml", folder=None)
    [problem] = raised.value.problems
    assert (problem.code, problem.path, problem.line) == ("wf_not_expressible", "flow.nodes[2].needs", 8)


def test_fl01_fl06_the_header_of_a_workflow() -> None:
    workflow = load("workflow my_wf {\n}").workflow
    assert (workflow.workflow_id, workflow.label or workflow.workflow_id, workflow.name) == ("my_wf", "my_wf", None)
    assert (workflow.nodes, workflow.finally_, workflow.execution.fail_fast) == ((), (), True)
    assert load(flow('meta { targets = ["worktree", "ticket"] }')).workflow.targets == ("worktree", "ticket")
    assert load(flow('meta { targets = "repo" }')).workflow.targets == ("repo",)


def test_fl07_a_trigger_that_there_is_not() -> None:
    with pytest.raises(WorkflowInvalid) as raised:
        load(flow("meta { trigger = cron }"))
    [problem] = raised.value.problems
    assert (problem.code, problem.line, problem.column) == ("unknown_trigger", 2, 8)


@pytest.mark.parametrize("word", ["pr", "scheduled"])
def test_fl08_a_trigger_that_starts_nothing_is_a_remark(word: str) -> None:
    loaded = load(flow(f"meta {{ trigger = {word} }}"))
    assert (loaded.workflow.trigger, [warning.code for warning in loaded.warnings]) == (word, ["trigger_not_active"])


GATES = {
    "min_approvals": ("min_approvals = 0", "invalid_min_approvals"), "mode": ("mode = any", "invalid_gate_mode"),
    "on_reject": ("on_reject = retry", "invalid_on_reject"), "on_timeout": ("on_timeout = wait", "invalid_on_timeout"),
    "decisions": ("decisions = [maybe]", "gate_decisions_invalid"),
    "conflict": ("mode = review_decision min_approvals = 2", "gate_mode_conflict"),
}  # fmt: skip
QUALITY = {
    "source": ("threshold = 5", "quality_gate_requires_source"), "threshold": ("source = a", "quality_gate_requires_threshold"),
    "range": ("source = a threshold = 101", "invalid_threshold"), "number": ("source = a threshold = high", "invalid_threshold"),
    "on_fail": ("source = a threshold = 5 on_fail = stop", "invalid_quality_on_fail"),
    "options": ("source = a threshold = 5 options = [x]", "quality_gate_options_forbidden"),
    "key": ('source = a threshold = 5 timeout = "1h"', "quality_gate_key_forbidden"),
}  # fmt: skip


@pytest.mark.parametrize(
    ("gate", "code"),
    [(f"gate human_review {{ {body} }}", code) for body, code in GATES.values()]
    + [(f"gate quality_gate {{ {body} }}", code) for body, code in QUALITY.values()],
    ids=[*GATES, *QUALITY],
)
def test_the_rules_of_gates_hold_and_are_told_where_the_option_stands(gate: str, code: str) -> None:
    with pytest.raises(WorkflowInvalid) as raised:
        load(flow(f"call a\n{gate}"))
    assert [(problem.code, problem.line) for problem in raised.value.problems] == [(code, 3)]


def test_a_placeholder_in_quotes_and_a_path_that_leads_upwards_are_refused_with_their_places() -> None:
    with pytest.raises(WorkflowInvalid) as raised:
        load(flow('script s {\n  run = "echo \\"{{title}}\\""\n}'))
    assert [(problem.code, problem.line) for problem in raised.value.problems] == [("script_placeholder_in_quotes", 3)]


# Those that ask for no result of a step before them, which would have to be there.
FREE = ("call", "handler-path", "keyword-agent", "keyword-script", "sub", "do", "foreach", "gate", "gate-at-once")
STATEMENTS = [SINGLE[name][0] for name in FREE]


@pytest.mark.no_cover  # far more of the same: measuring it would take longer than doing it
@settings(max_examples=60)
@given(st.lists(st.sampled_from(STATEMENTS), max_size=5), st.lists(st.sampled_from(["if x {", "do {", "unless x {"]), max_size=4))
def test_workflows_of_any_statements_are_the_same_on_every_way(bodies: list[str], around: list[str]) -> None:
    text = flow("inputs { x boolean }\n" + " ".join(around) + "\n" + "\n".join(bodies) + "}" * len(around) + "\ncall end")
    loaded = load(text)
    for way in WAYS.values():
        assert encode(through(loaded, way).workflow) == encode(loaded.workflow)
