"""What is written as YAML is read as the same."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actors.workflow.problems import Report
from actors.workflow.yaml_text import read_yaml
from actors.workflow.yaml_writer import write_yaml

TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=12) | st.sampled_from(
    ["", "~", "null", "True", "no", "1", "0x1f", "1e3", ".inf", "- a", "a: b", "a #b", "|",
     "a\nb", "a\n", "\na", " a", "a \nb", "a\tb\n", "\u0085", "\u2028", "\ufeff"]
)  # fmt: skip
NUMBERS = st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False)
TREES = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3), max_leaves=8,
)  # fmt: skip


@settings(max_examples=200)
@given(st.dictionaries(TEXTS, TREES, min_size=1, max_size=4))
def test_a_tree_comes_back_as_it_was(tree: dict[str, object]) -> None:
    report = Report("x.yaml")
    assert read_yaml(write_yaml(tree), report) == tree
    assert report.problems == []


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("plain words", "k: plain words\n"), ("yes", 'k: "yes"\n'), ("{{ a }}", 'k: "{{ a }}"\n'),
        ("two\nlines\n", "k: |\n  two\n  lines\n"),
        (["a", "b"], "k: [a, b]\n"), ([{"a": 1}], "k:\n  - a: 1\n"),
    ],
    ids=["words", "word-of-yaml", "template", "lines", "short-list", "list-of-maps"],
)  # fmt: skip
def test_people_can_read_it(value: object, written: str) -> None:
    assert write_yaml({"k": value}) == written
