"""Specs refuse what has no meaning, when they are made."""

from __future__ import annotations

from typing import Any

import pytest

from supervision import ChildSpec, Dynamic, Supervisor


@pytest.mark.parametrize("name", ["", "a/b"])
def test_an_id_must_fit_into_a_path(name: str) -> None:
    with pytest.raises(ValueError, match="id"):
        ChildSpec(name, Dynamic)


@pytest.mark.parametrize("time", [-1.0, "soon"])
def test_a_shutdown_is_seconds_or_one_of_two_words(time: Any) -> None:
    with pytest.raises(ValueError, match="shutdown"):
        ChildSpec("a", Dynamic, shutdown=time)


@pytest.mark.parametrize("time", [0.0, 2.5, "infinity", "brutal_kill", None])
def test_a_shutdown_may_be_each_of_these(time: Any) -> None:
    assert ChildSpec("a", Dynamic, shutdown=time).shutdown == time


def test_a_permanent_child_cannot_be_significant() -> None:
    with pytest.raises(ValueError, match="significant"):
        ChildSpec("a", Dynamic, significant=True)


def test_a_significant_child_needs_a_supervisor_that_shuts_down() -> None:
    spec = ChildSpec("a", Dynamic, "transient", significant=True)
    with pytest.raises(ValueError, match="auto_shutdown"):
        Supervisor(children=[spec])
    assert Supervisor(children=[spec], auto_shutdown="any_significant").children == (spec,)


def test_ids_of_one_supervisor_are_unique() -> None:
    with pytest.raises(ValueError, match=r"more than once: a$"):
        Supervisor(children=[ChildSpec("a", Dynamic), ChildSpec("b", Dynamic), ChildSpec("a", Dynamic)])


RULES: list[dict[str, Any]] = [{"strategy": "one_for_none"}, {"intensity": -1}, {"period": 0}, {"auto_shutdown": "sometimes"}]


@pytest.mark.parametrize("wrong", RULES, ids=lambda each: next(iter(each)))
def test_a_supervisor_refuses_rules_that_otp_does_not_know(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        Supervisor(**wrong)


@pytest.mark.parametrize("wrong", [{"intensity": -1}, {"period": 0}], ids=lambda each: next(iter(each)))
def test_a_dynamic_supervisor_refuses_a_budget_without_meaning(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="intensity"):
        Dynamic(**wrong)
