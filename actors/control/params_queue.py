"""The parameters of the scheduler's methods; used by the name of `params`, like all others."""

from __future__ import annotations

from attrs import field, frozen

from actors.control import bounds

__all__ = ["SchedulerQueue", "SchedulerThrottle"]


@frozen
class SchedulerQueue:
    """The queue, with the first `limit` of those that wait."""

    limit: int = field(default=100, validator=bounds.count)


@frozen
class SchedulerThrottle:
    """Hold runs that need `provider` for so many milliseconds; 0 lets them go. `tenant`: only those of that tenant."""

    provider: str = field(validator=bounds.name)
    for_ms: int = field(validator=bounds.week)
    tenant: str | None = field(default=None, validator=bounds.name)
