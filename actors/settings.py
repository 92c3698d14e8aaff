"""The settings that rules need, with their defaults: plain numbers, so that rules stay pure. Where they come from is in `config`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from attrs import Factory, frozen

from actors.fan_out.provider import Providers, providers_of
from actors.workflow.spec import GateExpiry

if TYPE_CHECKING:
    from actors.config.identities import Identity

__all__ = ["CRASH_ATTEMPTS", "RunRules"]

CRASH_ATTEMPTS = 3
"""How many attempts of one node instance may be lost in crashes before the run gives up."""


@frozen
class RunRules:
    """Defaults that apply where a workflow is silent. Milliseconds. `env`: the daemon's variables that texts may name.

    `notify_events`: of what a hook is told, `notify_ways`: how (command, url); both empty where there is none.
    `git_timeout_ms`: of one command of git, `git_author`: who commits where git knows nobody.
    `resolver_types`: the types of gates for which a resolver is registered. `mcp_servers`: the names of those that are configured.
    `secrets`: the handles of the secrets that there are. `max_parallel_branches`: attempts at once in one parallel block.
    `item_providers`: who finds items of a for-each, of which it may have `max_fan_out`.
    `gate_identities`: the names of tokens of resolvers.
    `agent_dirs`: folders with agents beside those of a project; `default_backend` and `default_model`: of agents in files that name none.
    `input_env_prefix`: how the variables begin by which scripts get inputs; `identities`: what else they get, by that as which they work.
    `targets`: what workflows may say that they are for; empty: anything. `skills_dir`: where scripts are looked for beside.
    `reserved_variables`: names that no node's output sets, beside those that are always the run's own.
    `secrets`: the handles of the secrets that there are. `learning`: something is learned from endings.
    """

    default_profile: str = "guided"
    cleanup_grace_ms: int = 60_000
    gate_expires_after_ms: int = 604_800_000
    gate_on_expiry: GateExpiry = "cancel"
    gate_stale_after_ms: int = 86_400_000
    separate_from_author: bool = False
    idle_timeout_ms: int = 600_000
    execute_timeout_ms: int = 1_800_000
    max_parallel_branches: int = 16
    node_time_limit_ms: int = 43_200_000
    stale_after_ms: int = 600_000
    auto_resume: bool = True
    auto_resume_window_ms: int = 1_200_000
    auto_resume_max: int = 2
    env: Mapping[str, str] = Factory(dict)
    git_timeout_ms: int = 600_000
    git_author: tuple[str, str] = ("Penstock", "penstock@localhost")
    notify_events: frozenset[str] = frozenset()
    notify_ways: tuple[str, ...] = ()
    resolver_types: frozenset[str] = frozenset()
    gate_identities: frozenset[str] = frozenset()
    mcp_servers: frozenset[str] = frozenset()
    secrets: frozenset[str] = frozenset()
    item_providers: Providers = Factory(providers_of)
    max_fan_out: int = 256
    input_env_prefix: str = "PENSTOCK_INPUT_"
    identities: Mapping[str, Identity] = Factory(dict)
    targets: tuple[str, ...] = ()
    skills_dir: str | None = None
    reserved_variables: frozenset[str] = frozenset()
    learning: bool = False
    agent_dirs: tuple[str, ...] = ()
    default_backend: str | None = None
    default_model: str | None = None
