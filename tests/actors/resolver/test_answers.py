"""What resolvers say in each of their shapes, and what is no answer at all."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.outside.trouble import Trouble
from actors.resolver.answers import Said, judge_reviews, read_answer, verdict
from actors.resolver.forge import Target, checks_of, pull_of, reviews_of, statuses_of, target_of


def read(value: Any, gate_type: str = "pr_checks") -> Said:
    return read_answer(gate_type, orjson.dumps(value))


def review(who: str, word: str) -> dict[str, Any]:
    return {"author": {"login": who}, "state": word, "submittedAt": "2026-01-01T00:00:00Z", "body": "long words"}


def check(name: str, conclusion: str, status: str = "COMPLETED") -> dict[str, Any]:
    return {"__typename": "CheckRun", "name": name, "status": status, "conclusion": conclusion}


def test_the_plain_protocol() -> None:
    assert read({"state": "approved", "text": "fine", "approvals": 2, "more": 1}) == Said("approved", "fine", 2)
    assert read({"state": "pending"}) == Said("pending")
    assert len(read({"state": "rejected", "text": "x" * 5_000}).text or "") == 4_000


@pytest.mark.parametrize(
    "data",
    [
        b"", b" \n", b"yes", b"[]", b"null", b'{"state": "APPROVED"}', b'{"state": "maybe"}', b'{"state": 1}', b"{}",
        b'{"state": "approved", "text": 5}', b'{"state": "approved", "approvals": "2"}', b'{"state": "approved", "approvals": -1}',
        b'{"state": "approved", "approvals": true}', b'{"state": "approved"', b'{"state":"approved"}{"state":"approved"}',
        b'{"statusCheckRollup": {}}', b'{"statusCheckRollup": [5]}', b'{"statusCheckRollup": [{"status": 5}]}',
        b'{"statusCheckRollup": [{"context": "x"}]}', b'{"statusCheckRollup": [{"status": "COMPLETED", "conclusion": 5}]}',
        b'{"reviews": []}', b"\xff", b'{"state": "approved", "approvals": 1e99}',
    ],
)  # fmt: skip
def test_what_is_no_answer(data: bytes) -> None:
    with pytest.raises(Trouble) as caught:
        read_answer("pr_checks", data)
    assert caught.value.code == "resolver_answer_invalid"


@pytest.mark.parametrize("value", [{"reviews": 5}, {"reviews": [5]}, {"reviews": [{"state": 5}]}, {"statusCheckRollup": []}])
def test_what_is_no_answer_about_reviews(value: Any) -> None:
    with pytest.raises(Trouble):
        read(value, "pr_approval")


@pytest.mark.parametrize(
    ("rollup", "state", "text"),
    [
        ([], "pending", None),
        ([check("lint", "SUCCESS"), check("docs", "NEUTRAL"), check("old", "SKIPPED")], "approved", "3 checks passed"),
        ([check("lint", "SUCCESS"), check("tests", "", "IN_PROGRESS")], "pending", "under way: tests"),
        ([check("lint", "FAILURE"), check("tests", "", "QUEUED")], "rejected", "failed: lint"),
        ([check("lint", "TIMED_OUT"), check("lint", "CANCELLED"), check("b", "ACTION_REQUIRED")], "rejected", "failed: b, lint"),
        ([{"__typename": "StatusContext", "context": "ci", "state": "SUCCESS"}], "approved", "1 checks passed"),
        ([{"context": "ci", "state": "EXPECTED"}], "pending", "under way: ci"),
        ([{"context": "ci", "state": "ERROR"}], "rejected", "failed: ci"),
        ([check(f"c{n:02}", "FAILURE") for n in range(12)], "rejected", f"failed: {', '.join(f'c{n:02}' for n in range(10))} and 2 more"),
        ([check("a\x1b[31m", "FAILURE")], "rejected", "failed: a?[31m"),
    ],
    ids=["none", "passed", "running", "failed", "ended-badly", "status", "expected", "error", "many", "unprintable"],
)
def test_checks_as_gh_prints_them(rollup: list[Any], state: str, text: str | None) -> None:
    said = read({"statusCheckRollup": rollup, "reviews": [review("a", "CHANGES_REQUESTED")], "state": "OPEN"})
    assert (said.state, said.text, said.approvals) == (state, text, None)


@pytest.mark.parametrize(
    ("words", "decision", "state", "approvals"),
    [
        ([], "", "pending", 0),
        ([("a", "APPROVED")], "", "approved", 1),
        ([("a", "APPROVED"), ("b", "APPROVED"), ("a", "COMMENTED")], "REVIEW_REQUIRED", "pending", 2),
        ([("a", "CHANGES_REQUESTED"), ("a", "APPROVED")], "APPROVED", "approved", 1),
        ([("a", "APPROVED"), ("b", "CHANGES_REQUESTED")], "CHANGES_REQUESTED", "rejected", 1),
        ([("a", "APPROVED"), ("a", "DISMISSED")], "", "pending", 0),
        ([("a", "APPROVED"), ("a", "APPROVED")], None, "approved", 1),
    ],
)
def test_reviews_as_gh_prints_them(words: list[tuple[str, str]], decision: str | None, state: str, approvals: int) -> None:
    said = read({"reviews": [review(*one) for one in words], "reviewDecision": decision, "statusCheckRollup": []}, "pr_approval")
    assert (said.state, said.approvals) == (state, approvals)


@pytest.mark.parametrize(("decision", "state"), [("APPROVED", "approved"), ("CHANGES_REQUESTED", "rejected"), ("", "pending")])
def test_the_decision_alone(decision: str, state: str) -> None:
    said = read({"reviewDecision": decision}, "pr_approval")
    assert (said.state, said.approvals) == (state, None)


def test_a_type_of_its_own_wants_reviews_and_checks_where_both_are_there() -> None:
    good, bad = [check("lint", "SUCCESS")], [check("lint", "FAILURE")]
    approved = [review("a", "APPROVED")]
    assert read({"reviews": approved, "statusCheckRollup": good}, "ready") == Said("approved", "approved by a; 1 checks passed", 1)
    assert read({"reviews": approved, "statusCheckRollup": bad}, "ready").state == "rejected"
    assert read({"reviews": [], "statusCheckRollup": good}, "ready").state == "pending"
    waiting = read({"reviews": approved, "statusCheckRollup": []}, "ready")
    assert verdict(waiting, {"approval_mode": "min_approvals", "min_approvals": 1}) == "pending"


@pytest.mark.parametrize(
    ("said", "mode", "needed", "found"),
    [
        (Said("pending", None, 2), "min_approvals", 2, "approved"),
        (Said("approved", None, 1), "min_approvals", 2, "pending"),
        (Said("rejected", None, 5), "min_approvals", 2, "rejected"),
        (Said("approved"), "min_approvals", 2, "approved"),
        (Said("pending", None, 9), "review_decision", 1, "pending"),
        (Said("approved", None, 0), "review_decision", 1, "approved"),
    ],
)
def test_numbers_count_for_more_than_words_unless_the_word_is_no(said: Said, mode: str, needed: int, found: str) -> None:
    assert verdict(said, {"approval_mode": mode, "min_approvals": needed}) == found


def test_two_answers_are_the_same_when_they_say_the_same() -> None:
    assert Said("pending", "x", 1, {"etag": 1}, 5).digest == Said("pending", "x", 1).digest != Said("pending", "x", 2).digest


def test_who_wants_changes_is_named() -> None:
    assert judge_reviews([("b", "CHANGES_REQUESTED"), ("a", "changes_requested")]).text == "changes requested by a, b"
    assert judge_reviews([], "CHANGES_REQUESTED").text == "changes requested"


KEYS = ("state", "reviews", "reviewDecision", "statusCheckRollup", "author", "login", "status", "conclusion", "name", "approved")
WORDS = st.sampled_from(KEYS)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | WORDS | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=4),
    max_leaves=12,
)


@given(JSON | st.binary(max_size=40), st.sampled_from(["pr_checks", "pr_approval", "ready"]))
def test_whatever_comes_is_an_answer_or_trouble(value: Any, gate_type: str) -> None:
    data = value if isinstance(value, bytes) else orjson.dumps(value)
    found: str
    try:
        found = verdict(read_answer(gate_type, data), {"min_approvals": 1, "approval_mode": "min_approvals"})
    except Trouble as trouble:
        found = trouble.code
    assert found in ("approved", "rejected", "pending", "resolver_answer_invalid")


# The forge's REST API


def test_what_to_look_at() -> None:
    assert target_of({"repository": "a/b", "pull": "12"}, commit=False) == Target("a/b", "12")
    assert target_of({"repository": "a/b", "ref": "main"}, commit=True) == Target("a/b", None, "main")
    assert target_of({"repository": "a/b", "pull": "12", "ref": "main"}, commit=True) == Target("a/b", "12", "main")


@pytest.mark.parametrize(
    ("options", "commit"),
    [
        ({}, True), ({"repository": "a/b"}, True), ({"repository": "a/b"}, False), ({"repository": "a/b", "ref": "main"}, False),
        ({"repository": "a", "pull": "1"}, False), ({"repository": "../x", "pull": "1"}, False),
        ({"repository": "a/..", "pull": "1"}, False), ({"repository": "./b", "pull": "1"}, False),
        ({"repository": "a/.", "pull": "1"}, False), ({"repository": "a/b?x=", "pull": "1"}, False),
        ({"repository": "a/b", "pull": "1/merge"}, False), ({"repository": "a/b", "pull": "{{ inputs.pull }}"}, False),
        ({"repository": "a/b", "ref": "a..b"}, True), ({"repository": "a/b", "ref": "a b"}, True),
    ],
)  # fmt: skip
def test_what_says_not_where_to_look(options: dict[str, str], commit: bool) -> None:
    with pytest.raises(Trouble) as caught:
        target_of(options, commit=commit)
    assert caught.value.code == "resolver_options_invalid"


def test_what_is_kept_of_a_forges_answers() -> None:
    assert pull_of({"state": "open", "head": {"sha": "abc"}, "body": "s3cret"}) == {"closed": False, "sha": "abc"}
    assert pull_of({"state": "closed", "merged": True, "head": {"sha": "abc"}}) == {"closed": False, "sha": "abc"}
    assert pull_of({"state": "closed", "merged": False, "head": {"sha": "abc"}})["closed"]
    assert reviews_of([{"user": {"login": "a"}, "state": "APPROVED"}, {"user": None, "state": "COMMENTED"}]) == [
        ["a", "APPROVED"], ["", "COMMENTED"],
    ]  # fmt: skip
    assert checks_of({"check_runs": [{"name": "x", "status": "in_progress", "conclusion": None}]}) == [["x", "open"]]
    assert statuses_of({"statuses": [{"context": "x", "state": "failure"}]}) == [["x", "bad"]]


@pytest.mark.parametrize("value", [None, [], {}, {"head": {}}, {"head": {"sha": 5}}, {"head": {"sha": "../x y"}}])
def test_half_a_pull_request_is_none(value: Any) -> None:
    with pytest.raises(Trouble):
        pull_of(value)


@pytest.mark.parametrize("value", [None, {}, {"statuses": 5}, {"check_runs": [5]}, [{}]])
def test_half_a_list_is_none(value: Any) -> None:
    for reads in (reviews_of, checks_of, statuses_of):
        with pytest.raises(Trouble):
            reads(value)
