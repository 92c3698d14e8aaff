"""The floor under the number of attempts (runs spec 7.2)."""

from __future__ import annotations

import pytest

from actors.run.retry import floored
from actors.workflow.spec import RetryPolicy


@pytest.mark.parametrize(
    ("cap", "kind", "category", "code", "found"),
    [
        (1, "agent", "provider_connect_timeout", "provider_connect_failed", 3),
        (2, "agent", "provider_server_error", "", 3),
        (5, "agent", "provider_server_error", "", 5),
        (1, "agent", "", "required_output_missing", 3),
        (1, "agent", "", "source_identity_truncated", 3),
        (1, "agent", "", "upstream_artifact_unread", 3),
        (1, "agent", "", "connector_preview_truncated", 3),
        (1, "agent", "provider_auth", "provider_unauthorized", 1),
        (1, "agent", "node_timeout", "attempt_timed_out", 1),
        (1, "agent", "", "", 1),
        (1, "command", "provider_server_error", "", 1),
    ],
)
def test_trouble_of_others_leaves_an_agent_at_least_three_attempts(cap: int, kind: str, category: str, code: str, found: int) -> None:
    assert floored(cap, kind, RetryPolicy(), category, code) == found
    assert floored(cap, kind, RetryPolicy(count_interruptions=True), category, code) == cap
