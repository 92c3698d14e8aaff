"""Identity, derived fields, phases, content, definition: the rules of a history and their golden values."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest
from attrs import evolve
from hypothesis import example, given
from hypothesis import strategies as st

from actors.projection.content import EMPTY, filled, payload_digest, whole
from actors.projection.definition import scope_of, version_of
from actors.projection.derived import causation_of, counts_as_activity, phase_id_of, phase_status, status_of, wait_kind_of
from actors.projection.identity import canonical_bytes, digest_of, event_id_of, identity_hash, safe_event
from actors.projection.phases import (
    PHASE_OF,
)  # fmt: skip
from actors.projection.record import LOCAL, Moment, Record
from tests.actors.projection.fixture import AT_1, AT_2, CLAIMED, COMPLETED, DIGEST, RUN, WORKFLOW

NOBODY = Moment("running", {})
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


def expected(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode("utf-8")


def _encodable(value: Any) -> bool:
    try:
        expected(value)
    except UnicodeEncodeError:
        return False
    return True


@given(JSON.filter(_encodable))
@example({"wide": [2**70, -(2**65)]})
@example([{"small": 0.00001234, "large": 1e22, "whole": 1.0}])
def test_the_canonical_form_is_that_of_the_standard_library(value: Any) -> None:
    assert canonical_bytes(value) == expected(value)
    assert digest_of(value) == f"sha256:{hashlib.sha256(expected(value)).hexdigest()}"


@pytest.mark.parametrize(
    ("record", "digest", "event_id"),
    [
        pytest.param(
            COMPLETED,
            "d9593ca92abe0c6ab7ad83a45a9da084dde78ec20b2f6e4ad6dec2d5f7828c5b",
            "automation-v2-lifecycle-run-stateful-projection-node_completed-d9593ca92abe0c6ab7ad83a4-0",
            id="P17-1",
        ),
        pytest.param(
            CLAIMED,
            "b349e3459556a043fb5509dbef95d5267c8f6bb85343828ac5471dae7aee148c",
            "automation-v2-lifecycle-run-stateful-projection-run_execution_claimed-b349e3459556a043fb5509db-0",
            id="P17-2",
        ),
    ],
)
def test_p17_golden_identities(record: Record, digest: str, event_id: str) -> None:
    found = identity_hash(RUN, WORKFLOW, record)
    assert (found, event_id_of(RUN, record.event, found, 0)) == (f"sha256:{digest}", event_id)


def test_p15_p16_the_name_of_an_event_in_its_id() -> None:
    assert (safe_event("run done/now"), safe_event(""), safe_event("a_b-c.D9")) == ("run-done-now", "event", "a_b-c.D9")


def test_p12_causation_takes_the_first_text_that_says_something() -> None:
    assert causation_of({"session_id": "  ", "wait_id": "w1"}) == "w1"
    assert causation_of({"delivery_id": 7, "handoff_id": " h "}) == "h"
    assert causation_of({"claim": {"claim_id": "c"}}) == "c"
    assert [causation_of(one) for one in (None, {}, {"claim": 1}, {"claim": {"claim_id": 2}})] == [None] * 4


def test_p14_p09_the_wait_kind_is_one_of_a_list() -> None:
    kinds = {kind: wait_kind_of(Record("x", 1, metadata={"wait_kind": kind}), NOBODY, None) for kind in ("banana", " retry_backoff ", 3)}
    assert kinds == {"banana": None, " retry_backoff ": "retry_backoff", 3: None}


def test_an_open_gate_names_the_records_of_its_node_and_no_others() -> None:
    asked = Moment("running", {}, awaiting="approve", gates=frozenset(("approve",)))
    about = Record("approval_gate_opened", 1, metadata={"node_id": "approve"})
    other = Record("node_completed", 1, metadata={"node_id": "a"})
    assert wait_kind_of(about, asked, phase_id_of(about, asked)) == "approval"
    assert wait_kind_of(other, asked, phase_id_of(other, asked)) is None
    ended = evolve(asked, status="cancelled")
    assert (phase_id_of(Record("x", 1), ended), wait_kind_of(about, ended, "approve")) == (None, None)


def test_only_claims_are_no_activity() -> None:
    names = ("run_execution_claimed", "run_execution_claim_expired_requeued", "node_started", "whatever")
    assert [counts_as_activity(name) for name in names] == [False, False, True, True]


@pytest.mark.parametrize(
    ("waits", "status", "phase"),
    [
        pytest.param(("timer",), "sleeping", "sleeping", id="P75-timer"),
        pytest.param(("timer", "webhook"), "awaiting_webhook", "waiting_webhook", id="P75-timer-webhook"),
        pytest.param(("external_condition",), "awaiting_webhook", "waiting_webhook", id="P75-condition"),
    ],
)
def test_p75_what_a_waiting_run_waits_for(waits: tuple[str, ...], status: str, phase: str) -> None:
    assert status_of(Moment("waiting", {}, waits=waits)) == status
    assert PHASE_OF[status] == phase


def test_the_phase_of_a_run_in_back_off() -> None:
    assert phase_status("node_retry_backoff_scheduled", Moment("queued", {})) == "retrying"
    assert phase_status("note", Moment("queued", {}, queue_reason="retry_backoff")) == "retrying"
    assert phase_status("note", Moment("queued", {}, queue_reason="capacity")) == "queued"
    assert phase_status("node_retry_backoff_scheduled", NOBODY) == "running"


def test_p85_golden_digests_of_the_payload() -> None:
    assert payload_digest(AT_1.checkpoint, 1) == "sha256:101deccbbc1f848649790075a671d5a87630ac3d16f211452c9110cdf4587cd7"
    assert payload_digest(AT_2.checkpoint, 2) == "sha256:7288fc477c82530abdc871638ca37565369bb8ecce303a11202a2fb44661347c"
    text = expected(whole(AT_2.checkpoint, 2)).decode()
    assert text.startswith('{"active_instance_ids":[],"active_session_ids":["session-a"],"awaiting_gate":null,"blocked_nodes":[],')
    assert text.endswith('"redaction_tier":"summary","resume_reason":null,"stop_kind":null,"stop_reason":null}')


def test_what_is_left_out_of_a_checkpoint_comes_back() -> None:
    assert set(filled({}, 3)) == {*EMPTY, "redaction_tier", "lifecycle_event_count"}
    gate = {"node_id": "approve"}
    assert filled({"open_gates": [gate]}, 1)["awaiting_gate"] == gate


@pytest.mark.parametrize(
    ("metadata", "version"),
    [
        pytest.param({"version": 7}, "7", id="P67"),
        pytest.param({"definition_version": " ", "automation_version": True}, "true", id="blank"),
        pytest.param({"version": 1.5}, "1.5", id="fraction"),
        pytest.param({"plan_package_bundle": {"plan": {"plan_id": "p", "plan_revision": 3}}}, "plan:p:rev:3", id="plan"),
        pytest.param({"plan_package_bundle": 1, "approved_plan_materialization": {"plan_id": "q", "plan_revision": 0}}, "plan:q:rev:0",
                     id="materialised"),
        pytest.param({"approved_plan_materialization": {"plan_id": "q", "plan_revision": True}}, f"workflow:w@{DIGEST[:16]}", id="no"),
        pytest.param({}, f"workflow:w@{DIGEST[:16]}", id="none"),
    ],
)  # fmt: skip
def test_p67_versions_of_definitions(metadata: dict[str, Any], version: str) -> None:
    assert version_of(metadata, "w", DIGEST) == version


def test_whose_a_definition_is() -> None:
    assert scope_of({}) == LOCAL
    assert scope_of({"tenant_context": {"org_id": "o"}}) == LOCAL
    tenant = {"org_id": "o", "workspace_id": "w", "deployment_id": "d", "source": "explicit"}
    found = scope_of({"tenant_context": {**tenant, "other": 1}, "enterprise_scope": {"risk_tier": "high", "data_classes": ["pii"]}})
    assert (found["tenant_context"], found["risk_tier"], found["data_classes"], found["delegation_grant_ids"]) == (
        tenant,
        "high",
        ["pii"],
        [],
    )
    assert scope_of({"tenant_context": {"org_id": "o", "workspace_id": "w", "source": "?"}})["tenant_context"]["source"] == "explicit"
