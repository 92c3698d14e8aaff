"""Putting one daemon together: memory, services, tools, runtime, tree. Nothing runs here yet."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, Self

import trio
from attrs import define

from actors.agent.backends import Backends
from actors.agent.configured import Configured
from actors.agent.consents import Consents
from actors.agent.roster import FOLDER as PERSONAS
from actors.agent.roster import Roster
from actors.calendar.messages import LookAtCalendar
from actors.control.endpoint import check
from actors.control.peers import Rights, rights_of
from actors.control.server import ControlSettings
from actors.handoff.messages import LookForHandoffs
from actors.ids import RandomIds
from actors.learning.endings import Endings
from actors.learning.messages import LookAtEndings
from actors.learning.policies import Policies
from actors.learning.workplace import Workplace
from actors.lease import Lease
from actors.ledger.tables import price_table
from actors.library import Library
from actors.node.guardian.sweep import Strays
from actors.notification.messages import LookAtOutbox
from actors.paperwork import Paperwork
from actors.plans import Plans
from actors.resolver.messages import LookAtPolls
from actors.run.stale import StaleRuns
from actors.run_rules import run_rules
from actors.runtime import DaemonRuntime
from actors.secrets.vault import Vault
from actors.services import CALENDAR, LEARNING, NOTIFIER, POLLER, WAITS, WATCHMAN, Services
from actors.telemetry.collector import collector_of
from actors.telemetry.meter import Meter
from actors.tree import daemon_tree
from actors.version import VERSION
from actors.wait.claims import WaitClaims
from actors.wait.scheduler import LookAtWaits
from actors.watch import Watchers
from actors.workshop import Workshop
from storage import Store
from supervision import MailboxFull, System
from supervision.clock import SystemClock

if TYPE_CHECKING:
    from actors.config import Config
    from actors.config.mcp import McpServer
    from actors.mcp.wire import Wire
    from actors.node.guardian.guardian import Guardian
    from actors.paths import Places
    from actors.run.state import RunState
    from actors.secrets.redactor import Redactor
    from supervision import Clock, KernelEvent
    from supervision.reaper import Stuck

__all__ = ["Assembly"]

WAITING = ((WAITS, LookAtWaits()),)
OUTBOXES = ((NOTIFIER, LookAtOutbox()), (POLLER, LookAtPolls()))
COMMIT = {"auto": None, "inline": True, "thread": False}


@define(eq=False)
class Assembly:
    """All parts of one daemon. Use as a context manager: the end lets go of the memory."""

    store: Store
    services: Services
    workshop: Workshop
    system: System
    runtime: DaemonRuntime
    fresh: bool

    @classmethod
    def open(
        cls,
        places: Places,
        config: Config,
        stop: Callable[[str], None],
        *,
        embedded: bool = False,
        accept_rollback: bool = False,
        clock: Clock | None = None,
        inline: bool | None = None,
        listen: bool = True,
        backends: Backends | None = None,
        wires: Callable[[McpServer], Wire] | None = None,
    ) -> Self:
        """Open the memory and put the rest around it. Raises what the store raises when it is not to be opened.

        `clock` and `inline` are for tests under a virtual clock; without `listen` there is no socket. `backends`: instead of those of the
        configuration; `wires`: instead of the usual ways to its MCP servers.
        """
        wall, vault, fresh = clock or SystemClock(), Vault(config, os.environ), not (places.data / "penstock.db").exists()
        rights = rights_of(config.control.operators, config.control.approvers)  # what is wrong with them is said before anything is opened
        prices = price_table(places.config_file.parent / config.ledger.prices if config.ledger.prices else None)
        store = _store(places, config, wall, vault, inline=inline, accept_rollback=accept_rollback, listen=listen)
        ids, paperwork, meter, endings = RandomIds(), Paperwork(redactor=vault.redactor), Meter(), Endings()
        made = backends or Configured(config.backends, os.environ)
        workshop = Workshop(places, store, config, wall, made, prices, meter, vault, lambda: system, inline=bool(inline), wires=wires)
        roster = _roster(places, workshop, store, config, vault)
        services = Services(
            store=store, clock=wall, ids=ids, plans=Plans(store.blobs), watchers=Watchers.new(), rules=run_rules(config, vault),
            lease=_lease(store, config, ids.new(f"penstockd:{os.getpid()}"), clock), folder=places.data,
            tools=lambda: workshop.tools, strays=Strays(str(store.info()["store"])), pool=roster.pool, meter=meter,
            report=paperwork.report, forget=paperwork.forget, show=paperwork.show if config.runs.status_file else None,
            outbox=lambda: _tell(system, OUTBOXES), look_at_waits=lambda: _tell(system, WAITING),
            waits=WaitClaims(config.waits.lease_ms, config.waits.batch),
            learn=lambda state: _learn(endings, system, state),
        )  # fmt: skip
        control = _control(places, rights, workshop.guardian, vault, alone=not embedded and clock is None) if listen else None
        stale, library = StaleRuns(services, lambda: system), Library(services, lambda _: _look_at_triggers(system))
        learning = Workplace.of(services, library, endings, Policies(places.config_file, os.environ), vault.redactor)
        # A daemon that is carried for a moment begins nothing that nobody has asked for.
        root = daemon_tree(
            services, workshop.guardian, vault, config, control, lambda: runtime, partial(_say_stuck, vault.redactor), paperwork, library,
            stale, collector_of(config.telemetry, os.environ), learning, inline=bool(inline), unattended=not embedded,
        )  # fmt: skip
        system = System(root, clock=wall, observe=partial(_observe, vault.redactor))
        paperwork.connect(services, system)
        about = _about(places, str(places.socket) if listen else None, wall.now_ms(), embedded=embedded) | {"prices_as_of": prices.as_of}
        archives, servers = config.retention.archive, workshop.servers
        runtime = DaemonRuntime(services, system, library, stop, about, roster, servers, learning, archives=archives, inline=bool(inline))
        return cls(store, services, workshop, system, runtime, fresh)

    async def sweep(self) -> None:
        """Kill what an earlier daemon of this store may have left running. A store that was made just now has no earlier daemon."""
        if not self.fresh:
            from actors.node.guardian.sweep import sweep_leftovers  # noqa: PLC0415 - a new store needs none

            await sweep_leftovers(self.workshop.guardian.tag)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.store.close()


def _store(
    places: Places, config: Config, wall: Clock, vault: Vault, *, inline: bool | None, accept_rollback: bool, listen: bool
) -> Store:  # fmt: skip
    """Nothing is written, and no run goes on, where the door could not be opened afterwards."""
    door: Callable[[], None] = partial(check, places.socket) if listen else _no_door
    pinned = COMMIT[config.storage.commit] if inline is None else inline
    return Store.open(places.data, clock=wall, inline=pinned, accept_rollback=accept_rollback, before=door, scrub=vault.redactor)


def _roster(places: Places, workshop: Workshop, store: Store, config: Config, vault: Vault) -> Roster:
    servers, folder = frozenset(workshop.servers.configured), places.config_file.parent / PERSONAS
    return Roster(folder, workshop.agents.backends, Consents(store), servers, config.tools.policy, vault.redactor)


def _control(places: Places, rights: Rights, guardian: Guardian, vault: Vault, *, alone: bool) -> ControlSettings:
    """`alone`: the process is the daemon and nothing else."""
    is_step = partial(_is_step, guardian) if alone else guardian.is_step_process
    return ControlSettings(places.socket, VERSION, is_step, rights, redact=vault.redactor.json)


def _lease(store: Store, config: Config, name: str, clock: Clock | None) -> Lease:
    """Claims that are held when the memory is opened are those of daemons that are gone: the folder is this one's alone."""
    dead = frozenset(claim.claimant for claim in store.claims.held() if claim.claimant is not None)
    return Lease(config.claims.claimant_id or name, config.claims.lease_ms, _time_with_sleep if clock is None else trio.current_time, dead)


