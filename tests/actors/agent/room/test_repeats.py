"""When an agent repeats itself: the same call, in a row, with the same answer."""

from __future__ import annotations

from typing import Any

import pytest

from actors.agent.provider.messages import AssistantTurn, ToolCall, ToolResult, Turn, UserText
from actors.agent.repeats import NOTE, Streak, streak_of

A: dict[str, Any] = {"path": "a", "n": 1}


def said(*uses: tuple[str, dict[str, Any], str]) -> list[Turn]:
    turns: list[Turn] = [UserText("do it")]
    for i, (name, arguments, text) in enumerate(uses):
        turns += [AssistantTurn("", (ToolCall(f"c{i % 2}", name, arguments),)), ToolResult(f"c{i % 2}", text)]
    return turns


@pytest.mark.parametrize(
    ("turns", "length"),
    [
        ([], 0),
        (said(("x", A, "1")), 1),
        (said(("x", A, "1"), ("x", {"n": 1, "path": "a"}, "1")), 2),
        (said(("x", A, "1"), ("x", A, "2")), 1),
        (said(("x", A, "1"), ("y", A, "1"), ("x", A, "1")), 1),
        (said(("x", A, "1"), ("x", {"path": "a", "n": 1.5}, "1")), 1),
        (said(("x", A, "1"), ("x", A, "1"), ("x", A, f"1{NOTE}"), ("x", A, f"1{NOTE}")), 4),
        ([*said(("x", A, "1")), UserText("again"), *said(("x", A, "1"))], 2),
        ([ToolResult("c9", "nobody asked")], 0),
    ],
    ids=["nothing", "once", "twice", "other-answer", "other-call-between", "other-arguments", "noted", "told-between", "unasked"],
)
def test_how_often_in_a_row(turns: list[Turn], length: int) -> None:
    assert streak_of(turns).length == length


def test_at_the_third_time_it_is_told() -> None:
    streak, call = Streak(), ToolCall("c", "x", A)
    assert [streak.take(call, "same", is_error=True) for _ in range(4)] == ["same", "same", f"same{NOTE}", f"same{NOTE}"]
    assert streak.take(call, "same", is_error=False) == "same"
