"""The retry policy of a node: every spelling, what is clamped, what is refused, and the name of its version."""

from __future__ import annotations

from typing import Any

import pytest

from actors.workflow.canonical import decode, encode
from actors.workflow.canonical_retry import policy_version_id, retry_json
from actors.workflow.exhaustion import ManualOverride, TerminalBehavior
from actors.workflow.spec import Backoff, RetryPolicy
from tests.actors.workflow.samples import NODE, loaded, node, warned, wrong, wrong_node

DELAYS = Backoff("fixed", 2_000, 8_000, 3.0, 100)
FIXED = {"strategy": "fixed", "multiplier": 3}


def policy(**keys: Any) -> RetryPolicy:
    return node(command=["x"], retry=keys).retry


@pytest.mark.parametrize("name", ["on", "retryable_failure_classes", "retryableFailureClasses", "retry_on", "retryOn"])
def test_every_spelling_of_the_classes(name: str) -> None:
    assert policy(**{name: [" Timeout ", "provider-transient"]}).classes == ("timeout", "provider_transient")


@pytest.mark.parametrize("name", ["max_attempts", "maxAttempts"])
def test_every_spelling_of_the_attempts(name: str) -> None:
    assert policy(**{name: 4}) == RetryPolicy(4)


@pytest.mark.parametrize(
    "keys",
    [
        {**FIXED, "initial": "2s", "max": "8s", "jitter": "100ms"},
        {**FIXED, "initial_delay_ms": 2000, "max_delay_ms": 8000, "jitter_ms": 100},
        {**FIXED, "delay_ms": 2000, "max": "8s", "jitter_ms": 100},
    ],
)
def test_every_spelling_of_a_back_off_in_its_group_or_beside_it(keys: dict[str, Any]) -> None:
    assert policy(backoff=keys).backoff == DELAYS
    assert policy(**keys).backoff == DELAYS


@pytest.mark.parametrize(
    "keys",
    [
        {"terminal_behavior": "dead_letter", "manual_override": {"enabled": True, "requires_reason": False}},
        {"terminal_behavior": {"mode": "dead_letter"}, "enabled": True, "requires_reason": False},
        {"mode": "dead_letter", "manual_override": {"enabled": True, "requires_reason": False}},
    ],
)
def test_every_spelling_of_what_follows_the_last_attempt(keys: dict[str, Any]) -> None:
    found = policy(**keys)
    assert found.terminal_behavior == TerminalBehavior("dead_letter")
    assert found.manual_override == ManualOverride(enabled=True, requires_reason=False)


def test_the_other_keys() -> None:
    assert policy(version=2, count_interruptions=True, max_elapsed="1h") == RetryPolicy(
        version=2, count_interruptions=True, max_elapsed_ms=3_600_000
    )  # fmt: skip
    assert policy(max_elapsed_ms=5).max_elapsed_ms == 5
    assert policy(terminal_behavior="pause_for_review", dead_letter=True).terminal_behavior == TerminalBehavior(
        "pause_for_review", dead_letter=True
    )  # fmt: skip
    assert policy(enabled=True).manual_override.asks_why
    assert not policy(requires_reason=True).manual_override.asks_why


def test_an_empty_list_of_classes_means_all_and_a_left_out_one_the_usual() -> None:
    assert policy(on=[]).classes == ("*",)
    assert policy().classes is None
    assert retry_json(RetryPolicy(classes=())) == {"retryable_failure_classes": ["*"]}


@pytest.mark.parametrize(("given", "cap"), [(42, 10), (0, 1), (99, 10), (-3, 1)], ids=["R30", "R30", "R30", "R30"])
def test_r30_attempts_out_of_bounds_are_clamped_and_said_so(given: int, cap: int) -> None:
    assert policy(max_attempts=given).max_attempts == cap
    assert warned(nodes=[{**NODE, "retry": {"max_attempts": given}}]) == [("max_attempts_clamped", "nodes[0].retry.max_attempts")]


@pytest.mark.parametrize(
    ("keys", "code", "path"),
    [
        ({"maxAttempts": 2.5}, "retry_policy_invalid", "retry.maxAttempts"),
        ({"max_attempts": 2, "maxAttempts": 2}, "key_spelled_twice", "retry.maxAttempts"),
        ({"backoff": {"strategy": "none"}, "strategy": "none"}, "key_spelled_twice", "retry.strategy"),
        ({"strategy": "fixed", "initial": "1s", "delay_ms": 5}, "key_spelled_twice", "retry.delay_ms"),
        ({"strategy": "fixed"}, "retry_policy_invalid", "retry"),
        ({"jitter": "1s"}, "retry_policy_invalid", "retry"),
        ({"version": 0}, "retry_policy_invalid", "retry.version"),
        ({"max_elapsed": "0s"}, "retry_policy_invalid", "retry.max_elapsed"),
        ({"count_interruptions": "yes"}, "value_type", "retry.count_interruptions"),
        ({"terminal_behavior": "explode"}, "retry_policy_invalid", "retry.terminal_behavior"),
        ({"terminal_behavior": {"mode": "explode"}}, "retry_policy_invalid", "retry.terminal_behavior.mode"),
        ({"terminal_behavior": {"fashion": 1}}, "key_unknown", "retry.terminal_behavior.fashion"),
        ({"terminal_behavior": {"mode": "dead_letter"}, "mode": "dead_letter"}, "key_spelled_twice", "retry.mode"),
        ({"manual_override": {"enabled": 1}}, "value_type", "retry.manual_override.enabled"),
        ({"manual_override": {"who": "me"}}, "key_unknown", "retry.manual_override.who"),
    ],
)
def test_what_is_refused(keys: dict[str, Any], code: str, path: str) -> None:
    assert wrong_node(command=["x"], retry=keys) == [(code, path)]


def test_nothing_follows_the_last_attempt_of_a_clean_up() -> None:
    tail = [{"id": "z", "command": ["x"], "retry": {"terminal_behavior": "dead_letter"}}]
    assert wrong(**{"finally": tail}) == [("terminal_behavior_in_finally", "finally[0].retry")]


@pytest.mark.parametrize(
    ("found", "name"),
    [
        (RetryPolicy(), "retry-policy-v1-08f44b07b5901a25"),
        (RetryPolicy(3), "retry-policy-v1-59bc23afe25d9f79"),
        (RetryPolicy(version=7), "retry-policy-v7-07ffdc2b9b6f0c30"),
    ],
)
def test_the_name_of_a_version(found: RetryPolicy, name: str) -> None:
    assert policy_version_id(found) == name


def test_what_is_left_out_stays_out_and_what_is_said_stays() -> None:
    written = {
        "version": 2, "max_attempts": 1, "count_interruptions": True, "retryable_failure_classes": ["timeout"], "max_elapsed_ms": 1000,
        "backoff": {"strategy": "fixed", "initial_delay_ms": 2000}, "terminal_behavior": {"mode": "pause_for_review", "dead_letter": True},
        "manual_override": {"enabled": True, "requires_reason": False},
    }  # fmt: skip
    made = loaded(nodes=[{**NODE, "retry": written}, {**NODE, "id": "b"}])
    assert retry_json(made.nodes[0].retry) == written
    assert retry_json(made.nodes[1].retry) == {}
    assert decode(encode(made)) == made
