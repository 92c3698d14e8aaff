"""What a node may wait for, in the words of a file and of the model, and everything that is refused."""

from __future__ import annotations

from typing import Any

import pytest

from actors.workflow.spec import Condition, Gate, Timer, Wait, Webhook
from tests.actors.workflow.samples import NODE, loaded, node, problems, wrong, wrong_node

TIMEOUT = {"timeout": {"expires_after_ms": 5, "on_timeout": "resume"}}
AT = "2026-12-01T09:00:00Z"


@pytest.mark.parametrize(
    ("wait", "expected"),
    [
        ({"timer": "10m"}, Wait(Timer(600_000))),
        ({"until": AT}, Wait(Timer(wake_at=AT))),
        ({"until": 1764579600000}, Wait(Timer(wake_at="1764579600000"))),
        ({"until": "{{ inputs.when }}"}, Wait(Timer(wake_at="{{ inputs.when }}"))),
        ({"signal": "payment"}, Wait(Condition("payment"))),
        ({"signal": "payment", "key": "{{ inputs.when }}", "schema": "paid"}, Wait(Condition("payment/{{ inputs.when }}", "paid"))),
        ({"condition": "env-ready", "timeout": "1h"}, Wait(Condition("env-ready"), 3_600_000)),
        ({"webhook": "ci"}, Wait(Webhook("ci"))),
        (
            {"webhook": "ci", "match": {"field": "idempotency_key", "value": "v"}, "provider": "forge", "event": "push"},
            Wait(Webhook("ci", "idempotency_key", "v", "forge", "push")),
        ),
        (
            {"signal": "s", "timeout": "2d", "on_timeout": "escalate", "escalate_to": "@ops"},
            Wait(Condition("s"), 172_800_000, "escalate", "@ops"),
        ),
        (
            {"signal": "s", "timeout": "1m", "on_timeout": "remind", "remind_every": "5s"},
            Wait(Condition("s"), 60_000, "remind", None, 5000),
        ),
        ({"kind": "timer", "delay_ms": 5}, Wait(Timer(5))),
        ({"kind": "timer", "wake_at": {"source": "literal", "value": 9}, **TIMEOUT}, Wait(Timer(wake_at="9"), 5, "resume")),
        (
            {"kind": "external_condition", "condition_key": {"source": "literal", "value": "k"}, "payload_schema": "paid"},
            Wait(Condition("k", "paid")),
        ),
        ({"kind": "webhook", "trigger_id": "t", "provider_event_kind": "push"}, Wait(Webhook("t", event_kind="push"))),
    ],
)
def test_a_wait_in_every_spelling(wait: dict[str, Any], expected: Wait) -> None:
    top = {"inputs": {"when": None}, "schemas": {"paid": True}}
    made = loaded(nodes=[{"id": "w", "wait": wait}], **top).nodes[0]
    assert (made.action, made.kind) == (expected, "wait")


@pytest.mark.parametrize(
    ("pointer", "path"),
    [(None, ""), ("", ""), ("/a/0/b", ".a[0].b"), ("/x~1y/z~0", '["x/y"]["z~"]')],
)
def test_a_binding_to_an_output_is_a_path(pointer: str | None, path: str) -> None:
    binding = {"source": "node_output", "node_id": "a"} | ({} if pointer is None else {"json_pointer": pointer})
    made = loaded(nodes=[NODE, {"id": "w", "needs": ["a"], "wait": {"kind": "timer", "wake_at": binding}}]).nodes[1].action
    assert made == Wait(Timer(wake_at=f"{{{{ nodes.a.output{path} }}}}"))


def test_a_wait_for_an_approval_is_a_gate() -> None:
    wait = {"kind": "approval", "decisions": ["approve"], "timeout": {"expires_after_ms": 9, "on_timeout": "escalate", "escalate_to": "@x"}}
    assert node(wait=wait).action == Gate(decisions=("approve",), expires_after_ms=9, on_expiry="escalate", escalate_to="@x")
    assert node(wait={"kind": "approval", "expires_after_ms": 7}).action == Gate(expires_after_ms=7)


def _binding(**more: Any) -> dict[str, Any]:
    return {"wait": {"kind": "timer", "wake_at": {"source": "node_output", "node_id": "a", **more}}}


