"""The newest runs of a workflow, as metrics and rules look at them (learning spec 5). Only what has changed is folded again."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING

from attrs import Factory, define

from actors.learning.facts import facts_of, slim
from actors.learning.record import RunFacts
from actors.run.logbook import CorruptLog, fold_log
from actors.run.state import TERMINAL
from storage import StreamDamaged

if TYPE_CHECKING:
    from actors.services import Services
    from storage import Headline

__all__ = ["WINDOW", "Recent"]

WINDOW = 50
KEPT = 5_000


@define(eq=False)
class Recent:
    """What is kept of an ended run are a few hundred bytes, for at most 5,000 runs."""

    services: Services
    _known: OrderedDict[str, tuple[int, RunFacts]] = Factory(OrderedDict)

    def of(self, workflow_id: str, *, failures: bool) -> list[RunFacts]:
        """The 50 newest runs that count, newest first. `failures`: last failures of runs under way are wanted, too."""
        found = [self._facts(line, failures=failures) for line in self._lines(workflow_id)]
        return sorted(found, key=lambda run: (run.created_at_ms, run.run_id), reverse=True)

    def note(self, updated_ms: int, facts: RunFacts) -> None:
        """These are the facts of a run whose line says that it changed last at that time."""
        self._known[facts.run_id] = updated_ms, slim(facts)
        self._known.move_to_end(facts.run_id)
        while len(self._known) > KEPT:
            self._known.popitem(last=False)

    def touched(self, run_id: str, updated_ms: int) -> None:
        """Its line says another time now, and of what is known of it nothing has changed."""
        if run_id in self._known:
            self._known[run_id] = updated_ms, self._known[run_id][1]

    def _lines(self, workflow_id: str) -> list[Headline]:
        """Those of campaigns and dry ones do not count. The catalog lists them as they were made."""
        found: list[Headline] = []
        catalog, before = self.services.store.catalog, None
        while len(found) < WINDOW:
            page = catalog.list("run", group=workflow_id, limit=WINDOW, before=before)
            found += [line for line in page if line.parent is None and not line.facts.get("dry_run")]
            if len(page) < WINDOW:
                break
            before = page[-1].stream
        return found[:WINDOW]

    def _facts(self, line: Headline, *, failures: bool) -> RunFacts:
        ended = line.status in TERMINAL
        bare = RunFacts(line.stream, str(line.group), line.status, created_at_ms=line.created_ms)
        if not ended and not failures:
            return bare
        known = self._known.get(line.stream)
        if ended and known is not None and known[0] == line.updated_ms:
            return known[1]
        try:
            facts = facts_of(fold_log(self.services, line.stream))
        except (CorruptLog, StreamDamaged, LookupError):
            return bare  # it counts with what its line says
        if ended:
            self.note(line.updated_ms, facts)
        return slim(facts)
