"""The named services that the actors of the tree are given when they are made. Wiring is in `tree`; nothing here decides anything."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import Factory, frozen

from actors.agent.binding import Pool
from actors.learning.lessons import Lessons
from actors.learning.log import Shelf
from actors.settings import RunRules
from actors.telemetry.meter import Meter
from actors.wait.claims import WaitClaims

if TYPE_CHECKING:
    from actors.ids import Ids
    from actors.lease import Lease
    from actors.node.guardian.sweep import Strays
    from actors.node.tools import Tools
    from actors.plans import Plans
    from actors.run.events import RunCreated
    from actors.run.state import RunState
    from actors.status_file import Status
    from actors.watch import Watchers
    from storage.store import Store
    from supervision import Clock

__all__ = [
    "APART", "CALENDAR", "CAMPAIGNS", "INBOX", "LEARNING", "LETTERS", "NEWBORN", "NOTIFIER", "POLLER", "PROJECTOR", "RECONCILER",
    "REGISTRAR", "REPORTER", "RUNS", "SCHEDULER", "STATUSES", "STEWARD", "WAITS", "WATCHMAN", "WORKTREES", "Services",
]  # fmt: skip

NEWBORN = 1024
APART = "apart"
"""The name, in the tree, of what stands below a branch that takes nobody along when it breaks."""
CALENDAR = "calendar"
CAMPAIGNS = "campaigns"
INBOX = "inbox"
LEARNING = "learning"
LETTERS = "letters"
NOTIFIER = "notifier"
POLLER = "poller"
PROJECTOR = f"history/{APART}/projector"
RECONCILER = "reconciler"
REGISTRAR = "registrar"
REPORTER = "reporter"
STATUSES = "statuses"
RUNS = "runs"
SCHEDULER = "scheduler"
STEWARD = "steward"
WAITS = "waits"
WATCHMAN = "watchman"
WORKTREES = "worktrees"


def _untold(state: RunState) -> None:
    """Nobody learns anything."""


def _read_lessons(services: Services) -> Lessons:
    return Lessons(Shelf(services.store))


def _nothing(run_id: str) -> None:
    """Nothing waits to be written."""


def _nobody() -> None:
    """Nobody waits for anything."""


@frozen(eq=False)
class Services:
    """`lease` says which claims are this daemon's, `folder` is the data folder, `tools` is made when the first attempt needs it,
    `strays` are processes of attempts that nobody looks after any more.

    `pool` tells what roles can be bound to at this moment.
    `report` has the final report of an ended run written, soon and beside the run's own work, `show` its status file (None: there are
    none), and `forget` drops what waits to be written of a run that is removed. `newborn` holds the first fact of runs that
    were made a moment ago and not opened yet, at most `NEWBORN` of them. `outbox` is called after a commit in which logs began beside a
    run's own: whoever looks after such logs looks soon, and does so by himself, too. `meter` counts what is durable. `waits` is what the
    scheduler of waits has handed over; `look_at_waits` is called after a commit by which one is due before it would look. `learn` has
    something learned from a run that has ended, soon and beside the runs' own work; `lessons` is what agents are told of earlier ones.
    """

    store: Store
    clock: Clock
    ids: Ids
    plans: Plans
    watchers: Watchers
    rules: RunRules
    lease: Lease
    folder: Path
    tools: Callable[[], Tools]
    strays: Strays
    report: Callable[[RunState], None]
    forget: Callable[[str], None] = _nothing
    show: Callable[[Status], None] | None = None
    outbox: Callable[[], None] = _nobody
    pool: Callable[[], Pool] = Pool
    newborn: dict[str, tuple[RunCreated, int]] = Factory(dict)
    meter: Meter = Factory(Meter)
    waits: WaitClaims = Factory(WaitClaims)
    look_at_waits: Callable[[], None] = _nobody
    learn: Callable[[RunState], None] = _untold
    lessons: Lessons = Factory(_read_lessons, takes_self=True)

    def tell_of_ending(self, state: RunState) -> None:
        """Have what follows a durable ending done, beside the runs' own work."""
        self.report(state)
        if state.untaught:
            self.learn(state)

    @property
    def claimant(self) -> str:
        """The name of this daemon in claims."""
        return self.lease.claimant

    @property
    def lease_ms(self) -> int:
        """How long its claims hold without a renewal, milliseconds."""
        return self.lease.length_ms

    @property
    def worktrees(self) -> Path:
        """The folder of the runs' worktrees, each under its run's id."""
        return self.folder / "worktrees"

    def run_folder(self, run_id: str) -> Path:
        """The run's private folder; it may not exist yet."""
        return Path(self.run_path(run_id))

    def run_path(self, run_id: str) -> str:
        """The same as text, for what is done for every run."""
        return f"{self.folder}/runs/{run_id}"
