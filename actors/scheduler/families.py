"""Runs that nodes of other runs have begun share the slot of the run at their root: a family takes one while one of it runs. Pure.

A parent that waits for a child that waits for its parent's slot would wait for ever (runs spec 10.2).
"""

from __future__ import annotations

from attrs import Factory, define

from actors.scheduler.messages import Ticket

__all__ = ["Families"]


@define(eq=False)
class Families:
    """Families by the run at their root: `_running` are those of it that run, `_waiting` kin in the queue that may join them at once.

    `_known` are queued runs of families that have no slot; roots are known by their own name, so that most runs need no entry.
    """

    _running: dict[str, dict[str, None]] = Factory(dict)
    _waiting: dict[str, Ticket] = Factory(dict)
    _known: dict[str, dict[str, Ticket]] = Factory(dict)

    @property
    def slots(self) -> int:
        """How many slots are taken."""
        return len(self._running)

    def present(self, ticket: Ticket) -> bool:
        """Whether one of the run's family has a slot."""
        return ticket.family in self._running

    def inside(self) -> list[Ticket]:
        """Queued runs whose families have a slot, as they came."""
        return list(self._waiting.values())

    def step_in(self, ticket: Ticket) -> bool:
        """The run is queued; whether it waits inside from now on. Else it stands in the queue, and its kin come by `join`."""
        if ticket.run_id in self._waiting:
            return False
        if ticket.family in self._running:
            self._waiting[ticket.run_id] = ticket
            self._forget(ticket)
            return True
        if ticket.root is not None:
            self._known.setdefault(ticket.family, {})[ticket.run_id] = ticket
        return False

    def step_out(self, ticket: Ticket) -> bool:
        """The run is not queued any more; whether it waited inside."""
        self._forget(ticket)
        return self._waiting.pop(ticket.run_id, None) is not None

    def join(self, ticket: Ticket) -> list[Ticket]:
        """The run has a slot: its kin in the queue, which may step in, beside the root itself."""
        self.step_out(ticket)
        self._running.setdefault(ticket.family, {})[ticket.run_id] = None
        return list(self._known.get(ticket.family, {}).values())

    def leave(self, ticket: Ticket | None) -> list[Ticket]:
        """The run, if it had a slot, has none any more: its kin inside that have none now either, and stand in the queue."""
        if ticket is None or ticket.run_id not in self._running.get(ticket.family, {}):
            return []
        del self._running[ticket.family][ticket.run_id]
        if self._running[ticket.family]:
            return []
        del self._running[ticket.family]
        out = [kin for kin in self._waiting.values() if kin.family == ticket.family]
        for kin in out:
            del self._waiting[kin.run_id]
            self.step_in(kin)
        return out

    def _forget(self, ticket: Ticket) -> None:
        if (known := self._known.get(ticket.family)) is not None:
            known.pop(ticket.run_id, None)
            if not known:
                del self._known[ticket.family]