_time_with_sleep: Callable[[], float] = partial(time.clock_gettime, getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))
"""Seconds on the clock that goes on while the machine sleeps, where there is one."""


def _about(places: Places, socket: str | None, now: int, *, embedded: bool) -> dict[str, Any]:
    return {
        "version": VERSION, "pid": os.getpid(), "data_folder": str(places.data), "socket": socket, "started_at_ms": now,
        "embedded": embedded,
    }  # fmt: skip


def _look_at_triggers(system: System) -> None:
    """A workflow was changed: what it makes by itself may be due at another time. Where nobody listens, nothing is made."""
    _tell(system, ((CALENDAR, LookAtCalendar()), (WATCHMAN, LookForHandoffs())))


def _tell(system: System, messages: Iterable[tuple[str, object]]) -> None:
    """Have these look soon; each looks by itself, too."""
    for name, message in messages:
        if system.receives(name):
            with suppress(MailboxFull):
                system.ref(name).tell_nowait(message)


def _learn(endings: Endings, system: System, state: RunState) -> None:
    endings.add(state)
    _tell(system, ((LEARNING, LookAtEndings()),))


def _is_step(guardian: Guardian, pid: int) -> bool:
    """In a process that is the daemon and nothing else, whoever connects from within is the function of a node."""
    return pid == os.getpid() or guardian.is_step_process(pid)


def _no_door() -> None:
    """Without a socket there is nothing to check."""


def _observe(redactor: Redactor, event: KernelEvent) -> None:
    """What the tree reports of itself, where somebody should see it."""
    if event.happening in ("restarting", "escalated", "stuck") or (
        event.happening == "ended" and event.exit.__class__.__name__ == "Failed"
    ):
        sys.stderr.write(redactor.text(f"{event.happening} {event.path}: {event.exit or event.detail}\n"))


def _say_stuck(redactor: Redactor, stuck: Stuck) -> None:
    sys.stderr.write(redactor.text(f"stuck {stuck.path}: in one handler for {stuck.seconds:.0f} s\n"))
