"""What is asked of a gate: the one decision."""

from __future__ import annotations

from attrs import frozen

from actors.refusals import Principal

__all__ = ["Decide"]


@frozen
class Decide:
    """A person's answer. `gate` is a node id, a gate name or a request id, None for the only one open.

    `nonce` and `shown_digest`, when given, must be those of the open instance: so an answer never applies to what its author did not see.
    """

    by: Principal
    decision: str
    gate: str | None = None
    feedback: str | None = None
    selections: tuple[str, ...] = ()
    reason: str | None = None
    nonce: str | None = None
    shown_digest: str | None = None
