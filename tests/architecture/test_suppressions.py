"""Whoever silences a tool says why, on the same line or right above."""

from __future__ import annotations

import re
import tokenize
from functools import cache
from io import StringIO

from tests.architecture.sources import Source, product, suite

SILENCER = re.compile(r"#\s*(noqa(: [A-Z0-9, ]+)?|type: ignore(\[[a-z0-9, -]+\])?|pragma: no (cover|branch))")
REASON = re.compile(r"[A-Za-z]{2,}")


@cache
def _comments(source: Source) -> list[tuple[int, str]]:
    tokens = tokenize.generate_tokens(StringIO(source.text).readline)
    return [(token.start[0], token.string) for token in tokens if token.type == tokenize.COMMENT]


def test_every_silenced_check_carries_its_reason() -> None:
    bare = []
    for source in (*product(), *suite()):
        for line, comment in _comments(source):
            match = SILENCER.search(comment)
            if match and not REASON.search(comment[: match.start()] + comment[match.end() :]):
                bare.append(f"{source.path}:{line} {comment}")
    assert bare == []


def test_a_silenced_check_is_named() -> None:
    broad = [
        f"{source.path}:{line} {comment}"
        for source in (*product(), *suite())
        for line, comment in _comments(source)
        if re.search(r"#\s*noqa(?!:)|#\s*type: ignore(?!\[)", comment)
    ]
    assert broad == []


def test_no_test_is_skipped_or_expected_to_fail() -> None:
    skips = re.compile(r"pytest\.(skip|xfail|importorskip)\(|mark\.(skip|xfail)\b")
    found = [
        f"{source.path}:{number}"
        for source in suite()
        if not source.path.startswith("tests/architecture/")
        for number, line in enumerate(source.text.splitlines(), 1)
        if skips.search(line) and "#" not in line
    ]
    assert found == []
