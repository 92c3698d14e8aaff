"""Reads the limits of a run: how much at once, how much in all."""

from __future__ import annotations

from typing import Final, get_args

from attrs import evolve

from actors.workflow.form import ABSENT, Form
from actors.workflow.spec import Execution, Period, Profile, WorkflowBudget

__all__ = ["read_budget", "read_execution"]

CODE: Final = "limits_invalid"
MAX_PARALLEL: Final = 16
PROFILES: Final[tuple[Profile, ...]] = get_args(Profile)
MAX_WEIGHT: Final = 100
PERIODS: Final[tuple[Period, ...]] = get_args(Period)
MOST: Final = 2**53


def read_execution(form: Form) -> Execution:
    """What stands under `limits`, and the workflow's `fail_fast`."""
    fail_fast, word = form.take("fail_fast"), form.choice("profile", choices=PROFILES, code="profile_unknown")
    inner = form.sub("limits", "execution")
    limits = Execution()
    if inner:
        limits = _read_limits(inner)
        if "execution" in form.data and fail_fast is ABSENT:
            fail_fast = inner.take("fail_fast")
        if "execution" in form.data and word is None:
            word = inner.choice("profile", choices=PROFILES, code="profile_unknown")
        inner.close("limits")
    if fail_fast is not ABSENT and type(fail_fast) is not bool:
        form.wrong(("fail_fast",), fail_fast, "true or false")
    profile = next((one for one in PROFILES if one == word), None)
    return evolve(limits, fail_fast=fail_fast if type(fail_fast) is bool else None, profile=profile)


def _read_limits(form: Form) -> Execution:
    cost = form.number("cost_usd", "max_total_cost_usd", low=0, default=-1, code=CODE)
    return Execution(
        max_parallel=form.whole("parallel", "max_parallel", low=1, high=MAX_PARALLEL, default=1, code=CODE),
        max_total_runtime_ms=form.duration("runtime", "max_total_runtime_ms"),
        max_total_tokens=form.whole("tokens", "max_total_tokens", low=1, high=MOST, default=0, code=CODE) or None,
        max_total_cost_usd=cost if cost >= 0 else None,
        max_total_tool_calls=form.whole("tool_calls", "max_total_tool_calls", low=1, high=MOST, default=0, code=CODE) or None,
        weight=form.whole("weight", low=1, high=MAX_WEIGHT, default=1, code=CODE),
    )


def read_budget(form: Form) -> WorkflowBudget | None:
    """What all runs of the workflow share, where anything of it is limited."""
    inner = form.sub("budget")
    if not inner:
        return None
    inner.require("per")
    per = inner.choice("per", choices=PERIODS, code=CODE)
    cost = inner.number("cost_usd", low=0, default=-1, code=CODE)
    budget = WorkflowBudget(
        per=next((one for one in PERIODS if one == per), "day"),
        tokens=inner.whole("tokens", low=1, high=MOST, default=0, code=CODE) or None,
        cost_usd=cost if cost >= 0 else None,
        tool_calls=inner.whole("tool_calls", low=1, high=MOST, default=0, code=CODE) or None,
    )
    inner.close("a budget")
    if budget == WorkflowBudget(per=budget.per):
        allowed = ["tokens", "cost_usd", "tool_calls"]
        form.report.add(CODE, form.at("budget"), "The budget limits nothing. Say how much of what may be used.", allowed=allowed)
    return budget
