"""The invariant of conversations itself: it finds each fault that it is for."""

from __future__ import annotations

from typing import Any

import pytest

from tests.scenarios.invariants.threads import approved_wrong, told_wrong

Facts = list[tuple[str, dict[str, Any]]]
BEGUN: Facts = [("thread_begun", {}), ("model_call_intended", {"turn": 1}), ("model_call_answered", {"turn": 1})]


def tool(kind: str, call_id: str = "c", **more: Any) -> tuple[str, dict[str, Any]]:
    return f"tool_{kind}", {"call_id": call_id, **more}


@pytest.mark.parametrize(
    ("facts", "faults"),
    [
        ([tool("intended"), tool("answered"), tool("answered", "d")], 0),
        ([tool("intended", repeatable=True), tool("intended", repeatable=True), tool("answered")], 0),
        ([tool("intended"), tool("intended"), tool("answered")], 1),
        ([tool("intended"), tool("intended", "d"), tool("answered", "d")], 1),
        ([tool("intended"), tool("answered", "d")], 1),
        ([tool("intended"), ("prompt_added", {})], 1),
        ([("model_call_intended", {"turn": 2})], 1),
        ([tool("answered"), ("model_call_intended", {"turn": 3}), ("model_call_answered", {"turn": 2})], 2),
    ],
    ids=["sound", "repeatable", "begun-twice", "two-at-once", "another-answers", "no-receipt", "nothing-new-said", "turns"],
)
def test_each_fault_is_found(facts: Facts, faults: int) -> None:
    assert len(told_wrong([*BEGUN, *facts])) == faults


def test_a_conversation_has_a_beginning() -> None:
    assert told_wrong(BEGUN[1:]) == ["it begins with model_call_intended"]


@pytest.mark.parametrize(
    ("kinds", "approved", "faults"),
    [
        (["wanted", "used"], {"x"}, 0),
        (["wanted"], set(), 0),
        (["wanted", "used"], set(), 1),
        (["used"], {"x"}, 1),
        (["wanted", "used", "used"], {"x"}, 1),
    ],
    ids=["sound", "open", "without-a-person", "without-a-question", "twice"],
)
def test_what_people_are_asked_about_is_used_once_and_by_their_word(kinds: list[str], approved: set[str], faults: int) -> None:
    facts = [tool(f"approval_{kind}", shown_digest="x") for kind in kinds]
    assert len(approved_wrong(facts, approved)) == faults
