"""Outside services that want to be left alone for a while. Pure. What a service said a moment ago holds for this daemon only."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import Factory, define, frozen

from actors.scheduler.messages import Ticket

__all__ = ["Throttle", "Throttles"]


@frozen
class Throttle:
    """`until_ms` is when it ends, epoch milliseconds. `tenant` None: the implicit local one."""

    provider: str
    tenant: str | None
    until_ms: int


def _key(provider: str, tenant: str | None) -> str:
    name = provider.strip().lower()
    return name if tenant is None else f"{tenant}:{name}"


@define(eq=False)
class Throttles:
    """At most one for each provider and tenant; the newest word counts."""

    _known: dict[str, Throttle] = Factory(dict)

    def put(self, provider: str, tenant: str | None, until_ms: int | None, now: int) -> str | None:
        """Throttle the provider until then. A time that is past lifts it: then the answer is the key that holds nobody any more.

        None is no end, and what has no end is no throttle: nothing changes.
        """
        key = _key(provider, tenant)
        if until_ms is None:
            return None
        if until_ms <= now:
            return key if self._known.pop(key, None) is not None else None
        self._known[key] = Throttle(provider.strip().lower(), tenant, until_ms)
        return None

    def holding(self, ticket: Ticket, now: int) -> str | None:
        """The key of a throttle that holds the run."""
        for provider in ticket.providers if self._known else ():
            key = _key(provider, ticket.tenant)
            found = self._known.get(key)
            if found is not None and found.until_ms > now:
                return key
        return None

    def end(self, now: int) -> list[str]:
        """Forget those that are over; their keys."""
        over = [key for key, found in self._known.items() if found.until_ms <= now]
        for key in over:
            del self._known[key]
        return over

    def next_end(self) -> int | None:
        """When the first of them ends, epoch milliseconds."""
        return min((found.until_ms for found in self._known.values()), default=None)

    @property
    def known(self) -> Mapping[str, Throttle]:
        """Those in force, by key."""
        return self._known
