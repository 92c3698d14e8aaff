"""The candidates of a baseline, in their order."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from actors.campaign.config import Phase1
from actors.campaign.generator import GUIDANCE_SECOND, HINT_FALLBACK, OBJECTIVE_SECOND, candidates, hint_of
from actors.campaign.mutation import validate
from tests.actors.campaign.table import C0, POLICY, W0, changed, node, policy, workflow


def options(definition: dict[str, Any], config: Phase1 = C0) -> list[tuple[str, Any]]:
    return [(found.mutation.field, found.mutation.after) for found in candidates(definition, config)]


def test_o13_of_a_short_workflow_only_the_knobs_move() -> None:
    assert options(W0) == [("timeout_ms", 69_000), ("retry_policy_max_attempts", 2)]


def test_o15_guidance_grows_twice_and_no_more() -> None:
    first = "g" * 152
    contract = {"kind": "report", "validator": "research_brief", "summary_guidance": first}
    text = dict(options(changed(output_contract=contract)))["output_contract_summary_guidance"]
    assert text == f"{first} Back every claim with a named source."
    longer = dict(options(changed(output_contract={**contract, "summary_guidance": text})))["output_contract_summary_guidance"]
    assert longer == f"{text} {GUIDANCE_SECOND}"
    assert "output_contract_summary_guidance" not in dict(options(changed(output_contract={**contract, "summary_guidance": longer})))


def test_an_objective_grows_by_the_hint_and_then_by_the_second_sentence() -> None:
    hint = hint_of(C0.objective_markdown)
    text = dict(options(changed(objective="o" * 400)))["objective"]
    assert text == f"{'o' * 400} {hint}"
    longer = dict(options(changed(objective=text)))["objective"]
    assert longer == f"{text} {OBJECTIVE_SECOND}"
    assert "objective" not in dict(options(changed(objective=longer)))


def test_o53_the_hint_is_cut_between_characters() -> None:
    assert hint_of("a" + 100 * "é") == "a" + 69 * "é" + "."


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("", HINT_FALLBACK),
        ("# Only a heading", HINT_FALLBACK),
        (" Be clear. \n\n# x\nBe short... ", "Be clear. Be short."),
        ("...", HINT_FALLBACK),
    ],
    ids=["empty", "heading", "lines", "dots"],
)
def test_the_hint_is_one_sentence(text: str, hint: str) -> None:
    assert hint_of(text) == hint


@pytest.mark.parametrize(
    ("fields", "found"),
    [
        ({"timeout_ms": 620_000}, [("timeout_ms", 600_000), ("retry_policy_max_attempts", 2)]),
        ({"retry_policy": {"retries": 4}}, [("timeout_ms", 69_000), ("retry_policy_retries", 3)]),
        ({"retry_policy": {"retries": 5}}, [("timeout_ms", 69_000)]),
        ({"timeout_ms": 600_000}, [("retry_policy_max_attempts", 2)]),
        ({"retry_policy": {"max_attempts": 3}}, [("timeout_ms", 69_000)]),
        ({"timeout_ms": None, "retry_policy": None, "objective": None, "output_contract": None}, []),
    ],
    ids=["timeout-clamped", "retries-clamped", "retries-too-far", "timeout-at-the-end", "attempts-at-the-end", "nothing-there"],
)
def test_knobs_go_up_and_what_is_beyond_comes_down(fields: dict[str, Any], found: list[tuple[str, Any]]) -> None:
    assert options(changed(**fields)) == found


def test_what_is_not_allowed_is_not_tried() -> None:
    assert options(W0, evolve(C0, mutation_policy=policy(allowed_knob_fields=("timeout_ms",)))) == [("timeout_ms", 69_000)]


nodes = st.builds(
    node,
    objective=st.text(min_size=1, max_size=900),
    timeout_ms=st.integers(1, 10**6),
    retry_policy=st.dictionaries(st.sampled_from(["max_attempts", "retries"]), st.integers(-1, 9)),
    output_contract=st.builds(dict, kind=st.just("report"), validator=st.just("v"), summary_guidance=st.text(max_size=400)),
)


@given(st.lists(nodes, min_size=1, max_size=3), st.text(max_size=200))
def test_every_candidate_is_one_that_the_rules_accept_and_comes_out_the_same_again(found: list[dict[str, Any]], objective: str) -> None:
    base = workflow(*[{**one, "node_id": f"n{at}"} for at, one in enumerate(found)])
    config = evolve(C0, objective_markdown=objective)
    made = list(candidates(base, config))
    assert [validate(base, one.snapshot, POLICY) for one in made] == [one.mutation for one in made]
    assert made == list(candidates(base, config))
    assert len({(one.mutation.node_id, one.mutation.field) for one in made}) == len(made)
