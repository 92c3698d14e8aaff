"""What servers say of the next request, and secrets by where they lie."""

from __future__ import annotations

from pathlib import Path

import pytest

from actors.outside.secrets import read_secret
from actors.outside.trouble import LONGEST_PAUSE_MS, Trouble, not_before

NOW = 1_764_000_000_000


@pytest.mark.parametrize(
    ("headers", "after_ms"),
    [
        ({}, None),
        ({"retry-after": "120"}, 120_000),
        ({"retry-after": "Mon, 24 Nov 2025 16:02:00 GMT"}, 120_000),
        ({"retry-after": "Mon, 24 Nov 2025 16:02:00 -0000"}, 120_000),
        ({"retry-after": "Mon, 24 Nov 2025 15:00:00 GMT"}, None),
        ({"retry-after": "0"}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "99999999999"}, LONGEST_PAUSE_MS),
        ({"retry-after": "9" * 40}, None),
        ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": str(NOW // 1000 + 60)}, 60_000),
        ({"x-ratelimit-remaining": "1", "x-ratelimit-reset": str(NOW // 1000 + 60)}, None),
        ({"x-ratelimit-remaining": "0"}, None),
        ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": str(NOW // 1000 + 60), "retry-after": "90"}, 90_000),
    ],
)
def test_when_the_next_request_may_come(headers: dict[str, str], after_ms: int | None) -> None:
    found = not_before(headers, NOW)
    assert (None if found is None else found - NOW) == after_ms


def test_a_long_message_is_cut() -> None:
    assert len(Trouble("code", "x" * 1000).message) == 300


def test_a_secret_is_read_from_a_file_and_from_a_variable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "key").write_text(" s3cret\n")
    monkeypatch.setenv("FORGE_TOKEN", "t0ken")
    assert (read_secret(f"file:{tmp_path}/key"), read_secret("env:FORGE_TOKEN")) == ("s3cret", "t0ken")


@pytest.mark.parametrize("content", [None, b"", b"\n", b"one\ntwo", b"\xff\xfe"], ids=["absent", "empty", "blank", "lines", "binary"])
def test_what_is_no_secret_is_named_by_its_place_alone(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "key").write_bytes(content)
    with pytest.raises(Trouble, match=str(tmp_path)) as caught:
        read_secret(f"file:{tmp_path}/key")
    assert caught.value.code == "secret_unreadable"
    assert "two" not in str(caught.value)
