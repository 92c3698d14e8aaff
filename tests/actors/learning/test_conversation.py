"""Which lines of a conversation are facts, and the name that a fact has for ever."""

from __future__ import annotations

import pytest

from actors.learning.conversation import facts_in
from actors.learning.distilling import fingerprint_of


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("Decision: notes are in English", ("decision", "notes are in English", 0.9)),
        (" - **LESSON:** cite the source ", ("lesson", "cite the source", 0.8)),
        ("## Fact : it is 3", ("fact", "it is 3", 0.7)),
        ("Note: little", ("note", "little", 0.4)),
        ("My decision: none", None), ("Decision:", None), ("Decisions: two", None), ("", None),
    ],
    ids=["plain", "marked", "heading", "note", "inside", "empty", "other word", "nothing"],
)  # fmt: skip
def test_a_line_says_itself_what_it_is(line: str, found: tuple[str, str, float] | None) -> None:
    told = [(one.category, one.content, one.importance) for one in facts_in([f"so\n{line}\nit goes"])]
    assert told == ([] if found is None else [found])


def test_the_vector_of_a_distilled_fact() -> None:
    name = fingerprint_of("proj-1", "wf-1", "decision", "release notes are written in English")
    assert name == "cc70874ab547ab0dd3b554a2f3e3e7138aa93b7328f0cc8cb0faeded638815ea"
