"""What an agent is told beside its order, in which order, and what it answers by a schema."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve

from actors.agent.binding import Bound
from actors.agent.brief import Brief
from actors.agent.contents import TextMissing, brief_of
from actors.agent.envelope import envelope
from actors.node.orders import AgentOrder, AnswerOrder, ArtifactOrder, RepairOrder, WorkOrder
from actors.workflow.spec_agent import Persona
from storage import StorageError

ACTION = AgentOrder(Bound("writer", "anna", 1, "ab" * 32, "stage", "m", "pool"), "Write.", "run:r:node:n")
ORDER = WorkOrder("r", "n", 1, 1, "t", "k", ACTION, "/w", "/d")
ANNA = Persona("anna", "stage", "m", prompt="Mind {{topic}}{{gone}}.\n")


class Shelf:
    """Contents by made-up digests."""

    def __init__(self, **contents: bytes) -> None:
        self.contents = contents

    def get(self, sha256: str) -> bytes:
        if sha256 not in self.contents:
            raise StorageError(f"no {sha256}")
        return self.contents[sha256]


def test_texts_are_found_by_content_and_have_the_variables_in_them() -> None:
    action = evolve(ACTION, variables={"topic": "{{tea}}", "tea": "no"}, snippets=("a",), form=AnswerOrder("s", sha256="s"), flat=True)
    brief = brief_of(Shelf(a=b"On {{topic}}.", s=b'{"type":"object"}'), action, ANNA)
    assert brief == Brief("Mind {{tea}}.", ("On {{tea}}.",), {"type": "object"}, block=False, knows=True)
    with pytest.raises(TextMissing, match="the text a cannot be read: no a"):
        brief_of(Shelf(), action, ANNA)


@pytest.mark.parametrize(
    ("flat", "prompt", "block", "knows"), [(True, "", True, True), (False, "x", False, True), (False, "", False, False)]
)
def test_who_answers_without_a_schema_says_a_block_where_templates_are_flat(prompt: str, *, flat: bool, block: bool, knows: bool) -> None:
    brief = brief_of(Shelf(), evolve(ACTION, flat=flat), evolve(ANNA, prompt=prompt))
    assert (brief.block, brief.knows, brief.schema) == (block, knows, None)
    inline: Any = evolve(ACTION, flat=flat, form=AnswerOrder("s", schema=True))
    assert brief_of(Shelf(), inline, ANNA).schema is True


def places(text: str, *parts: str) -> list[int]:
    return [text.index(part) for part in parts]


def test_what_went_wrong_and_what_people_say_stands_before_the_task_and_counts_more() -> None:
    action = evolve(
        ACTION, data={"x": 1}, feedback=("shorter",), repair=RepairOrder(1, ({"path": "n", "message": "no"},)), identity="bot",
        variables={"topic": "tea", "long": "x" * 5_000, "empty": "", "prior_contexts": "[]"},
    )  # fmt: skip
    brief = Brief("Mind it.", ("Be kind.",), {"type": "object", "markers": {}, "order": []}, knows=True)
    text = envelope(ORDER, action, repair=True, brief=brief)
    found = places(
        text, "You work as: bot", "REPAIR", "- shorter", "counts more", "Mind it.\n\nWrite.", "Data, as JSON", "Variables, as JSON",
        "Be kind.",
        "End your answer", "JSON Schema", "=== END",
    )  # fmt: skip
    assert found == sorted(found)
    assert '"long": "xxx' in text
    assert "x […]" in text
    assert '"empty"' not in text
    assert '"order"' not in text
    assert envelope(ORDER, action, repair=True, brief=evolve(brief, schema=True)).index("\ntrue\n") > 0


def test_what_is_wrong_with_a_file_stands_behind_the_task_and_nothing_is_told_of_what_is_not_there() -> None:
    order = evolve(ORDER, artifact=ArtifactOrder("n.json"))
    text = envelope(order, evolve(ACTION, repair=RepairOrder(1)), repair=True)
    assert places(text, "Write.", "REPAIR") == sorted(places(text, "Write.", "REPAIR"))
    assert "counts more" not in text
    bare = envelope(ORDER, evolve(ACTION, instructions=" "), repair=False, brief=Brief(knows=True, block=True))
    assert "Instructions" not in bare
    assert "Variables" not in bare
    assert '{"markers": [], "context": ""}' in bare
