"""How the texts of a run's nodes are rendered: by paths, or by the names of variables."""

from __future__ import annotations

from typing import Any

import pytest

from actors.node.messages import Failure
from actors.node.orders import AgentOrder, CommandOrder, PythonOrder, WorkOrder
from actors.run.orders import Folders, work_order
from actors.run.texts import texts_for
from actors.workflow.template import TemplateError
from tests.actors.run.table import Story

FLAT = "templating: flat\ninputs: {topic: {type: string}, strict: {type: boolean}}"
GIVEN = {"topic": "it's", "strict": True}


def order(story: Story, node_id: str) -> WorkOrder:
    found = work_order(story.state, node_id, Folders("/data/run-1", "/work"), story.rules)
    assert isinstance(found, WorkOrder)
    return found


def command(story: Story, node_id: str) -> CommandOrder:
    found = order(story, node_id).action
    assert isinstance(found, CommandOrder)
    return found


def exported(**fields: str) -> dict[str, Any]:
    return {"markers": ["m"], "context": "said", **fields}


def test_flat_texts_of_every_kind() -> None:
    story = Story.begun(
        "a shell: 'say {{topic}} {{ topic }}{{nothing}}', env: {X: '{{strict}} {{nothing}}'}, artifact: 'out/{{topic}}.txt'",
        "b command: [say, '{{topic}}', '{{base_branch}}'], stdin: '{{prior_context}}', needs: [a]",
        "c python: 'm:f', with: {x: ['{{strict}}', 1], y: '{{topic'}, needs: [b]",
        "d agent: writer, instructions: 'On {{base_branch}}: {{topic}}, {{prior_output}}', with: {z: '{{workflow_run_id}}'}, needs: [c]",
        top=FLAT, inputs=GIVEN,
    )  # fmt: skip
    assert command(story, "a").argv == ("sh", "-c", """say 'it'"'"'s' """)
    assert command(story, "a").env == {"X": "true "}
    artifact = order(story, "a").artifact
    assert artifact is not None
    assert artifact.path == "out/it's.txt"
    story.ok("a", exported(base_branch="main"))
    assert command(story, "b").argv == ("say", "it's", "main")
    assert command(story, "b").stdin == "said"
    story.ok("b", "plain")
    found = order(story, "c").action
    assert isinstance(found, PythonOrder)
    assert found.arguments == {"x": ["true", 1], "y": "{{topic"}
    story.ok("c")
    asked = order(story, "d").action
    assert isinstance(asked, AgentOrder)
    assert asked.instructions == 'On main: it\'s, {"markers":["m"],"context":"said","base_branch":"main"}'
    assert asked.data == {"z": "run-1"}


def test_paths_name_the_same_variables_under_vars() -> None:
    story = Story.begun(
        "a", "b command: [say, '{{ vars.base_branch }}', '{{ vars.prior_contexts }}'], needs: [a]",
        "c command: [say, '{{ vars.nothing }}'], needs: [b]", "d command: [say, it], with: {all: '{{ vars }}'}, needs: [b]",
        top="inputs: {topic: {type: string}}", inputs={"topic": "x"},
    )  # fmt: skip
    story.ok("a", exported(base_branch="main"))
    told = '[{"label":"a","iteration":0,"context":"said","markers":["m"],"structured_output":'
    assert command(story, "b").argv == ("say", "main", told + '{"markers":["m"],"context":"said","base_branch":"main"}}]')
    story.ok("b")
    wrong = work_order(story.state, "c", Folders("/data/run-1", "/work"), story.rules)
    assert isinstance(wrong, Failure)
    assert wrong.code == "reference_unknown"
    assert "base_branch" in wrong.message
    story.fail("c", "reference_unknown")
    assert '"base_branch":"main"' in command(story, "d").env["PENSTOCK_WITH"]


def test_items_have_names_in_both_ways() -> None:
    story = Story.begun("a", top=FLAT, inputs=GIVEN)
    item = texts_for(story.state, "a").of_item({"id": "7"})
    assert item.value({"x": "{{item.id}} {{item.no}} {{topic}}"}, keep=True) == {"x": "7 {{item.no}} it's"}
    paths = texts_for(Story.begun("a").state, "a").of_item({"id": "7"})
    assert paths.value({"x": "{{ item.id }}"}, keep=True) == {"x": "7"}
    with pytest.raises(TemplateError, match="no"):
        paths.text("{{ item.no }}", keep=True)


def test_what_follows_a_failure_is_told_of_it() -> None:
    story = Story.begun(
        "a label: 'the first', retries: 1, on_fail: {command: [tell, '{{failed_step}}', '{{failure_code}}', '{{retry_count}}']}",
        last=("z command: [s, '{{workflow_status}}', '{{workflow_outcome}}', '{{failed_step}}'], on_fail: {command: [s, '{{dry_run}}']}",),
        top="templating: flat",
    )  # fmt: skip
    story.fail("a", "one")
    story.fail("a", "two")
    assert command(story, "a.on_fail").argv == ("tell", "the first", "two", "1")
    assert texts_for(story.state, "a.on_fail").text("{{failure_reason}}") != ""
    assert texts_for(story.state, "a").text("{{workflow_status}}") == ""
    story.ok("a.on_fail")
    assert command(story, "z").argv == ("s", "failed", "failed", "")
    story.fail("z", "bad")
    assert command(story, "z.on_fail").argv == ("s", "false")
    assert texts_for(story.state, "z.on_fail").text("{{workflow_status}}") == "failed"
