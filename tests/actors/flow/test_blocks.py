"""The block in which scripts and agents say their markers and context."""

from __future__ import annotations

from typing import Any

import pytest

from actors.flow.blocks import END, START, read_block


def _block(inner: str) -> str:
    return f"{START}\n{inner}\n{END}\n"


def test_fl110_the_last_real_block_counts_and_a_tag_inside_a_text_is_none() -> None:
    first = _block("{not json}") + "between\n" + _block('{"markers": ["old"]}')
    last = _block('{"markers": ["new"], "context": "said <<<FLOW_OUTPUT>>> in a text", "base_branch": "main"}')
    assert read_block(first + last + f"{START} and no object") == {
        "markers": ["new"], "context": "said <<<FLOW_OUTPUT>>> in a text", "base_branch": "main",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("inner", "found"),
    [
        pytest.param('{"markers": ["a", "b",], "context": "x, ]",}', {"markers": ["a", "b"], "context": "x, ]"}, id="FL111-commas"),
        pytest.param('{"context": "C:\\path"}', {"markers": [], "context": "C:\\path"}, id="FL111-backslash"),
        pytest.param('{"context": "a\\\\b\\"c\\u0041"}', {"markers": [], "context": 'a\\b"cA'}, id="sound-escapes-stay"),
        pytest.param('```json\n{"context": "x"}\n```', {"markers": [], "context": "x"}, id="FL111-fenced"),
        pytest.param('{"markers": "a"}', None, id="FL111-markers-as-text"),
        pytest.param('{"markers": [1]}', None, id="markers-of-numbers"),
        pytest.param('{"context": 1}', None, id="context-as-number"),
        pytest.param('["a"]', None, id="no-object"),
        pytest.param('{"context": ', None, id="cut-off"),
        pytest.param('{"context": "\ud800"}', None, id="half-a-character"),
    ],
)
def test_what_models_get_wrong_is_put_right_and_the_rest_is_no_block(inner: str, found: dict[str, Any] | None) -> None:
    assert read_block(_block(inner)) == found


def test_without_an_end_or_a_beginning_there_is_none() -> None:
    assert read_block(f'{START} {{"markers": []}}') is None
    assert read_block("plain output") is None


@pytest.mark.parametrize(
    "inner",
    ['{"' + '\\"' * 300_000, "```" + " " * 300_000 + "x", "{" + ", " * 300_000, "{" + '"' * 300_001],
    ids=["text", "fence", "commas", "quotes"],
)
def test_hostile_text_is_looked_at_once(inner: str) -> None:
    assert read_block(_block(inner)) is None


def test_a_fence_without_its_end_is_no_fence() -> None:
    assert read_block(_block('```json\n{"markers": []}')) is None
    assert read_block(_block('```\n{"a": 1}\n```')) == {"markers": [], "context": "", "a": 1}
