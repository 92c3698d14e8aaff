"""Agents and personas in canonical JSON."""

from __future__ import annotations

from typing import Any

from actors.workflow.spec_agent import MAX_OUTPUT_TOKENS, MAX_STEPS, Agent, Persona, ToolApproval

__all__ = ["agent_json", "persona_json"]


def agent_json(agent: Agent) -> dict[str, Any]:
    """The keys of an agent node."""
    approval = _approval_json(agent.approval)
    found = {
        "persona_id": agent.role or None, "persona_path": agent.path, "objective": agent.instructions or None,
        "tools": list(agent.tools) or None, "policy": dict(agent.policy) or None,
        "tool_approval": approval or None, "max_steps": agent.max_steps if agent.max_steps != MAX_STEPS else None,
        "snippets": list(agent.snippets) or None, "output_schema": agent.output_schema, "plugin_dirs": list(agent.plugin_dirs) or None,
        "max_turns": agent.max_turns,
    }  # fmt: skip
    return {name: value for name, value in found.items() if value is not None}


def _approval_json(approval: ToolApproval) -> dict[str, Any]:
    entries = {
        "expires_after_ms": approval.expires_after_ms, "on_expiry": approval.on_expiry if approval.on_expiry != "reject" else None,
        "approvers": list(approval.approvers) or None, "separate_from_author": approval.separate_from_author,
    }  # fmt: skip
    return {name: value for name, value in entries.items() if value is not None}


def persona_json(persona: Persona) -> dict[str, Any]:
    """A persona without its name; what equals its default is left out."""
    entries: dict[str, Any] = {
        "backend": persona.backend, "model": persona.model, "system": persona.system or None,
        "tools": None if persona.tools is None else list(persona.tools), "roles": list(persona.roles) or None,
        "consent": persona.consent or None, "version": persona.version if persona.version != 1 else None,
        "temperature": persona.temperature, "policy": dict(persona.policy) or None,
        "max_output_tokens": persona.max_output_tokens if persona.max_output_tokens != MAX_OUTPUT_TOKENS else None,
        "sandbox": persona.sandbox if persona.sandbox != "bwrap" else None,
        "http_hosts": None if persona.http_hosts is None else list(persona.http_hosts),
        "prompt": persona.prompt or None, "duty": persona.duty if persona.duty != "actor" else None,
        "can_commit": persona.can_commit or None,
        "fallback": [{"backend": one.backend, "model": one.model} for one in persona.fallback] or None,
    }  # fmt: skip
    return {name: value for name, value in entries.items() if value is not None}
