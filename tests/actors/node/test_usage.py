"""What attempts say that they have used: functions through their context, processes through a file, and what cannot be read."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from attrs import evolve, fields

from actors.node.executor import perform
from actors.node.messages import Success, Usage
from actors.node.orders import PythonOrder, WorkOrder
from actors.node.tools import Tools
from actors.node.usage import read_usage, usage_path
from tests.actors.node.support import sh

Orders = Callable[..., WorkOrder]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", None),
        ("\n\n", None),
        ('{"prompt_tokens": 3, "completion_tokens": 4, "cost_usd": 0.5}\n', Usage(3, 4, 0.5)),
        ('{"cost_usd": 0.25}\n{"cost_usd": 0.5, "tool_calls": 2}', Usage(cost_usd=0.75, tool_calls=2)),
        ('{"prompt_tokens": 3}', Usage(3, unpriced=True)),
        ('{"prompt_tokens": 3, "cost_usd": 0}', Usage(3)),
        ('{"tool_calls": 1}', Usage(tool_calls=1)),
        ('{"prompt_tokens": -3, "tool_calls": "many", "cost_usd": 1}', Usage(cost_usd=1.0)),
        ('{"cost_usd": -1}', Usage(unpriced=True)),
        ('{"cost_usd": "a lot"}', Usage(unpriced=True)),
        ('{"model": "a", "turns": 1, "cost_usd": 0}\n{"model": "b/c:d"}\n{"tool_calls": 1}', Usage(tool_calls=1, turns=1, model="b/c:d")),
        ('{"cost_usd": 0, "stored_tokens": 2, "cached_tokens": 1, "model": 7}', Usage(stored_tokens=2, cached_tokens=1)),
        ('{"cost_usd": 1, "model": "of two words"}', Usage(cost_usd=1.0)),
        ("no json", Usage(unpriced=True)),
        ("[1]", Usage(unpriced=True)),
    ],
)
def test_the_lines_of_the_file_are_summed(tmp_path: Path, text: str, expected: Usage | None) -> None:
    (tmp_path / "use").write_text(text)
    assert read_usage(str(tmp_path / "use")) == expected


def test_no_file_and_no_plain_file_mean_nothing_used(tmp_path: Path) -> None:
    assert read_usage(str(tmp_path / "none")) is None
    (tmp_path / "link").symlink_to(tmp_path / "none")
    assert read_usage(str(tmp_path / "link")) is None


FUNCTION = """
{word} spend(context):
    context.usage(prompt_tokens=10, completion_tokens=5, cost_usd=0.01, stored_tokens=3, model="m")
    context.usage(tool_calls=1)
"""


@pytest.mark.parametrize("word", ["async def", "def"])
@pytest.mark.parametrize("isolate", [False, True])
async def test_a_function_says_it_through_its_context(order: Orders, tools: Tools, tmp_path: Path, word: str, *, isolate: bool) -> None:
    (tmp_path / "flow").mkdir()
    (tmp_path / "flow/steps.py").write_text(FUNCTION.format(word=word))
    task = order(PythonOrder("steps:spend", str(tmp_path / "flow"), {}, isolate))
    assert await perform(task, tools) == Success(None)
    assert read_usage(usage_path(task)) == Usage(10, 5, 0.01, 1, stored_tokens=3, model="m")


async def test_a_process_says_it_in_a_file_also_when_it_fails(order: Orders, tools: Tools) -> None:
    task = order(sh("""echo '{"prompt_tokens": 7, "cost_usd": 0.5}' >> "$PENSTOCK_USAGE"; exit 3"""))
    assert not isinstance(await perform(task, tools), Success)
    assert read_usage(usage_path(task)) == Usage(7, cost_usd=0.5)


def test_more_time_changes_nothing_else_of_what_was_used() -> None:
    full = Usage(1, 2, 0.5, 3, unpriced=True, turns=4, cached_tokens=5, duration_ms=3, stored_tokens=6, model="m")
    assert all(getattr(full, one.name) != one.default for one in fields(Usage))
    assert full.longer(7) == evolve(full, duration_ms=10)
    assert full.longer(7) == full + Usage(duration_ms=7)
