"""Which persona takes which role of a run: found once at its start, and frozen for its life (engine spec 1, 3, 4). Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from hashlib import sha256
from typing import Any

import orjson
from attrs import Factory, frozen

from actors.agent.cli.names import sound
from actors.agent.persona import digest, encode
from actors.agent.policy import Policy
from actors.refusals import Refusal
from actors.workflow.mcp_names import servers_of
from actors.workflow.outfits import agents_of
from actors.workflow.spec import Workflow
from actors.workflow.spec_agent import MAX_OUTPUT_TOKENS, Persona
from actors.workflow.tool_names import ToolPolicy

__all__ = ["Binding", "Bound", "PinnedText", "Pool", "bind", "handed_down", "objection", "roles_of", "unbound"]


@frozen
class Bound:
    """A role and who has it. `sha256` names the persona's content; `source` is `workflow`, `pool` or `file`.

    An agent that is named by the path of its file has that path as its role.
    """

    role: str
    persona: str
    version: int
    sha256: str
    backend: str
    model: str
    source: str


@frozen
class PinnedText:
    """A text from a file that the run's agents are given, as it was when the run was made: `sha256` names its content.

    `kind` is `snippet` or `schema`, `name` what nodes call it, `file` where it lay.
    """

    kind: str
    name: str
    sha256: str
    file: str


@frozen
class Pool:
    """What a binding may choose from. `broken` are personas that cannot be read, with the reason.

    `backends` are those configured: why each cannot be used, "" where it can. Those in `agents` are agents with a command line and tools of
    their own. `consents` are digests of personas. `servers` are the MCP servers of the configuration, `policy` is what may be done with
    tools at most. `files` are agents in files of the run's project by the role that asks for them; `missing` says for the others with a
    code and in words why there is no such file. `clean` takes secrets out of what is read from files.
    `endless` are agents with a command line that take no bound on how often they ask their model.
    """

    personas: tuple[Persona, ...] = ()
    broken: Mapping[str, str] = Factory(dict)
    backends: Mapping[str, str] = Factory(dict)
    consents: frozenset[str] = frozenset()
    agents: frozenset[str] = frozenset()
    servers: frozenset[str] = frozenset()
    policy: ToolPolicy = ()
    files: Mapping[str, Persona] = Factory(dict)
    missing: Mapping[str, tuple[str, str]] = Factory(dict)
    clean: Callable[[str], str] = str
    endless: frozenset[str] = frozenset()


@frozen
class Binding:
    """Who has each role, sorted by role; the texts that agents are given; and all contents, each of which is stored under its digest."""

    bound: tuple[Bound, ...] = ()
    contents: tuple[bytes, ...] = ()
    texts: tuple[PinnedText, ...] = ()

    @property
    def hash(self) -> str:
        """SHA-256 over roles and the digests of their personas, lower-case hex."""
        return sha256(orjson.dumps([[one.role, one.sha256] for one in self.bound])).hexdigest()


@frozen
class _Denied:
    persona: str
    code: str
    reason: str


def roles_of(workflow: Workflow) -> dict[str, tuple[str, ...]]:
    """The roles of the workflow's agents at every depth, each with the tools that they name, sorted."""
    found: dict[str, set[str]] = {}
    for agent in agents_of(workflow).values():
        found.setdefault(agent.reference, set()).update(agent.tools)
    return {role: tuple(sorted(found[role])) for role in sorted(found)}


def handed_down(bound: tuple[Bound, ...], workflow: Workflow) -> dict[str, str]:
    """Who of a run has the roles of a workflow that it begins: role to persona. Agents in files are looked up anew."""
    roles = roles_of(workflow)
    return {one.role: one.persona for one in bound if one.role in roles and one.source != "file"}


def unbound(workflow: Workflow, bound: tuple[Bound, ...]) -> list[str]:
    """The roles of the workflow that nobody has."""
    known = {one.role for one in bound}
    return [role for role in roles_of(workflow) if role not in known]


def bind(workflow: Workflow, pool: Pool, override: Mapping[str, str]) -> Binding | Refusal:
    """The binding, or why a role cannot be bound: for each such role every candidate with its reason."""
    roles = roles_of(workflow)
    if foreign := [role for role in override if role not in roles]:
        text = f"The workflow has no role {foreign[0]!r}. Its roles: {', '.join(roles) or 'none'}. Name one of them, or leave it out."
        return Refusal("role_unknown", text, {"role": foreign[0], "roles": list(roles)})
    chosen: dict[str, tuple[Persona, str]] = {}
    open_roles: dict[str, list[_Denied]] = {}
    for role, tools in roles.items():
        denied: list[_Denied] = []
        for persona, source in _candidates(workflow, pool, role, override.get(role), denied):
            code, reason = objection(persona, pool, tools)
            if not code:
                chosen[role] = (persona, source)
                break
            denied.append(_Denied(persona.name, code, reason))
        else:
            open_roles[role] = denied
    if open_roles:
        return _refusal(open_roles)
    bound = tuple(Bound(role, who.name, who.version, digest(who), who.backend, who.model, source) for role, (who, source) in chosen.items())
    return Binding(bound, tuple(dict.fromkeys(encode(who) for who, _ in chosen.values())))


