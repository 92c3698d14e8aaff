"""Who does the work of a run's agents, and what they are given: looked up once, when the run is made, and bound by content."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

import orjson
from attrs import evolve

from actors.agent.agent_file import read_agent_file
from actors.agent.binding import Binding, PinnedText, Pool, bind, roles_of
from actors.agent.cli.command_line import USUAL
from actors.agent.persona import ENDINGS
from actors.agent.shelf import NotOnShelf, Shelf
from actors.refusals import Refusal
from actors.workflow.outfits import agents_of, outfits_of
from actors.workflow.output_schema import read_output_schema
from actors.workflow.problems import Report, WorkflowInvalid
from actors.workflow.projects import roots_of
from actors.workflow.schema import check_schema

if TYPE_CHECKING:
    from collections.abc import Iterator

    from actors.agent.shelf import Found
    from actors.run.defaults import Defaults
    from actors.run.messages import Admit
    from actors.run.plan import Plan
    from actors.services import Services
    from actors.workflow.spec import Workflow
    from actors.workflow.spec_agent import Agent, Persona
    from actors.worktree.site import Place

__all__ = ["cast", "projects_of"]


def projects_of(admit: Admit, plan: Plan, workspace: str | None, place: Place | None) -> tuple[str, ...]:
    """Where the run's files are looked for: in the project of its own folder, of its repository, of who starts it, of its definition.

    A run that another one begins looks where that does, too; the folder that it only shares with it says nothing. One of which no agent
    is, nor of any run that it begins, has nothing to look for.
    """
    if not (plan.agents or plan.calls):
        return ()
    origin = admit.origin
    own = workspace if place is None and plan.workflow.workspace_root is not None else None
    cwd = admit.cwd if origin is None or origin.parent is None else None
    found = roots_of((own, None if place is None else place.repository, cwd, admit.folder, plan.workflow.folder))
    return tuple(dict.fromkeys((*found, *(origin.roots if origin is not None else ()))))


def cast(services: Services, admit: Admit, plan: Plan, roots: tuple[str, ...]) -> Binding | Refusal:
    """Who has which role, and the texts; or the first thing that is missing. Nothing is stored here."""
    if not (plan.agents or admit.personas):
        return Binding()
    workflow, rules = plan.workflow, services.rules
    names = tuple(dict.fromkeys(name for name in (workflow.label, workflow.workflow_id) if name is not None and "/" not in name))
    pool = services.pool()
    shelf = Shelf(roots, names, rules.agent_dirs, pool.clean)
    found = _with_files(services, admit, workflow, pool, shelf)
    if isinstance(found, Refusal):
        return found
    binding = bind(workflow, found, admit.personas)
    if isinstance(binding, Refusal):
        return binding
    if (unfit := _unbounded(workflow, pool, binding)) is not None:
        return unfit
    try:
        texts = [(PinnedText(kind, name, sha256(data).hexdigest(), file), data) for kind, name, file, data in _texts(workflow, shelf)]
    except (NotOnShelf, WorkflowInvalid) as error:
        return _refused(error, "schema_invalid")
    contents = dict.fromkeys((*binding.contents, *(data for _, data in texts)))
    return evolve(binding, texts=tuple(text for text, _ in texts), contents=tuple(contents))


def _with_files(services: Services, admit: Admit, workflow: Workflow, pool: Pool, shelf: Shelf) -> Pool | Refusal:
    """The pool, and the agents in files that the workflow asks for: those that are named by path, and those whom no persona is."""
    files: dict[str, Persona] = {}
    missing: dict[str, tuple[str, str]] = {}
    known = (*workflow.personas, *pool.personas)
    named = {persona.name for persona in known} | set(pool.broken)
    taken = {role for persona in known for role in persona.roles}
    asking = list(agents_of(workflow).values())
    for role in roles_of(workflow):
        agents = [agent for agent in asking if agent.reference == role]
        if role in admit.personas or role in named:
            continue
        try:
            files[role] = _in_file(services, pool, _find(shelf, agents, admit.defaults), agents[0], admit.defaults.model)
        except (NotOnShelf, WorkflowInvalid) as error:
            code = error.code if isinstance(error, NotOnShelf) else "agent_file_invalid"
            if code == "agent_not_found" and (role in taken or (agents[0].path is None and workflow.templating == "path")):
                missing[role] = (code, "no persona has this name or takes this role, and no file of an agent has this name")
            else:
                return _refused(error, code)
    return evolve(pool, files=files, missing=missing)


def _unbounded(workflow: Workflow, pool: Pool, binding: Binding) -> Refusal | None:
    """A bound that would be passed on to nobody is no bound."""
    backends = {one.role: one.backend for one in binding.bound}
    for node_id, agent in agents_of(workflow).items():
        backend = backends[agent.reference]
        if agent.max_turns is not None and backend in pool.endless:
            advice = f"Leave it out, or set [backends.{backend}] turns."
            text = f"The node {node_id} says max_turns, and the agent at {backend} takes no such bound. {advice}"
            return Refusal("backend_unfit", text, {"node_id": node_id, "backend": backend})
    return None


def _find(shelf: Shelf, agents: list[Agent], defaults: Defaults) -> Found:
    if agents[0].path is not None:
        return shelf.agent_at(agents[0].path)
    return shelf.agent(agents[0].role, defaults.folders_of(tuple(folder for agent in agents for folder in agent.plugin_dirs)))


def _in_file(services: Services, pool: Pool, found: Found, agent: Agent, model: str | None) -> Persona:
    """The persona that the file makes. What it does not say, its run (`model`) or the configuration does."""
    usable = [name for name, problem in pool.backends.items() if not problem] or list(pool.backends)
    backend = services.rules.default_backend or (usable[0] if usable else "none")
    usual = model or services.rules.default_model or USUAL
    persona = read_agent_file(found.text, source=str(found.path), name=agent.role or found.path.stem, backend=backend, model=usual)
    if persona.model == USUAL and persona.backend in pool.backends and persona.backend not in pool.agents:
        report = Report(str(found.path))
        message = f"The file names no model, and the backend {persona.backend} has no usual one. "
        message += "Write model: …, set agents.default_model, or start the run with a model."
        report.add("model_missing", (), message)
        report.raise_if_any()
    return persona


def _texts(workflow: Workflow, shelf: Shelf) -> Iterator[tuple[str, str, str, bytes]]:
    """The snippets and schemas from files that the workflow's agents get: kind, name, file, content."""
    outfits = outfits_of(workflow).values()
    for name in dict.fromkeys(name for outfit in outfits for name in outfit.snippets):
        found = shelf.snippet(name)
        yield "snippet", name, str(found.path), found.text.strip().encode()
    for name in dict.fromkeys(outfit.schema for outfit in outfits if outfit.schema is not None):
        if name not in workflow.schemas:
            found = shelf.schema(name)
            yield "schema", name, str(found.path), _schema(found)


def _schema(found: Found) -> bytes:
    report = Report(str(found.path))
    tree = ENDINGS[found.path.suffix](found.text, report)
    report.raise_if_any()
    schema = read_output_schema(report, (), tree)
    for error in check_schema(schema):
        report.add("schema_invalid", (), f"The schema cannot be used: at {error.path}, {error.message}.")
    report.raise_if_any()
    return orjson.dumps(schema, option=orjson.OPT_SORT_KEYS)


def _refused(error: NotOnShelf | WorkflowInvalid, code: str) -> Refusal:
    if isinstance(error, NotOnShelf):
        return Refusal(error.code, str(error), dict(error.data))
    first = error.problems[0]
    own = first.code if first.code.startswith("schema_") else code
    data = {"problems": [{"code": one.code, "file": one.file, "line": one.line, "message": one.message} for one in error.problems]}
    return Refusal(own, str(first), data)