@pytest.mark.parametrize(
    ("keys", "found"),
    [
        ({"wait": {}}, [("wait_kind_unknown", "wait")]),
        ({"wait": 5}, [("value_type", "wait")]),
        ({"wait": {"tiemr": "1m"}}, [("wait_kind_unknown", "wait"), ("key_unknown", "wait.tiemr")]),
        ({"wait": {"kind": "event"}}, [("wait_kind_unknown", "wait.kind")]),
        ({"wait": {"timer": "1m", "signal": "s"}}, [("wait_kind_unknown", "wait")]),
        ({"wait": {"timer": "1m", "until": AT}}, [("timer_wake_conflict", "wait")]),
        ({"wait": {"kind": "timer"}}, [("timer_wake_conflict", "wait")]),
        ({"wait": {"timer": "0s"}}, [("timer_delay_invalid", "wait.timer")]),
        ({"wait": {"timer": "soon"}}, [("timer_delay_invalid", "wait.timer")]),
        ({"wait": {"kind": "timer", "delay_ms": 0}}, [("timer_delay_invalid", "wait.delay_ms")]),
        ({"wait": {"timer": "4000d"}}, [("timer_delay_invalid", "wait.timer")]),
        ({"wait": {"until": "tomorrow"}}, [("timer_wake_at_invalid", "wait.until")]),
        ({"wait": {"until": "2026-12-01T09:00:00"}}, [("timer_wake_at_invalid", "wait.until")]),
        ({"wait": {"until": 0}}, [("timer_wake_at_invalid", "wait.until")]),
        ({"wait": {"until": 1.5}}, [("timer_wake_at_invalid", "wait.until")]),
        ({"wait": {"until": "0001-01-01T00:00:00+14:00"}}, [("timer_wake_at_invalid", "wait.until")]),
        (
            {"wait": {"kind": "timer", "wake_at": {"source": "env"}}},
            [("timer_wake_conflict", "wait"), ("timer_wake_at_invalid", "wait.wake_at.source")],
        ),
        ({"wait": {"signal": 5}}, [("external_condition_invalid", "wait.signal")]),
        ({"wait": {"signal": "s", "key": " "}}, [("external_condition_invalid", "wait.key")]),
        ({"wait": {"kind": "external_condition"}}, [("external_condition_invalid", "wait")]),
        ({"wait": {"signal": "s", "schema": "none"}}, [("schema_unknown", "wait")]),
        ({"wait": {"kind": "webhook"}}, [("webhook_trigger_invalid", "wait")]),
        (
            {"wait": {"webhook": "t", "match": {"field": "x", "value": "v"}}},
            [("webhook_correlation_invalid", "wait.match.field"), ("webhook_correlation_invalid", "wait.match")],
        ),
        ({"wait": {"webhook": "t", "match": {"field": "idempotency_key"}}}, [("webhook_correlation_invalid", "wait.match")]),
        ({"wait": {"signal": "s", "timeout": "0s"}}, [("wait_timeout_invalid", "wait.timeout")]),
        (
            {"wait": {"kind": "webhook", "trigger_id": "t", "timeout": {"expires_after_ms": 0}}},
            [("wait_timeout_invalid", "wait.timeout.expires_after_ms")],
        ),
        ({"wait": {"signal": "s", "timeout": "1m", "on_timeout": "shout"}}, [("wait_timeout_invalid", "wait.on_timeout")]),
        ({"wait": {"signal": "s", "timeout": "1m", "on_timeout": "escalate"}}, [("wait_timeout_invalid", "wait.on_timeout")]),
        (
            {
                "wait": {
                    "kind": "webhook",
                    "trigger_id": "t",
                    "timeout": {"expires_after_ms": 5, "on_timeout": "remind", "remind_every_ms": 0},
                }
            },
            [("wait_timeout_invalid", "wait.timeout.remind_every_ms")],
        ),
        ({"wait": {"signal": "s", "on_timeout": "fail"}}, [("wait_timeout_invalid", "wait")]),
        ({"wait": {"timer": "1m"}, "gate": "human_approval"}, [("wait_gate_conflict", "wait")]),
        (
            {"wait": {"timer": "1m"}, "retry": {"max_attempts": 2}, "timeout": "1m"},
            [("wait_node_has_execution_policy", "retry"), ("wait_node_has_execution_policy", "timeout")],
        ),
        ({"wait": {"timer": "1m"}, "artifact": "x"}, [("key_unknown", "artifact")]),
        ({"wait": {"timer": "1m", "schema": "x"}}, [("key_unknown", "wait.schema")]),
        ({"wait": {"kind": "approval", "decisions": ["maybe"]}}, [("approval_decisions_invalid", "wait.decisions")]),
        ({"wait": {"kind": "approval", "expires_after_ms": 0}}, [("approval_expiry_invalid", "wait.expires_after_ms")]),
        (
            {"wait": {"kind": "approval", "expires_after_ms": 5, "timeout": {"expires_after_ms": 5}}},
            [("approval_timeout_conflict", "wait.timeout")],
        ),
        (
            {"wait": {"kind": "approval", "timeout": {"expires_after_ms": 5, "on_timeout": "resume"}}},
            [("approval_timeout_resume_forbidden", "wait.timeout.on_timeout")],
        ),
        (_binding(json_pointer="a"), [("wait_binding_invalid_json_pointer", "wait.wake_at.json_pointer"), ("timer_wake_conflict", "wait")]),
        (
            _binding(json_pointer="/~2"),
            [("wait_binding_invalid_json_pointer", "wait.wake_at.json_pointer"), ("timer_wake_conflict", "wait")],
        ),
        (
            {"wait": {"kind": "timer", "wake_at": {"source": "node_output"}}},
            [("key_missing", "wait.wake_at"), ("timer_wake_conflict", "wait")],
        ),
    ],
)
def test_a_wait_that_is_refused(keys: dict[str, Any], found: list[tuple[str, str]]) -> None:
    assert sorted(wrong_node(**keys)) == sorted(found)


def test_a_binding_names_a_node_that_is_needed() -> None:
    waits = [{"id": "w", **_binding()}, {"id": "v", "wait": {"kind": "timer", "wake_at": {"source": "node_output", "node_id": "nobody"}}}]
    found = wrong(nodes=[NODE, *waits])
    assert [problem for problem in found if problem[0].startswith("wait_")] == [
        ("wait_binding_not_dependency", "nodes[1].wait.wake_at.node_id"),
        ("wait_binding_unknown_node", "nodes[2].wait.wake_at.node_id"),
    ]


def test_a_wait_under_finally_is_refused() -> None:
    text = "penstock: 1\nworkflow: w\nnodes:\n  - {id: a, command: [ls]}\nfinally:\n  - {id: w, wait: {timer: 1m}}\n"
    assert [(problem.code, problem.line) for problem in problems(text)] == [("wait_in_finally", 6)]
