"""What services say when they do not answer, as our failures (F47, F48)."""

from __future__ import annotations

import json

import pytest

from actors.agent.provider.failures import CLASSES
from actors.agent.provider.refused import ADVICE, KINDS, STATUSES, refused, retry_after_ms, said_in_stream

NOW = "Fri, 27 Nov 2026 10:00:00 GMT"


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"retry-after": "1"}, 1_000),
        ({"retry-after": "0.25"}, 250),
        ({"retry-after": "86400"}, 86_400_000),
        ({"retry-after": "1e300"}, 10**10),
        ({"retry-after": "garbage"}, None),
        ({"retry-after": "-1"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after-ms": "50", "retry-after": "9"}, 50),
        ({"retry-after": "Fri, 27 Nov 2026 10:02:00 GMT", "date": NOW}, 120_000),
        ({"retry-after": "Fri, 27 Nov 2026 09:00:00 GMT", "date": NOW}, 0),
        ({"retry-after": "Fri, 27 Nov 9999 09:00:00 GMT", "date": NOW}, 10**10),
        ({"retry-after": "Fri, 27 Nov 2026 10:02:00 GMT"}, None),
        ({}, None),
    ],
    ids=[
        "second", "part", "day", "ages", "garbage", "past", "nan", "infinite", "exact", "date", "past_date", "far_date", "date_alone",
        "none",
    ],
)  # fmt: skip
def test_the_wait_that_a_service_asks_for(headers: dict[str, str], expected: int | None) -> None:
    assert retry_after_ms(headers) == expected


@pytest.mark.parametrize(
    ("status", "body", "code", "failure_class"),
    [
        (500, {"error": {"message": "boom", "type": "server_error"}}, "provider_server_error", "provider_transient"),
        (502, "<html>bad gateway</html>", "provider_server_error", "provider_transient"),
        (503, "", "provider_overloaded", "provider_transient"),
        (529, {"type": "error", "error": {"type": "overloaded_error", "message": "busy"}}, "provider_overloaded", "provider_transient"),
        (408, "", "provider_overloaded", "provider_transient"),
        (429, {"error": {"message": "slow down", "code": "rate_limit_exceeded"}}, "provider_rate_limited", "provider_transient"),
        (429, {"error": {"message": "pay", "code": "insufficient_quota"}}, "provider_quota_exhausted", "provider_terminal"),
        (429, [1, 2], "provider_rate_limited", "provider_transient"),
        (401, {"error": "no key"}, "provider_unauthorized", "provider_terminal"),
        (402, {"detail": "pay"}, "provider_quota_exhausted", "provider_terminal"),
        (403, {"error": {"message": 7, "type": 7}}, "provider_unauthorized", "provider_terminal"),
        (400, {"error": {"message": "context too long"}}, "provider_rejected", "provider_terminal"),
        (404, {"error": {"message": "no such model"}}, "provider_rejected", "provider_terminal"),
        (302, "", "provider_redirected", "provider_terminal"),
    ],
    ids=["500", "502", "503", "529", "408", "429", "429_quota", "429_odd", "401", "402", "403", "400", "404", "302"],
)
def test_a_status_and_its_words_are_one_of_our_failures(status: int, body: object, code: str, failure_class: str) -> None:
    text = body if isinstance(body, str) else json.dumps(body)
    failure = refused(status, {"x-request-id": "req_1", "retry-after": "2"}, text.encode())
    assert (failure.code, failure.failure_class, failure.status, failure.request_id) == (code, failure_class, status, "req_1")
    assert failure.retry_after_ms == (2_000 if status >= 400 else None)
    assert str(status) in failure.message


def test_words_of_a_service_are_shown_short_and_on_one_line() -> None:
    failure = refused(500, {}, json.dumps({"error": {"message": "line\nline " + "x" * 9_000}}).encode())
    assert "line line xxx" in failure.message
    assert len(failure.message) < 500
    assert failure.request_id is None


@pytest.mark.parametrize(
    ("error", "code"),
    [
        ({"type": "overloaded_error", "message": "busy"}, "provider_overloaded"),
        ({"code": "rate_limit_exceeded"}, "provider_rate_limited"),
        ({"type": "never heard of"}, "provider_server_error"),
        ("words", "provider_server_error"),
        (None, "provider_server_error"),
    ],
    ids=["overloaded", "limited", "unknown", "words", "nothing"],
)
def test_an_error_in_the_middle_of_an_answer(error: object, code: str) -> None:
    assert said_in_stream(error).code == code


def test_every_failure_that_is_told_has_a_class_and_advice() -> None:
    told = {*STATUSES.values(), *KINDS.values(), "provider_server_error", "provider_redirected"}
    assert told == set(ADVICE)
    assert told <= set(CLASSES)
