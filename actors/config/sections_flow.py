"""The sections of the configuration that are about nodes of flows: their bounds, agents in files, folders from git. Pure."""

from __future__ import annotations

from attrs import frozen

from actors.config.rules import count, duration, names, outside, prefix, word

__all__ = ["Agents", "Flow", "Worktrees"]


@frozen
class Flow:
    """`[flow]`: what holds for the nodes of every workflow."""

    max_parallel_branches: int = count(16, "attempts at the same time in one parallel block", low=1, high=64)
    node_time_limit_ms: int = duration("12h", "total limit of an attempt that names none", low="1s", high="7d")
    max_fan_out: int = count(256, "items of one for-each at most", low=1, high=10_000)
    http_hosts: tuple[str, ...] | None = outside("hosts", "the hosts that http nodes may reach; unset: all of the open network")
    reserved_variables: tuple[str, ...] = names([], "names of variables of texts that no output of a node sets, beside the run's own")
    targets: tuple[str, ...] = names(["worktree", "ticket", "repo", "pr", "workflow_run"], "what workflows may be for; empty: anything")
    skills_dir: str | None = outside("path", "a folder in which scripts are looked for when a workflow is checked")
    input_env_prefix: str = prefix("PENSTOCK_INPUT_", "how the variables begin by which scripts get the inputs of their run")
    extra_agent_dirs: tuple[str, ...] = names([], "folders with files of agents, absolute or below the folders of runs and repositories")
    script_inherit_env: tuple[str, ...] = names(["PATH", "HOME", "LANG", "TZ", "TMPDIR"], "variables of the daemon that processes inherit")


@frozen
class Agents:
    """`[agents]`: agents that stand in files."""

    default_backend: str | None = word("the backend of files that name none; unset: the first, by its name, that can be used")
    default_model: str | None = word("the model of files that name none; unset: what an agent with a command line takes by itself")


@frozen
class Worktrees:
    """`[worktrees]`: folders that runs get from git."""

    timeout_ms: int = duration("10m", "how long one command of git may take", low="1s", high="3600s")
    author_name: str = word("who makes the commits of a run's steps where git's own settings name nobody", default="Penstock")
    author_email: str = word("the address that goes with it", default="penstock@localhost")
