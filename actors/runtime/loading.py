"""Definitions that somebody sends: read, checked, and refused with all that is wrong with them, also with what they ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import trio
from attrs import asdict, evolve

from actors.refusals import Refusal
from actors.run.harness import unavailable
from actors.settings import RunRules
from actors.sub_run.pins import Newest
from actors.workflow.callees import keys_left_by
from actors.workflow.check_callees import uncallable, unending
from actors.workflow.check_scripts import Searched, programs_in, unfit_scripts
from actors.workflow.parse import READERS, Loaded, load_text
from actors.workflow.problems import Problem, WorkflowInvalid
from actors.workflow.reach import ChildKeys, anything
from actors.workflow.read_wait import WAIT_CODES

if TYPE_CHECKING:
    from actors.services import Services

__all__ = ["invalid", "load", "load_aside", "problem_json"]

AT_ONCE = 16_384


def problem_json(problem: Problem) -> dict[str, Any]:
    """A problem of a definition, as JSON."""
    return {name: value for name, value in asdict(problem).items() if value not in (None, "", ())}


def load(text: str, notation: str, source: str, folder: str | None, child_keys: ChildKeys = anything) -> Loaded | Refusal:
    """The definition that the text says, or all that is wrong with it, whatever there is outside."""
    known = next((one for one in READERS if one == notation), None)
    if known is None:
        return Refusal("notation_unknown", f"There is no notation {notation!r}. Allowed: {', '.join(READERS)}.", {"notation": notation})
    try:
        return load_text(text, notation=known, source=source, folder=folder, child_keys=child_keys)
    except WorkflowInvalid as wrong:
        return invalid(wrong, source)


def invalid(wrong: WorkflowInvalid, source: str) -> Refusal:
    """All that is wrong with a definition."""
    first = wrong.problems[0]
    where = f"{source}:{first.line}:{first.column}" if first.line else source
    problems = [problem_json(problem) for problem in wrong.problems]
    more = f" ({len(problems) - 1} more)" if len(problems) > 1 else ""
    code = "invalid_wait_node" if all(problem.code in WAIT_CODES for problem in wrong.problems) else "invalid_workflow"
    return Refusal(code, f"{where}: {first.message}{more}", {"problems": problems})


async def load_aside(text: str, notation: str, source: str, folder: str | None, services: Services) -> Loaded | Refusal:
    """The definition that the text says, or all that is wrong with it, also what it asks for that is not there.

    Neither a long text, which may take seconds when it is hostile, nor the disks on which scripts lie hold up the loop.
    """
    newest, rules = Newest(services), services.rules

    def keys(workflow_id: str) -> frozenset[str] | None:
        return None if (there := newest(workflow_id)) is None else keys_left_by(there)

    if len(text) <= AT_ONCE:
        loaded = load(text, notation, source, folder, keys)
    else:  # the store is asked by the loop alone
        loaded = await trio.to_thread.run_sync(load, text, notation, source, folder, lambda name: trio.from_thread.run_sync(keys, name))
    if isinstance(loaded, Refusal):
        return loaded
    workflow, places = loaded.workflow, loaded.places
    searched = _searched(folder, rules)
    if any("/" in word for word in programs_in(workflow)):
        wrong, remarks = await trio.to_thread.run_sync(unfit_scripts, workflow, searched, places, source, abandon_on_cancel=True)
    else:
        wrong, remarks = unfit_scripts(workflow, searched, places, source)
    called = (*uncallable(workflow, newest, places, source), *unending(workflow, newest, places, source))
    missing = (*unavailable(workflow, rules, places, source), *wrong, *called)
    return invalid(WorkflowInvalid(missing), source) if missing else evolve(loaded, warnings=(*loaded.warnings, *remarks))


def _searched(folder: str | None, rules: RunRules) -> Searched:
    paths = {name: one.path for name, one in rules.identities.items()}
    return Searched(() if folder is None else (folder,), rules.skills_dir, rules.env.get("PATH", ""), paths)
