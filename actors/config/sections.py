"""The sections of the configuration: every setting with its bounds, its default and what it is for. Pure."""

from __future__ import annotations

from attrs import frozen

from actors.config.rules import choice, choices, count, duration, flag, names, number, outside, prefix, principals, word

__all__ = [
    "Campaign", "Claims", "Control", "Daemon", "Flow", "Gates", "Ledger", "Nodes", "Notify", "Projection", "Reaper", "Retention",
    "Runs", "Scheduler", "Schedules", "Storage", "Telemetry", "Tools", "Waits", "Worktrees",
]  # fmt: skip

PROFILES = ("strict", "guided", "yolo")


@frozen
class Runs:
    """`[runs]`: what holds for every run."""

    cleanup_grace_ms: int = duration("60s", "how long finally nodes may run after a cancel", low="0s", high="3600s")
    restart_max: int = count(3, "crashes of a run's actor within restart_window before the run is quarantined", low=0)
    restart_window_ms: int = duration("60s", "the window of restart_max", above="0s")
    default_profile: str = choice("guided", "the profile of runs whose workflow and caller name none", *PROFILES)
    status_file: bool = flag(True, "whether a run with a workspace keeps .penstock/runs/RUN/status.json in it")


@frozen
class Nodes:
    """`[nodes]`: what holds for every attempt."""

    execute_timeout_ms: int = duration("30m", "idle limit of nodes that work on a goal of their own", low="180s", high="3600s")
    kill_grace_ms: int = duration("5s", "from TERM to KILL when an attempt is ended", low="0s", high="60s")
    max_cpu_s: int | None = count(None, "processor time of each process of a step, seconds; unset: no limit", low=1)
    max_memory_mib: int | None = count(None, "address space of each process of a step, MiB; unset: no limit", low=64)
    max_processes: int | None = count(None, "processes of the user while steps start more, as the kernel counts; unset: no limit", low=16)
    max_open_files: int | None = count(None, "open files of each process of a step; unset: as the daemon", low=32)
    max_file_mib: int | None = count(None, "size of each file that a step writes, MiB; unset: no limit", low=1)


@frozen
class Claims:
    """`[claims]`: the right of one daemon to advance a run."""

    lease_ms: int = duration("30s", "after this time without renewal a claim is void", low="5s", high="21600s")
    renew_every_ms: int = duration("10s", "how often claims are renewed; at most half of the lease", above="0s")
    claimant_id: str | None = word("this daemon's name in claims; by default one that no other start has")


@frozen
class Reaper:
    """`[reaper]`: runs in which nothing happens any more."""

    stale_after_ms: int = duration("10m", "how long nothing may happen in a running run before it is held", above="0s")
    auto_resume: bool = flag(True, "whether such a run goes on by itself")
    auto_resume_window_ms: int = duration("20m", "the time in which auto_resume_max counts", above="0s")
    auto_resume_max: int = count(2, "how often in that time a run goes on by itself", low=0)


@frozen
class Scheduler:
    """`[scheduler]`: admission of runs."""

    max_concurrent_runs: int = count(8, "runs that execute at the same time", low=1)
    mode: str = choice("multi", "single: one run at a time, in order of creation", "single", "multi")
    tick_ms: int | None = duration(None, "interval of the sweeps; 500ms in single mode, 1s in multi", low="50ms", high="60s")

    @property
    def effective_tick_ms(self) -> int:
        """The interval in force, milliseconds."""
        return self.tick_ms if self.tick_ms is not None else 500 if self.mode == "single" else 1_000


@frozen
class Gates:
    """`[gates]`: questions to people."""

    expires_after_ms: int = duration("7d", "how long a gate without a timeout of its own stays open", above="0s")
    on_expiry: str = choice(
        "cancel", "what then happens to the run or the node", "cancel", "fail", "continue", "escalate", "remind", "resume"
    )
    stale_after_ms: int = duration("1d", "how long a gate is open before it is marked as stale", above="0s")
    separate_from_author: bool = flag(False, "whether who started a run, or stored its workflow, must not approve its gates")
    resolver_min_interval_ms: int = duration("15s", "how often a resolver is asked at most", low="1s", high="3600s")
    resolver_backoff: float = number(1.5, "by how much the interval grows while a resolver's answer stays the same", low=1, high=10)
    resolver_max_interval_ms: int = duration("300s", "what it grows to; at least resolver_min_interval", low="1s")
    resolver_jitter: float = number(0.1, "by how much of itself an interval is lengthened at most, so that gates spread", low=0, high=1)
    resolver_timeout_ms: int = duration("60s", "how long one question to a resolver may take", low="1s", high="600s")
    resolvers: tuple[tuple[str, str | tuple[str, ...]], ...] = outside("resolvers", "who answers gates of which type")
    tokens: tuple[tuple[str, str], ...] = outside("handles", "where the tokens lie that resolvers with an address are sent")

    @property
    def resolver_types(self) -> tuple[str, ...]:
        """The types of gates that somebody answers, sorted."""
        return tuple(name for name, _ in self.resolvers)


@frozen
class Notify:
    """`[notify]`: who is told when a run needs a person."""

    command: tuple[str, ...] | None = outside("argv", "the program that is started for each notification, with its body on standard input")
    url: str | None = outside("url", "the address to which each notification is posted")
    key_file: str | None = outside("path", "the file with the key that signs what is posted")
    events: tuple[str, ...] = choices(
        "of what is told", "gate_opened", "gate_reminded", "gate_escalated", "gate_decided", "run_failed", "run_blocked", "run_held"
    )
    timeout_ms: int = duration("30s", "how long one try may take", low="1s", high="600s")
    give_up_after_ms: int = duration("24h", "how long a notification is tried before it becomes a dead letter", low="1s", high="30d")

    @property
    def ways(self) -> tuple[str, ...]:
        """In which ways somebody is told; empty where nobody is."""
        return tuple(way for way, given in (("command", self.command), ("url", self.url)) if given is not None)


