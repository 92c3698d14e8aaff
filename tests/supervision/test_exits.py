"""Exits as data."""

from __future__ import annotations

import pytest

from supervision import Exit, Failed, Killed, Normal, Shutdown
from supervision.exits import is_abnormal, sift


@pytest.mark.parametrize(("ended", "abnormal"), [(Normal(), False), (Shutdown(), False), (Killed(), True), (Failed(ValueError()), True)])
def test_only_failures_and_kills_are_abnormal(ended: Exit, abnormal: bool) -> None:
    assert is_abnormal(ended) is abnormal


def test_an_exception_is_the_actors_own() -> None:
    error = ValueError()
    assert sift(error) == (error, None)


def test_an_interrupt_is_not_the_actors_own() -> None:
    error = KeyboardInterrupt()
    assert sift(error) == (None, error)


def test_a_group_with_mixed_causes_is_split_into_own_and_foreign() -> None:
    own, foreign = ValueError(), KeyboardInterrupt()
    mine, others = sift(BaseExceptionGroup("both", [own, foreign]))
    assert isinstance(mine, ExceptionGroup)
    assert mine.exceptions == (own,)
    assert isinstance(others, BaseExceptionGroup)
    assert others.exceptions == (foreign,)


def test_a_group_without_own_causes_is_foreign_as_a_whole() -> None:
    group = BaseExceptionGroup("foreign", [KeyboardInterrupt()])
    mine, others = sift(group)
    assert mine is None
    assert isinstance(others, BaseExceptionGroup)
