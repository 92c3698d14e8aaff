"""The supervision tree of a daemon, in one list. Start order is dependency order: who stands further left is needed by all to its right."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING

from actors.calendar.actor import Calendar
from actors.campaign.reconciler import Reconciler
from actors.control.params import SystemMetrics
from actors.control.server import control_branch
from actors.dead_letter.actor import Dispatcher
from actors.gate.pacing import Pace
from actors.handoff.actor import Watchman
from actors.heartbeat import Heartbeats
from actors.housekeeping import Caretaker, Storekeeper, Warden
from actors.library.steward import Steward
from actors.mcp.servers import BRANCH
from actors.notification.actor import Notifier
from actors.notification.delivery import Hook
from actors.projection.actor import Habits, Projector
from actors.projection.retention import Forgetting
from actors.refusals import Principal, Refusal
from actors.removal.retention import Ages
from actors.reporter import Reporter
from actors.resolver.poller import Asking, Poller
from actors.resolver.registry import registry_of
from actors.run.registrar import Registrar
from actors.scheduler.actor import Scheduler
from actors.secrets.actor import Locksmith
from actors.services import APART
from actors.status_file import StatusWriter
from actors.wait.inbox import Inbox
from actors.wait.scheduler import WaitScheduler
from actors.worktree.keeper import Keeper
from supervision import ChildSpec, Dynamic, Supervisor
from supervision.reaper import Reaper

if TYPE_CHECKING:
    from actors.config import Config
    from actors.control.port import Runtime
    from actors.control.server import ControlSettings
    from actors.library import Library
    from actors.node.guardian.guardian import Guardian
    from actors.paperwork import Paperwork
    from actors.run.stale import StaleRuns
    from actors.secrets.vault import Vault
    from actors.services import Services
    from actors.telemetry.collector import Collector
    from supervision.reaper import Stuck

__all__ = ["daemon_tree"]

UPKEEP_S = 60.0
LOOK_S = 10.0
INBOX_S = 5.0
STUCK_AFTER_S = 30.0
DAY_MS = 86_400_000


def daemon_tree(
    services: Services, guardian: Guardian, vault: Vault, config: Config, control: ControlSettings | None, runtime: Callable[[], Runtime],
    on_stuck: Callable[[Stuck], None], paperwork: Paperwork, library: Library, stale: StaleRuns, collector: Collector | None,
    *, inline: bool, unattended: bool,
) -> Supervisor:  # fmt: skip
    """Root: 3 restarts in 60 s, then the daemon ends in order and the service manager starts it anew. `control` None: no socket.

    `unattended`: runs may begin that nobody starts, by their schedules and watches.
    """
    children = [
        ChildSpec("store", lambda: Storekeeper(services.store)),
        ChildSpec("warden", lambda: Warden(guardian), shutdown=10.0),
        *([ChildSpec("locksmith", lambda: Locksmith(vault, guardian))] if any(one.command for one in config.secrets) else []),
        ChildSpec("reporter", lambda: Reporter(paperwork.reports, inline=inline)),
        ChildSpec("statuses", lambda: StatusWriter(paperwork.statuses, inline=inline)),
        *_of_runs(services, config),
        ChildSpec("steward", lambda: Steward(services, library)),
        ChildSpec("inbox", lambda: Inbox(services, INBOX_S)),
        ChildSpec("waits", lambda: WaitScheduler(services)),
        ChildSpec("letters", lambda: Dispatcher(services)),
        ChildSpec("notifier", lambda: Notifier(services, Hook(guardian, config.notify, services.rules.env))),
        ChildSpec("poller", lambda: Poller(services, _asking(config, guardian, services))),
        ChildSpec("history", lambda: _apart(lambda: _history(services, config))),
        ChildSpec("worktrees", lambda: Keeper(services), shutdown=10.0),
        ChildSpec("caretaker", lambda: Caretaker(services, UPKEEP_S, _ages(config))),
        ChildSpec("heartbeats", lambda: Heartbeats(services)),
        ChildSpec("reaper", lambda: Reaper(interval_s=LOOK_S, sweep=stale, stuck_after_s=STUCK_AFTER_S, on_stuck=on_stuck)),
    ]
    children.append(ChildSpec("campaigns", lambda: Dynamic(intensity=100, period=60.0)))
    children.append(ChildSpec("reconciler", lambda: Reconciler(services, library, config.campaign.reconcile_every_ms / 1000)))
    if unattended:
        children.append(ChildSpec("calendar", lambda: Calendar(services, config.schedules.misfire_grace_ms)))
        children.append(
            ChildSpec("watchman", lambda: Watchman(services, library, config.scheduler.effective_tick_ms / 1000, inline=inline))
        )
    if control is not None:
        children.append(ChildSpec("control", lambda: control_branch(control, runtime())))
    if unattended and (address := config.telemetry.metrics_listen) is not None:
        children.append(ChildSpec("scraping", lambda: _apart(lambda: _scraping(address, runtime))))
    if collector is not None:
        children.append(ChildSpec("telemetry", lambda: _apart(lambda: _telemetry(services, collector))))
    return Supervisor(children=children, strategy="rest_for_one", intensity=3, period=60.0)


def _apart(branch: Callable[[], Supervisor]) -> Supervisor:
    """A branch that stays away when it breaks again and again, and takes nobody along; it comes back with those to its left.

    A temporary child of the root would not: where one to its left begins anew, it would be gone for the life of the daemon.
    """
    return Supervisor(children=[ChildSpec(APART, branch, restart="temporary")], intensity=3, period=60.0)


def _history(services: Services, config: Config) -> Supervisor:
    """As with telemetry: runs do not depend on what is told of them, and the log can be told again at any time."""
    projector = ChildSpec("projector", lambda: Projector(services, _habits(config), _forgetting(config, services)))
    return Supervisor(children=[projector], intensity=3, period=60.0)


def _habits(config: Config) -> Habits:
    projection = config.projection
    return Habits(
        projection.poll_every_ms / 1000, config.retention.sweep_every_ms / 1000, projection.batch, projection.retry_initial_ms / 1000,
        projection.retry_max_ms / 1000,
    )  # fmt: skip


def _forgetting(config: Config, services: Services) -> Forgetting:
    return Forgetting(services.store, config.retention.event_log_days * DAY_MS, config.retention.snapshot_keep_last)


def _of_runs(services: Services, config: Config) -> tuple[ChildSpec, ...]:
    """The queue, the runs, and their one door."""
    runs, single = config.runs, config.scheduler.mode == "single"
    slots, tick_s = 1 if single else config.scheduler.max_concurrent_runs, config.scheduler.effective_tick_ms / 1000
    window_s, renew_s = runs.restart_window_ms / 1000, config.claims.renew_every_ms / 1000
    return (
        ChildSpec("scheduler", lambda: Scheduler(services, slots, tick_s, single=single)),
        ChildSpec(BRANCH, lambda: Dynamic(intensity=1000, period=1.0)),
        ChildSpec("runs", lambda: Dynamic(intensity=1000, period=1.0)),
        ChildSpec("registrar", lambda: Registrar(services, restart_max=runs.restart_max, restart_window_s=window_s, renew_s=renew_s)),
    )


def _telemetry(services: Services, collector: Collector) -> Supervisor:
    """Whatever goes wrong in it, nothing else begins anew: when it breaks again and again, it stays away, and its log is told later."""
    from actors.telemetry.cursor import Cursor  # noqa: PLC0415 - who tells nobody does not pay
    from actors.telemetry.exporter import FAREWELL_S, Exporter  # noqa: PLC0415 - as above

    cursor = Cursor(services.folder, str(services.store.info()["store"]))
    exporter = ChildSpec("exporter", lambda: Exporter(services, collector, cursor), shutdown=FAREWELL_S + 0.1)
    return Supervisor(children=[exporter], intensity=3, period=60.0)


def _scraping(address: str, runtime: Callable[[], Runtime]) -> Supervisor:
    """As above: what goes wrong here stays here."""
    from actors.telemetry.scraping import Scraped  # noqa: PLC0415 - who is not asked does not pay

    async def text() -> str:
        found = await runtime().system_metrics(SystemMetrics("prometheus"), Principal(os.getuid()))
        assert not isinstance(found, Refusal), "numbers are refused to nobody"
        return str(found["text"])

    scraped = ChildSpec("metrics", lambda: Scraped(address, text), shutdown=0.1)
    return Supervisor(children=[scraped], intensity=3, period=60.0)


def _ages(config: Config) -> Ages:
    retention = config.retention
    return Ages(retention.finished_runs_ms, retention.dead_letters_ms, archive=retention.archive)


def _asking(config: Config, guardian: Guardian, services: Services) -> Asking:
    gates = config.gates
    pace = Pace(gates.resolver_min_interval_ms, gates.resolver_backoff, gates.resolver_max_interval_ms, gates.resolver_jitter)
    return Asking(registry_of(gates, guardian, services.rules.env), pace, gates.resolver_timeout_ms / 1000)
