"""What is known of a run before it begins: which texts can be filled in, what conditions come to, what runs below are given. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, Literal

from attrs import Factory, evolve, frozen

from actors.flow.variables import Facts, Variables
from actors.run.plan import Plan
from actors.run.texts import site_variables
from actors.workflow.condition import compile_condition
from actors.workflow.inputs import apply_inputs
from actors.workflow.partly import Partly
from actors.workflow.problems import Problem
from actors.workflow.template import Lookup
from actors.worktree.site import Place

__all__ = ["Certainty", "Given", "certainty_of", "given_below", "partly_of", "worse"]

Certainty = Literal["certain", "conditional", "skipped"]
ORDER: Final = ("certain", "conditional", "skipped")
LATE: Final = frozenset({"prior_context", "prior_contexts", "prior_output", "prior_output_file", "gate_feedback", "gate_selections"})
"""Variables that only a run can fill."""
TAIL: Final = {"workflow_status": "completed", "workflow_outcome": "completed"}


@frozen
class Given:
    """What is known of the run before it begins: its id, inputs, working folder (None: a private one), the daemon's variables.

    `personas` says by name who would have each role. `children` finds the version of a workflow that a node would begin. Of a run below,
    `run_id` is None, and `unknown` are inputs that only the run above can give; `depth` says how far below it lies.
    `lessons`: what each agent would be told of earlier runs; `bodies`: the text of who has a role,
    by that, and `snippets`: texts by name.
    """

    run_id: str | None
    inputs: Mapping[str, Any]
    workspace: str | None
    env: Mapping[str, str]
    personas: Mapping[str, str] = Factory(dict)
    worktree: Place | None = None
    children: Callable[[str], Plan | None] = lambda _: None
    unknown: frozenset[str] = frozenset()
    depth: int = 0
    lessons: str = ""
    bodies: Mapping[str, str] = Factory(dict)
    snippets: Mapping[str, str] = Factory(dict)


def partly_of(plan: Plan, given: Given, *, tail: bool = False) -> Partly:
    """Renders texts of the body or, with `tail`, of clean-up, as far as they can be known."""
    variables = _variables(given, tail=tail)
    scope = {**_scope(plan, given), "vars": dict(variables)}
    flat = plan.workflow.templating == "flat"
    return Partly(scope, lambda lookup: _known(lookup, given, variables), variables=variables if flat else None, names=variables)


def _variables(given: Given, *, tail: bool) -> Variables:
    place = given.worktree
    site = {} if place is None else site_variables(place)
    hidden = LATE | given.unknown | (frozenset({"workflow_run_id"}) if given.run_id is None else frozenset())
    more = TAIL if tail else {}
    return Variables(Facts(given.run_id or "", given.inputs, dry_run=True, injected=site, hidden=hidden, more=more))


def _scope(plan: Plan, given: Given) -> dict[str, Any]:
    place = given.worktree
    return {
        "inputs": dict(given.inputs), "env": dict(given.env),
        "run": {
            "id": given.run_id, "workflow": plan.workflow.workflow_id, "workspace": given.workspace, "status": "running",
            "workflow_status": "completed", "workflow_outcome": "completed", "attempt": 1, "feedback": "",
            **({"base": place.base, "branch": place.branch, "repository": place.repository} if place is not None else {}),
        },
    }  # fmt: skip


def _known(lookup: Lookup, given: Given, variables: Variables) -> bool:
    match lookup.path:
        case ("nodes" | "error" | "item", *_) | ("run", "gate_feedback" | "gate_selections", *_):
            return False
        case ("inputs", str(name), *_):
            return name not in given.unknown
        case ("vars", str(name), *_):
            return name in variables
        case ("run", "id"):
            return given.run_id is not None
        case ("inputs",):
            return not given.unknown
    return lookup.path != ("vars",)


def certainty_of(text: str | None, partly: Partly) -> Certainty:
    """What a condition comes to: `conditional` where only a run can tell. Raises ConditionError where it can come to nothing."""
    if text is None:
        return "certain"
    condition = compile_condition(text)
    looked_at = [*condition.references, *condition.flags]
    if not all(partly.known(Lookup(reference.path, "")) for reference in looked_at):
        return "conditional"
    return "certain" if condition.evaluate(partly.scope) else "skipped"


def worse(one: Certainty, other: Certainty) -> Certainty:
    """What can be said of a thing that hangs on both."""
    return max(one, other, key=ORDER.index)


def given_below(child: Plan, given: Given, inputs: Mapping[str, Any], partly: Partly) -> tuple[Given, list[Problem]]:
    """What a run of `child` would be given by a node with these inputs (none: all of the run above), and what is wrong with that."""
    values, unknown = (dict(given.inputs), set(given.unknown)) if not inputs else ({}, set())
    for name, text in inputs.items():
        probe = evolve(partly, unresolved={}, wrong=[])
        values[name] = probe.render(text)
        unknown |= {name} if probe.unresolved or probe.wrong else set()
    applied = apply_inputs(child.workflow, values)
    problems = [problem for problem in applied.problems if problem.path.removeprefix("inputs.") not in unknown]
    below = evolve(
        given, run_id=None, inputs=applied.values, personas={}, worktree=None, unknown=frozenset(unknown), depth=given.depth + 1
    )  # fmt: skip
    return below, problems
