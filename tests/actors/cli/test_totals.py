"""What all attempts of a run have used together, in words."""

from __future__ import annotations

from typing import Any

import pytest

from actors.cli.summary import totals

USED: dict[str, Any] = {
    "total_input_tokens": 10, "total_output_tokens": 5, "total_cache_read_input_tokens": 4, "total_cache_creation_input_tokens": 3,
    "total_turns": 2, "total_cost_usd": 0.25, "model": "opus", "total_duration_ms": 2_000, "has_llm_metrics": True,
}  # fmt: skip


@pytest.mark.parametrize(
    ("used", "words"),
    [
        (USED, "2.0s of work, 2 calls of models (last opus), 10 tokens in, 5 out, $0.2500"),
        ({**USED, "model": None}, "2.0s of work, 2 calls of models, 10 tokens in, 5 out, $0.2500"),
        ({**USED, "has_llm_metrics": False}, "2.0s of work"),
    ],
    ids=["model", "unknown", "none"],
)
def test_totals_in_words(used: dict[str, Any], words: str) -> None:
    assert totals(used) == words
