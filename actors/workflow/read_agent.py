"""Reads agent nodes, and the personas that a workflow brings along."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import Any, Final

from actors.workflow.form import ABSENT, Form, kind_word
from actors.workflow.hosts import HOST_FORM, host_entry
from actors.workflow.mcp_names import FORM, split
from actors.workflow.names import ID_FORM, is_id, provider_name
from actors.workflow.problems import Path, Report
from actors.workflow.read_policy import read_approval, read_policy
from actors.workflow.spec_agent import MAX_OUTPUT_TOKENS, MAX_STEPS, SANDBOXES, TOOLS, Agent, Duty, Fallback, Persona

__all__ = ["DUTIES", "read_agent", "read_persona", "read_personas"]

DUTIES: Final = ("actor", "reviewer")
MOST_PERSONAS: Final = 64
MOST_OUTPUT: Final = 1_000_000
MOST_STEPS: Final = 10_000
MOST_TURNS: Final = 2**32 - 1
NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,127}")
HOTTEST: Final = 2.0
MOST_FALLBACKS: Final = 8


def read_agent(form: Form, templates: list[tuple[Path, Any]]) -> Agent:
    """The role or the file, the instructions, the tools and the bounds of an agent node; its templates go to `templates`."""
    role, path = _read_reference(form)
    instructions = form.text("instructions", "objective", default="") or ""
    templates.append((form.at("instructions", "objective"), instructions))
    steps = form.whole("max_steps", low=1, high=MOST_STEPS, default=MAX_STEPS)
    turns = form.whole("max_turns", low=1, high=MOST_TURNS, default=0, code="invalid_max_turns")
    return Agent(
        role, instructions, _read_tools(form) or (), steps, read_policy(form), read_approval(form), path,
        snippets=tuple(form.texts("snippets", single=True) or ()), output_schema=form.text("output_schema"),
        plugin_dirs=tuple(dict.fromkeys(form.texts("plugin_dirs", single=True) or ())), max_turns=turns or None,
    )  # fmt: skip


def _read_reference(form: Form) -> tuple[str, str | None]:
    """The agent by its name, or by the file that describes it: `agent: {path: …}`, in the model `persona_path`."""
    inner = form.sub("agent") if type(form.data.get("agent")) is dict else None
    path = form.text("persona_path") if inner is None else inner.text("path")
    if inner is not None:
        inner.require("path")
        inner.close("an agent")
    if path is None and inner is None:
        form.require("agent", "persona_id")
        role = form.text("agent", "persona_id", default="") or ""
        _check_role(form, form.at("agent", "persona_id"), role)
        return role, None
    names = ("persona_id",) if inner is not None else ("agent", "persona_id")
    if form.take(*names) is not ABSENT:
        message = "An agent is named, or its file is. Keep one of them."
        form.report.add("key_spelled_twice", form.at(*names), message)
    if ".." in PurePosixPath((path or "").replace("\\", "/")).parts:
        message = f"{(path or '')[:80]!r} leads out of the folders in which agents stand. Name a file without .. in its path."
        form.report.add("agent_path_traversal", form.at("agent", "persona_path"), message, found=path)
    return "", path


def read_personas(form: Form) -> tuple[Persona, ...]:
    """The personas under `personas`, sorted by name."""
    found = []
    listed = form.table("personas")
    if len(listed) > MOST_PERSONAS:
        message = f'"personas" has {len(listed)} entries, and at most {MOST_PERSONAS} are taken. Put them into files of their own.'
        form.report.add("personas_too_many", form.at("personas"), message, found=len(listed), allowed=[f"≤ {MOST_PERSONAS}"])
    for name, value in listed.items():
        path = (*form.at("personas"), name)
        if persona := _entry(form.report, path, name, value):
            found.append(persona)
    return tuple(sorted(found, key=lambda persona: persona.name))


def _entry(report: Report, path: Path, name: str, value: object) -> Persona | None:
    if type(value) is not dict:
        message = f"A persona is a mapping with backend and model, and this is {kind_word(value)}."
        report.add("value_type", path, message, found=value, allowed=["{backend, model, system, tools, policy, roles, consent}"])
        return None
    return read_persona(Form(report, path, value), name)


def read_persona(form: Form, name: str) -> Persona:
    """One persona; every key but those asked for here is refused."""
    _check_name(form, form.path, name, "persona")
    own = _read_model(form)
    roles = form.texts("roles", single=True) or []
    for i, role in enumerate(roles):
        _check_name(form, (*form.at("roles"), i), role, "role")
    temperature = form.number("temperature", low=0, default=-1, code="persona_invalid")
    if temperature > HOTTEST:
        message = f'"temperature" is {temperature:g}, and it must be from 0 to {HOTTEST:g}.'
        form.report.add("persona_invalid", form.at("temperature"), message, found=temperature, allowed=[f"0 … {HOTTEST:g}"])
    persona = Persona(
        name=name, backend=own.backend, model=own.model, system=form.text("system", default="") or "", tools=_read_tools(form),
        roles=tuple(dict.fromkeys(roles)), consent=form.flag("consent"),
        version=form.whole("version", low=1, high=10**9, default=1, code="persona_invalid"),
        temperature=temperature if temperature >= 0 else None,
        max_output_tokens=form.whole(
            "max_output_tokens", low=1, high=MOST_OUTPUT, default=MAX_OUTPUT_TOKENS, code="persona_invalid"
        ),
        sandbox=form.choice("sandbox", choices=SANDBOXES, code="persona_invalid") or "bwrap", http_hosts=_read_hosts(form),
        fallback=_read_fallback(form),
        policy=read_policy(form), prompt=form.text("prompt", default="") or "", duty=_read_duty(form), can_commit=form.flag("can_commit"),
    )  # fmt: skip
    if persona.can_commit and persona.duty != "actor":
        message = "Who commits does the work: can_commit needs an actor. Say so, or leave can_commit out."
        form.report.add("can_commit_requires_actor", form.at("can_commit"), message, found=True, allowed=["actor"])
    form.close("a persona")
    return persona


def _read_duty(form: Form) -> Duty:
    return "reviewer" if form.choice("duty", choices=DUTIES, code="persona_invalid") == "reviewer" else "actor"


def _read_model(form: Form) -> Fallback:
    """The two keys that say where a model runs."""
    form.require("backend")
    form.require("model")
    backend, model = form.text("backend", default="") or "", form.text("model", default="") or ""
    if backend and provider_name(backend) is None:
        message = f"{backend[:80]!r} is no name of a backend. Write one of those in the configuration: {ID_FORM}."
        form.report.add("persona_invalid", form.at("backend"), message, found=backend, allowed=[ID_FORM])
    return Fallback(provider_name(backend) or "", model)


def _read_fallback(form: Form) -> tuple[Fallback, ...]:
    listed = form.items("fallback")
    if len(listed) > MOST_FALLBACKS:
        message = f'"fallback" has {len(listed)} entries, and at most {MOST_FALLBACKS} are taken.'
        form.report.add("persona_invalid", form.at("fallback"), message, found=len(listed), allowed=[f"≤ {MOST_FALLBACKS}"])
    found: list[Fallback] = []
    for path, value in listed:
        if type(value) is not dict:
            message = f"Who stands in is a mapping with backend and model, and this is {kind_word(value)}."
            form.report.add("value_type", path, message, found=value, allowed=["{backend, model}"])
            continue
        entry = Form(form.report, path, value)
        found.append(_read_model(entry))
        entry.close("an entry of fallback")
    return tuple(found)


def _read_tools(form: Form) -> tuple[str, ...] | None:
    listed = form.texts("tools")
    for i, tool in enumerate(listed or ()):
        if tool not in TOOLS and split(tool) is None:
            near, allowed = form.report.similar(tool, TOOLS), (*TOOLS, FORM)
            message = f"There is no tool {tool[:80]!r}.{near} The tools are {', '.join(allowed)}."
            form.report.add("tool_unknown", (*form.at("tools"), i), message, found=tool, allowed=allowed)
    return None if listed is None else tuple(dict.fromkeys(listed))


def _read_hosts(form: Form) -> tuple[str, ...] | None:
    listed = form.texts("http_hosts")
    for i, host in enumerate(listed or ()):
        if host_entry(host) is None:
            message = f"{host[:80]!r} is no host. Write its name without scheme and path: {HOST_FORM}."
            form.report.add("persona_invalid", (*form.at("http_hosts"), i), message, found=host, allowed=[HOST_FORM])
    return None if listed is None else tuple(dict.fromkeys(entry for host in listed if (entry := host_entry(host)) is not None))


def _check_role(form: Form, path: Path, role: str) -> None:
    """Also names of a `.wf` text, which may have capitals: an agent of that name stands in a file."""
    if role and not (NAME.fullmatch(role) or is_id(role)):
        message = f"{role[:140]!r} is no name of an agent. Use letters, digits, dot, dash and underscore: {ID_FORM}."
        form.report.add("id_invalid", path, message, found=role, allowed=[ID_FORM])


def _check_name(form: Form, path: Path, name: str, what: str) -> None:
    if name and not is_id(name):
        message = f"{name[:140]!r} is no name of a {what}. Use lower-case letters, digits, dot, dash and underscore: {ID_FORM}."
        form.report.add("id_invalid", path, message, found=name, allowed=[ID_FORM])
