"""What is written back as `.wf` is read as the same; what has no words there is refused with its field."""

from __future__ import annotations

import json
from typing import Any, Final

import pytest

from actors.workflow.problems import field_path
from actors.workflow.wf.spelling import NotExpressible
from actors.workflow.wf.write import write_wf
from tests.actors.workflow.wf.test_mapping import SINGLE
from tests.actors.workflow.wf.texts import EXAMPLES, flow, read


def canonical(node: dict[str, Any]) -> dict[str, Any]:
    """A node with the options of its gate as the model has them."""
    gate = node.get("gate", {})
    options = gate.get("options")
    if isinstance(options, str):
        gate["options"] = {"ref": options}
    if isinstance(options, list):
        gate["options"] = {"values": [{"value": one, "label": one} for one in options]}
    for inner in node.get("nodes", ()):
        canonical(inner)
    return node


def model(text: str) -> dict[str, Any]:
    """The tree of a text as the model has it."""
    tree, report = read(text)
    assert report.problems == []
    assert isinstance(tree, dict)
    if tree.get("trigger") == "manual":
        del tree["trigger"]
    for node in (*tree["flow"]["nodes"], *tree["flow"].get("finally", ())):
        canonical(node)
    return json.loads(json.dumps(tree, sort_keys=True))  # type: ignore[no-any-return]  # what goes in comes out


SOUND: Final = {**EXAMPLES, **{name: flow(body) for name, (body, _) in SINGLE.items() if name != "timeout-template"}}


@pytest.mark.parametrize("text", SOUND.values(), ids=SOUND)
def test_what_is_written_is_read_as_the_same(text: str) -> None:
    tree = model(text)
    written = write_wf(tree)
    assert model(written) == tree
    assert write_wf(model(written)) == written


def test_text_of_several_lines_stays_as_it_is() -> None:
    text = 'script s {\n    run = "set -e\necho \\"a\\\\b\\"\n"\n  }'
    assert text in write_wf(model(flow(text)))


AGENT: Final = {"node_id": "a", "kind": "agent", "persona_id": "a", "retry_policy": {"max_attempts": 1, "retryable_failure_classes": ["*"]}}
LACKING: Final[dict[str, tuple[dict[str, Any], str]]] = {
    "kind": ({"node_id": "a", "kind": "command", "argv": ["x"]}, "flow.nodes[0].kind"),
    "name": (AGENT | {"persona_id": "a.b"}, "flow.nodes[0].persona_id"),
    "handler": (AGENT | {"on_fail": {"command": ["x"]}}, "flow.nodes[0].on_fail"),
    "when": ({"node_id": "g", "kind": "group", "nodes": [], "when": "inputs.x > 3"}, "flow.nodes[0].when"),
    "repeat": (
        {"node_id": "g", "kind": "group", "nodes": [], "repeat": {"while": '!marker("a", "b")', "max_iterations": 1}},
        "flow.nodes[0].repeat.while",
    ),
    "branch": (
        {"node_id": "g", "kind": "group", "parallel": {}, "nodes": [AGENT | {"when": 'flag("x")'}]}, "flow.nodes[0].nodes[0].when",
    ),
    "sub": ({"node_id": "x", "kind": "workflow", "workflow": "w", "result_key": "x"}, "flow.nodes[0].result_key"),
    "inner-key": ({"node_id": "x", "kind": "shell", "run": "x", "env": {"A.B": "c"}}, "flow.nodes[0].env.A.B"),
    "foreach": (
        {"node_id": "x", "kind": "group", "foreach": {"over": "list", "workflow": "w", "max_parallel": 1}}, "flow.nodes[0].result_key",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("node", "path"), LACKING.values(), ids=LACKING)
def test_what_has_no_words_is_named_by_its_field(node: dict[str, Any], path: str) -> None:
    with pytest.raises(NotExpressible) as raised:
        write_wf({"workflow_id": "w", "flow": {"nodes": [node]}})
    assert field_path(raised.value.path) == path
    assert raised.value.why


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ({"label": "Other"}, "workflow_id"), ({"workflow_id": "a.b"}, "label"),
        ({"inputs": [{"name": "n", "type": "integer"}]}, "inputs[0].type"),
        ({"inputs": [{"name": "n"}]}, "inputs[0].required"),
    ],
    ids=["label", "id", "integer", "optional-text"],
)  # fmt: skip
def test_neither_can_every_workflow_be_said(fields: dict[str, Any], path: str) -> None:
    with pytest.raises(NotExpressible) as raised:
        write_wf({"workflow_id": "w", "flow": {"nodes": []}} | fields)
    assert field_path(raised.value.path) == path
