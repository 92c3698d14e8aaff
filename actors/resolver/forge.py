"""What is asked of a forge, and what of its answers is kept: names and words, no texts of anybody. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from attrs import frozen

from actors.outside.trouble import Trouble
from actors.resolver.answers import Checks, invalid, review_state

__all__ = ["Target", "checks_of", "pull_of", "reviews_of", "statuses_of", "target_of"]

REPOSITORY = re.compile(r"[A-Za-z0-9_.-]{1,100}/[A-Za-z0-9_.-]{1,100}")
NUMBER = re.compile(r"[0-9]{1,12}")
REF = re.compile(r"[A-Za-z0-9_./-]{1,250}")


@frozen
class Target:
    """What to look at: a repository, and a pull request or a commit (branch, tag) of it."""

    repository: str
    pull: str | None = None
    ref: str | None = None


def target_of(options: Mapping[str, str], *, commit: bool) -> Target:
    """The target that the gate's options name. `commit`: a commit will do. Raises Trouble, which says what is wrong."""
    repository, pull, ref = (options.get(name) or None for name in ("repository", "pull", "ref"))
    if repository is None or not REPOSITORY.fullmatch(repository) or ".." in repository or "/." in f"/{repository}":
        raise _wrong(f"repository is {repository!r}; owner/name is expected")
    if pull is not None and not NUMBER.fullmatch(pull):
        raise _wrong(f"pull is {pull!r}; a number is expected")
    if ref is not None and (not REF.fullmatch(ref) or ".." in ref):
        raise _wrong(f"ref is {ref!r}; a commit, a branch or a tag is expected")
    if pull is None and not (commit and ref):
        raise _wrong("neither pull nor ref is there" if commit else "pull is not there")
    return Target(repository, pull, ref if commit else None)


def _wrong(what: str) -> Trouble:
    return Trouble("resolver_options_invalid", f"the gate's options do not say what to look at: {what}")


def pull_of(value: Any) -> dict[str, Any]:
    """Whether a pull request was closed without being merged, and its newest commit."""
    head = value.get("head") if isinstance(value, dict) else None
    sha = head.get("sha") if isinstance(head, dict) else None
    if not isinstance(sha, str) or not REF.fullmatch(sha):
        raise invalid("a pull request has no head")
    return {"closed": value.get("state") == "closed" and not value.get("merged"), "sha": sha}


def reviews_of(value: Any) -> list[list[str]]:
    """Who said what, oldest first."""
    if not isinstance(value, list):
        raise invalid("the reviews are no list")
    return [list(review_state(one, "user")) for one in value]


def checks_of(value: Any) -> list[list[str]]:
    """The check runs of a commit, each with what it came to."""
    return [list(Checks.of_check(one.get("name"), one.get("status"), one.get("conclusion"))) for one in _rows(value, "check_runs")]


def statuses_of(value: Any) -> list[list[str]]:
    """The statuses of a commit: of each context the newest, as the combined status has them."""
    return [list(Checks.of_status(one.get("context"), one.get("state"))) for one in _rows(value, "statuses")]


def _rows(value: Any, name: str) -> list[dict[str, Any]]:
    rows = value.get(name) if isinstance(value, dict) else None
    if not isinstance(rows, list) or not all(isinstance(one, dict) for one in rows):
        raise invalid(f"the answer has no {name}")
    return rows