@frozen
class Schedules:
    """`[schedules]`: runs that are made at their time."""

    misfire_grace_ms: int = duration("10s", "how late a scheduled time may be noticed without counting as missed", low="1s", high="3600s")


@frozen
class Waits:
    """`[waits]`: what waits for a time, or for at most so long."""

    lease_ms: int = duration(
        "60s", "after what time a due wait is handed to its run again if nothing came of it; 0 counts as 1ms", low="0s"
    )
    batch: int = count(100, "waits of all runs that are handed over at once, the longest due first", low=1)


@frozen
class Control:
    """`[control]`: who may use the socket. The daemon's own uid always may."""

    operators: tuple[str, ...] = principals("who else may start and steer runs")
    approvers: tuple[str, ...] = principals("who may decide gates; empty: everybody who may use the socket")


@frozen
class Daemon:
    """`[daemon]`: the process."""

    shutdown_grace_ms: int = duration("10s", "from SIGTERM to the end of the process", low="0s")


@frozen
class Retention:
    """`[retention]`: what is thrown away."""

    finished_runs_ms: int = duration("0", "age at which a finished run is removed; 0: kept for ever", low="0s")
    dead_letters_ms: int = duration("30d", "age at which a settled dead letter is removed; 0: kept for ever", low="0s")
    archive: bool = flag(False, "whether a run is written into the archive before it is removed")
    event_log_days: int = count(30, "days after which public events are compacted and their snapshots removed; 0: never", low=0)
    snapshot_keep_last: int = count(3, "snapshots of a run that stay however old they are; 0 counts as 1", low=0)
    sweep_every_ms: int = duration("6h", "how often public histories are looked through for what is old", above="0s")


@frozen
class Projection:
    """`[projection]`: the public history of runs."""

    poll_every_ms: int = duration("1s", "how often it looks for logs that have grown; after a hint it waits half of that", above="0s")
    batch: int = count(256, "records of which one transaction tells", low=1, high=10_000)
    retry_initial_ms: int = duration("1s", "when a run is tried again whose history could not be told", above="0s")
    retry_max_ms: int = duration("60s", "what that time doubles to; at least retry_initial", above="0s")


@frozen
class Ledger:
    """`[ledger]`: what calls of models cost."""

    prices: str | None = word("a JSON file with prices beside those that are shipped, absolute or beside the configuration")


@frozen
class Campaign:
    """`[campaign]`: optimization campaigns."""

    reconcile_every_ms: int = duration("2s", "how often campaigns look at what has ended and what is due", low="100ms", high="10m")


@frozen
class Telemetry:
    """`[telemetry]`: who is told of runs as traces, and of numbers."""

    endpoint: str | None = outside("url", "the collector to which spans of runs are posted (OTLP over HTTP, JSON); unset: to none")
    headers_env: str | None = word("the variable of the daemon with the headers for it: name=value,name=value")
    service_name: str = word("the name under which spans are told", "penstock")
    metrics_listen: str | None = outside("loopback", "where the daemon answers a Prometheus of this machine; unset: nowhere")
    content: bool = flag(False, "whether spans say what models were told and answered; it leaves this machine then")


@frozen
class Tools:
    """`[tools]`: what the tools of agents may do at most."""

    http_hosts: tuple[str, ...] | None = outside("hosts", "the hosts that http_get may reach; unset: what the persona says")
    policy: tuple[tuple[str, str], ...] = outside("policy", "what may be done with tools at most; personas and nodes narrow it")


@frozen
class Storage:
    """`[storage]`: the database."""

    commit: str = choice("auto", "where COMMIT runs: auto measures the disk and chooses", "auto", "inline", "thread")


@frozen
class Flow:
    """`[flow]`: what holds for the nodes of every workflow."""

    max_parallel_branches: int = count(16, "attempts at the same time in one parallel block", low=1, high=64)
    node_time_limit_ms: int = duration("12h", "total limit of an attempt that names none", low="1s", high="7d")
    max_fan_out: int = count(256, "items of one for-each at most", low=1, high=10_000)
    http_hosts: tuple[str, ...] | None = outside("hosts", "the hosts that http nodes may reach; unset: all of the open network")
    reserved_variables: tuple[str, ...] = names([], "names of variables of texts that no output of a node sets, beside the run's own")
    targets: tuple[str, ...] = names(
        ["worktree", "ticket", "repo", "pr", "workflow_run"], "what workflows may say that they are for; empty: anything"
    )
    skills_dir: str | None = outside("path", "a folder in which scripts are looked for when a workflow is checked")
    input_env_prefix: str = prefix("PENSTOCK_INPUT_", "how the variables begin by which scripts get the inputs of their run")
    script_inherit_env: tuple[str, ...] = names(["PATH", "HOME", "LANG", "TZ", "TMPDIR"], "variables of the daemon that processes inherit")


@frozen
class Worktrees:
    """`[worktrees]`: folders that runs get from git."""

    timeout_ms: int = duration("10m", "how long one command of git may take", low="1s", high="3600s")
    author_name: str = word("who makes the commits of a run's steps where git's own settings name nobody", default="Penstock")
    author_email: str = word("the address that goes with it", default="penstock@localhost")
