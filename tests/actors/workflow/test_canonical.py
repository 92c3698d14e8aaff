from __future__ import annotations

import hashlib
import json

import pytest
from hypothesis import given, settings

from actors.workflow import Workflow, WorkflowInvalid, decode, digest, encode
from tests.actors.workflow.samples import NODE, loaded
from tests.actors.workflow.strategies import workflows

GOLDEN = (
    b'{"flow":{"nodes":[{"argv":["git","log"],"kind":"command","node_id":"log"},{"gate":{"decisions":["approve","cancel"],'
    b'"expiry_policy":{"expires_after_ms":3600000,"on_expiry":"fail"},"instructions":"Weiter? \xc3\xa4",'
    b'"options":{"values":[{"label":"Now","value":"now"}]},'
    b'"rework_targets":["log"],"type":"human_approval"},"kind":"gate","needs":["log"],"node_id":"ask"},{"absolute_timeout_ms":60000,'
    b'"function":"m:f","kind":"python","needs":[{"node":"ask","until":"settled"}],"node_id":"py","retry_policy":{"backoff":'
    b'{"initial_delay_ms":2000,"strategy":"fixed"},"max_attempts":3},"with":{"a":1}}]},"folder":"/srv/flows",'
    b'"inputs":[{"name":"strict","type":"boolean"},{"name":"topic","required":true}],"name":"Demo","workflow_id":"demo"}'
)  # fmt: skip


def golden() -> Workflow:
    return loaded(
        workflow="demo", title="Demo", inputs={"strict": {"type": "boolean"}, "topic": None},
        nodes=[
            {"id": "log", "command": ["git", "log"]},
            {"id": "ask", "gate": "human_approval", "needs": ["log"], "prompt": "Weiter? ä", "options": {"now": "Now"}, "rework": ["log"],
             "decisions": ["approve", "cancel"], "timeout": "1h", "on_timeout": "fail"},
            {"id": "py", "python": "m:f", "needs": [{"node": "ask", "until": "settled"}], "with": {"a": 1}, "timeout": "1m",
             "retry": {"max_attempts": 3, "backoff": {"strategy": "fixed", "initial": "2s"}}},
        ],
    )  # fmt: skip


def test_the_canonical_text_has_the_names_of_the_model_and_no_defaults() -> None:
    assert encode(golden()) == GOLDEN


def test_the_digest_is_the_hash_of_that_text() -> None:
    assert digest(golden()) == hashlib.sha256(GOLDEN).hexdigest()


def test_what_was_encoded_is_decoded_to_the_same_workflow() -> None:
    assert decode(GOLDEN) == golden()


@pytest.mark.no_cover  # far more of the same: measuring it would take longer than doing it
@given(workflows())
def test_every_workflow_survives_the_round_trip(workflow: Workflow) -> None:
    data = encode(workflow)
    assert decode(data) == workflow
    assert encode(decode(data)) == data


@settings(max_examples=30)
@given(workflows())
def test_the_text_is_what_the_plain_library_would_write(workflow: Workflow) -> None:
    data = encode(workflow)
    plain = json.dumps(json.loads(data), sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    assert json.loads(plain) == json.loads(data)
    assert sorted(json.loads(data)) == list(json.loads(data))


def test_a_stored_text_loads_as_a_file_too_where_no_folder_is_needed() -> None:
    workflow = loaded(nodes=[NODE], limits={"parallel": 3}, fail_fast=False)
    assert loaded(**json.loads(encode(workflow))) == workflow


@pytest.mark.parametrize(
    "data", [b"", b"{", b"[]", b"\xff", b'{"flow":{"nodes":[]}}', b'{"workflow_id":"w","flow":{"nodes":[{"node_id":"a"}]}}']
)
def test_a_broken_text_is_refused(data: bytes) -> None:
    with pytest.raises(WorkflowInvalid):
        decode(data)


def test_a_stored_text_names_no_schema_by_path() -> None:
    with pytest.raises(WorkflowInvalid) as caught:
        decode(b'{"flow":{"nodes":[]},"schemas":{"a":"a.json"},"workflow_id":"w"}')
    assert [problem.code for problem in caught.value.problems] == ["schema_invalid"]


def test_a_workflow_at_the_bounds_of_a_file_fits_into_the_stored_form() -> None:
    deep: object = "x"
    for _ in range(27):
        deep = [deep]
    workflow = loaded(nodes=[{**NODE, "id": f"n{i}", "metadata": {"deep": deep}} for i in range(1_000)])
    assert decode(encode(workflow)) == workflow
