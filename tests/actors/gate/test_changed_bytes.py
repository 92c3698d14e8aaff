"""Bytes that changed after the approval: what stands behind the gate does not begin, whatever it is."""

from __future__ import annotations

import pytest

from tests.actors.run.table import Story

NOTES = (
    "draft artifact: notes.json",
    'ask gate: human_approval, needs: [draft], prompt: "Publish these notes?", options: {now: "Publish now"}',
)
INPUTS = "inputs: {since: {type: string}}"


@pytest.mark.parametrize(
    ("behind", "began"),
    [
        ("publish group: [{id: p, command: [cp, notes.json, /srv/notes/]}], needs: [ask]", "begin publish"),
        ("publish foreach: {over: list, workflow: w, max_parallel: 1, scope: {values: a}}, needs: [ask]", "start publish"),
    ],
    ids=["group", "foreach"],
)
def test_bytes_that_changed_ask_again_before_a_group_and_a_for_each_too(behind: str, began: str) -> None:
    cases: tuple[dict[str, str | None], ...] = ({}, {"draft": "ff" * 32})
    for evidence in cases:
        story = Story.begun(*NOTES, behind, top=INPUTS, inputs={"since": "v1"})
        story.ok("draft", file="notes.json")
        story.decide("approve")
        story.evidence = evidence
        said = story.claim()
        assert (began in said, "reopen ask" in said) == (not evidence, bool(evidence))