def _candidates(
    workflow: Workflow, pool: Pool, role: str, wanted: str | None, denied: list[_Denied]
) -> Iterator[tuple[Persona, str]]:  # fmt: skip
    """Who may have the role: who has its name, of the workflow's own first, then of the pool; then a file; then who takes the role."""
    name = wanted or role
    known = [(persona, "workflow") for persona in workflow.personas] + [(persona, "pool") for persona in pool.personas]
    yield from (entry for entry in known if entry[0].name == name)
    if name in pool.broken:
        denied.append(_Denied(name, "persona_invalid", f"it cannot be read: {pool.broken[name]}"))
    if wanted is None and role in pool.files:
        yield pool.files[role], "file"
    if wanted is None:
        yield from (entry for entry in known if entry[0].name != role and role in entry[0].roles)
        if role in pool.missing:
            denied.append(_Denied(role, *pool.missing[role]))
    elif all(persona.name != wanted for persona, _ in known) and wanted not in pool.broken:
        names = ", ".join(dict.fromkeys(persona.name for persona, _ in known)) or "none"
        denied.append(_Denied(wanted, "persona_unknown", f"there is no persona of this name; there are: {names}"))


def objection(persona: Persona, pool: Pool, tools: tuple[str, ...]) -> tuple[str, str]:
    """Code and words of what speaks against it; empty where nothing does."""
    if persona.backend not in pool.backends:
        known = ", ".join(sorted(pool.backends)) or "none"
        return "backend_unavailable", f"its backend {persona.backend} is not configured; configured are: {known}"
    if reason := pool.backends[persona.backend]:
        return "backend_unavailable", f"its backend {persona.backend} cannot be used: {reason}"
    if reason := _unfit(persona, pool, tools):
        return "backend_unfit", reason
    if away := [server for server in servers_of((*tools, *(persona.tools or ()))) if server not in pool.servers]:
        known = ", ".join(sorted(pool.servers)) or "none"
        return "mcp_server_unknown", f"there is no MCP server {', '.join(away)} whose tools it could use; configured are: {known}"
    if missing := [tool for tool in tools if not persona.may(tool)]:
        return "tool_not_permitted", f"it is not permitted to use {', '.join(missing)}"
    policy = Policy(pool.policy, persona.policy)
    if denied := [f"{tool} (by {ruling.by})" for tool in tools if (ruling := policy.ruling(tool)).word == "deny"]:
        return "tool_denied", f"it is denied {', '.join(denied)}"
    name = digest(persona)
    if persona.consent and name not in pool.consents:
        return "consent_missing", f"nobody has consented to it as it is now; consent with: penstock personas consent {name}"
    return "", ""


def _unfit(persona: Persona, pool: Pool, tools: tuple[str, ...]) -> str:
    """Why its backends cannot do what it, or its node, asks for; "" where they can. Who stands in may be away just now, but is known."""
    if foreign := [one.backend for one in persona.fallback if one.backend not in pool.backends]:
        return f"its fallback {foreign[0]} is not configured; configured are: {', '.join(sorted(pool.backends))}"
    if len({one.backend in pool.agents for one in persona.models}) > 1:
        return "an agent with a command line and a model that uses our tools cannot stand in for each other: name fallbacks of one sort"
    if persona.backend not in pool.agents:
        return ""
    if tools or persona.tools is not None or persona.policy:
        return (
            f"its backend {persona.backend} is an agent with tools and permissions of its own, which `tools` and `policy` have no say in: "
            f"leave them out at the persona and at its nodes, and set [backends.{persona.backend}] args"
        )
    if persona.temperature is not None or persona.max_output_tokens != MAX_OUTPUT_TOKENS:
        return f"its backend {persona.backend} is an agent that takes neither temperature nor max_output_tokens: leave them out"
    if wrong := [one.model for one in persona.models if not sound(one.model)]:
        return f"{wrong[0]!r} could be taken for an option, and is no name of a model for an agent: letters, digits and . _ : / @ + - are"
    return ""


def _refusal(roles: Mapping[str, list[_Denied]]) -> Refusal:
    told = []
    data: list[dict[str, Any]] = []
    for role, denied in roles.items():
        why = "; ".join(f"{one.persona}: {one.reason}" for one in denied) or "no persona has this name or takes this role"
        told.append(f"The role {role} cannot be bound: {why}.")
        candidates = [{"persona": one.persona, "code": one.code, "reason": one.reason} for one in denied]
        data.append({"role": role, "candidates": candidates})
    return Refusal("role_unbound", " ".join(told), {"roles": data})
