"""Which children fall with which, and what an exit means for the child's spec. Pure decisions; the supervisor carries them out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, assert_never

from supervision.childspec import AutoShutdown, Restart, Strategy
from supervision.exits import Exit, is_abnormal

__all__ = ["Sentence", "ends_supervisor", "fallen", "sentence"]

Sentence = Literal["restart", "keep", "drop"]


def sentence(restart: Restart, ended: Exit) -> Sentence:
    """What follows from a child's own end: start it again, keep its spec without an incarnation, or drop the spec too."""
    match restart:
        case "permanent":
            return "restart"
        case "transient":
            return "restart" if is_abnormal(ended) else "keep"
        case "temporary":
            return "drop"
        case _:
            assert_never(restart)


def fallen(strategy: Strategy, ids: Sequence[str], failed: str) -> list[str]:
    """The children that are stopped and started again because `failed` broke, in start order, itself included."""
    match strategy:
        case "one_for_one":
            return [failed]
        case "one_for_all":
            return list(ids)
        case "rest_for_one":
            return list(ids[ids.index(failed) :])
        case _:
            assert_never(strategy)


def ends_supervisor(rule: AutoShutdown, *, significant: bool, others_left: bool) -> bool:
    """Whether a child that ended for good takes its supervisor along; `others_left`: other significant children still have a life."""
    if not significant or rule == "never":
        return False
    return rule == "any_significant" or not others_left
