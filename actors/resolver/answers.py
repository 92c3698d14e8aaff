"""What resolvers say, in each of the shapes in which they may say it, and what it means for the gate (gates spec, 8). Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import Any, Final, Literal

from attrs import Factory, frozen

from actors.outside.trouble import Trouble
from storage.codec import BadJson, canonical, loads_strict

__all__ = ["Checks", "Said", "State", "invalid", "judge_reviews", "read_answer", "read_json", "review_state", "verdict"]

State = Literal["approved", "rejected", "pending"]
STATES: Final = ("approved", "rejected", "pending")
LONGEST_TEXT = 4_000
MOST_NAMED = 10
_OK = frozenset(("success", "neutral", "skipped"))
_OPEN = frozenset(("", "pending", "expected", "queued", "in_progress", "waiting", "requested"))


@frozen
class Said:
    """One answer. `memo`: what the resolver wants to see again next time. `not_before_ms`: it wants to be left alone until then."""

    state: State
    text: str | None = None
    approvals: int | None = None
    memo: Mapping[str, Any] = Factory(dict)
    not_before_ms: int | None = None

    @property
    def digest(self) -> str:
        """The same for two answers that say the same."""
        return sha256(canonical([self.state, self.text, self.approvals])).hexdigest()[:16]


def verdict(said: Said, params: Mapping[str, Any]) -> State:
    """What the answer means: a number of approvals counts for more than the word, unless it is a no."""
    if params.get("approval_mode") != "review_decision" and said.approvals is not None and said.state != "rejected":
        return "approved" if said.approvals >= int(params.get("min_approvals", 1)) else "pending"
    return said.state


def invalid(what: str) -> Trouble:
    """An answer that says nothing that we understand."""
    return Trouble("resolver_answer_invalid", what)


def read_json(data: bytes) -> Any:
    """The value of the bytes. Raises Trouble."""
    try:
        return loads_strict(data)
    except BadJson:
        raise invalid("the answer is no JSON" if data.strip() else "the answer is empty") from None


def read_answer(gate_type: str, data: bytes) -> Said:
    """The answer of a program or an address: `{state, text?, approvals?}`, or what `gh pr view --json …` prints. Raises Trouble."""
    value = read_json(data)
    if not isinstance(value, dict):
        raise invalid("the answer is no JSON object")
    if value.get("state") in STATES:
        return _plain(value)
    shapes = [name for name in ("reviews", "reviewDecision", "statusCheckRollup") if name in value]
    reviews = any(name != "statusCheckRollup" for name in shapes) and gate_type != "pr_checks"
    checks = "statusCheckRollup" in shapes and gate_type != "pr_approval"
    if not reviews and not checks:
        raise invalid("the answer has no state of approved, rejected or pending, and is not what gh prints for this type of gate")
    found = [_reviews(value)] if reviews else []
    return _both(*found, *([_rollup(value["statusCheckRollup"])] if checks else []))


def _plain(value: Mapping[str, Any]) -> Said:
    text, approvals = value.get("text"), value.get("approvals")
    if text is not None and not isinstance(text, str):
        raise invalid("the text of the answer is no text")
    if approvals is not None and (type(approvals) is not int or approvals < 0):
        raise invalid("the approvals of the answer are no number")
    return Said(value["state"], None if text is None else text[:LONGEST_TEXT], approvals)


def _both(first: Said, second: Said | None = None) -> Said:
    """Of two findings each may say no, and both must say yes."""
    if second is None:
        return first
    words = (first.state, second.state)
    state: State = "rejected" if "rejected" in words else "approved" if words == ("approved", "approved") else "pending"
    text = "; ".join(said.text for said in (first, second) if said.text) or None
    return Said(state, text, first.approvals if second.state == "approved" else None)


# Reviews


def judge_reviews(reviews: Iterable[tuple[str, str]], decision: str | None = None) -> Said:
    """Of (who, state) in the order of time the last word of each counts. `decision`: what the forge itself makes of them."""
    last: dict[str, str] = {}
    for who, word in reviews:
        if word.upper() in ("APPROVED", "CHANGES_REQUESTED", "DISMISSED"):
            last[who] = word.upper()
    wants = sorted(who for who, word in last.items() if word == "CHANGES_REQUESTED")
    approvals = sorted(who for who, word in last.items() if word == "APPROVED")
    if wants or decision == "CHANGES_REQUESTED":
        return Said("rejected", f"changes requested by {_named(wants)}" if wants else "changes requested", len(approvals))
    said = decision in (None, "") and bool(approvals)
    state: State = "approved" if said or decision == "APPROVED" else "pending"
    return Said(state, f"approved by {_named(approvals)}" if approvals else None, len(approvals))


def review_state(review: Any, user: str) -> tuple[str, str]:
    """(who, state) of one review. Raises Trouble."""
    author = review.get(user) if isinstance(review, dict) else None
    word = review.get("state") if isinstance(review, dict) else None
    if not isinstance(word, str):
        raise invalid("a review has no state")
    name = author.get("login") if isinstance(author, dict) else None
    return (name if isinstance(name, str) else ""), word


def _reviews(value: Mapping[str, Any]) -> Said:
    decision = value.get("reviewDecision")
    if "reviews" not in value:
        said = judge_reviews((), str(decision or "REVIEW_REQUIRED"))
        return Said(said.state, said.text)
    if not isinstance(value["reviews"], list):
        raise invalid("the reviews are no list")
    return judge_reviews([review_state(one, "author") for one in value["reviews"]], decision if isinstance(decision, str) else None)


# Checks


@frozen
class Checks:
    """Checks and commit statuses by name: what each came to (ok, bad, open)."""

    found: tuple[tuple[str, str], ...] = ()

    @staticmethod
    def of_check(name: Any, status: Any, conclusion: Any) -> tuple[str, str]:
        """A check run. Raises Trouble."""
        if not isinstance(status, str) or not isinstance(conclusion, str | None):
            raise invalid("a check has no status")
        over = status.lower() == "completed"
        return str(name), Checks._word(conclusion or "" if over else "")

    @staticmethod
    def of_status(name: Any, state: Any) -> tuple[str, str]:
        """A commit status. Raises Trouble."""
        if not isinstance(state, str):
            raise invalid("a commit status has no state")
        return str(name), Checks._word(state)

    @staticmethod
    def _word(word: str) -> str:
        return "ok" if word.lower() in _OK else "open" if word.lower() in _OPEN else "bad"

    def judge(self) -> Said:
        """One bad one is a no; while one is open, or before there is any, nothing is said."""
        bad = sorted({name for name, word in self.found if word == "bad"})
        waiting = sorted({name for name, word in self.found if word == "open"})
        if bad:
            return Said("rejected", f"failed: {_named(bad)}")
        if waiting or not self.found:
            return Said("pending", f"under way: {_named(waiting)}" if waiting else None)
        return Said("approved", f"{len(self.found)} checks passed")


def _rollup(value: Any) -> Said:
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        raise invalid("the checks are no list")
    found = [
        Checks.of_check(one.get("name"), one.get("status"), one.get("conclusion"))
        if "status" in one
        else Checks.of_status(one.get("context"), one.get("state"))
        for one in value
    ]
    return Checks(tuple(found)).judge()


def _named(names: list[str]) -> str:
    """A few of them, without anything that is not printed."""
    shown = ["".join(char if char.isprintable() else "?" for char in name[:80]) for name in names[:MOST_NAMED]]
    return ", ".join(shown) + (f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else "")
