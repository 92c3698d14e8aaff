"""What the log of a run says about its time in the queue."""

from __future__ import annotations

from typing import ClassVar

from attrs import frozen

from actors.entity import Fact

__all__ = ["RunQueueReasonChanged"]


@frozen
class RunQueueReasonChanged(Fact):
    """The run has been queued for more than a moment, and this is why. It changes no status.

    `resource_key`: the workspace that another run holds; `rate_limited_provider`: the outside service that is throttled.
    """

    kind: ClassVar[str] = "run_queue_reason_changed"
    queue_reason: str
    resource_key: str | None = None
    rate_limited_provider: str | None = None
