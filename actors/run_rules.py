"""From the configuration to what the rules of runs need of it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, get_args

from actors.config import Config
from actors.fan_out.provider import Provider, providers_of
from actors.secrets.vault import Vault
from actors.settings import RunRules
from actors.workflow.spec import GateExpiry

if TYPE_CHECKING:
    from actors.config.item_providers import ItemProvider

__all__ = ["run_rules"]


def run_rules(config: Config, vault: Vault) -> RunRules:
    """What the rules need of the configuration."""
    on_expiry: GateExpiry = next((one for one in get_args(GateExpiry) if one == config.gates.on_expiry), "cancel")
    return RunRules(
        default_profile=config.runs.default_profile,
        cleanup_grace_ms=config.runs.cleanup_grace_ms,
        gate_expires_after_ms=config.gates.expires_after_ms,
        gate_on_expiry=on_expiry,
        gate_stale_after_ms=config.gates.stale_after_ms,
        separate_from_author=config.gates.separate_from_author,
        execute_timeout_ms=config.nodes.execute_timeout_ms,
        node_time_limit_ms=config.flow.node_time_limit_ms,
        max_parallel_branches=config.flow.max_parallel_branches,
        stale_after_ms=config.reaper.stale_after_ms,
        auto_resume=config.reaper.auto_resume,
        auto_resume_window_ms=config.reaper.auto_resume_window_ms,
        auto_resume_max=config.reaper.auto_resume_max,
        resolver_types=frozenset(config.gates.resolver_types),
        gate_identities=frozenset(name for name, _ in config.gates.tokens),
        notify_events=frozenset(config.notify.events),
        notify_ways=config.notify.ways,
        git_timeout_ms=config.worktrees.timeout_ms,
        git_author=(config.worktrees.author_name, config.worktrees.author_email),
        mcp_servers=frozenset(server.name for server in config.mcp),
        env={name: os.environ[name] for name in vault.harmless(config.flow.script_inherit_env) if name in os.environ},
        secrets=vault.names,
        item_providers=providers_of(*(_provider(one) for one in config.item_providers)),
        max_fan_out=config.flow.max_fan_out,
        agent_dirs=config.flow.extra_agent_dirs,
        default_backend=config.agents.default_backend,
        default_model=config.agents.default_model,
        reserved_variables=frozenset(config.flow.reserved_variables),
        input_env_prefix=config.flow.input_env_prefix,
        identities={one.name: one for one in config.identities},
        targets=config.flow.targets,
        skills_dir=config.flow.skills_dir,
        learning=config.learning.enabled,
    )


def _provider(one: ItemProvider) -> Provider:
    env = {name: os.environ[name] for name in one.env if name in os.environ}
    return Provider(one.name, one.command, env, one.ordered, one.requires_filter)
