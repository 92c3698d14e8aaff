"""What is asked of a gate: the one decision."""

from __future__ import annotations

from attrs import frozen

from actors.refusals import Principal

__all__ = ["Decide"]


@frozen
class Decide:
    """A person's answer. `gate` is a node id, a gate name or a request id, None for the only one open.

    `nonce`, `approval_request_id`, `transition_id` and `shown_digest`, when given, must be those of the open instance: so an answer never
    applies to what its author did not see. `groups` are those of the person, `version_author` is who stored the version of the run: the
    rules cannot look that up.
    """

    by: Principal
    decision: str
    gate: str | None = None
    feedback: str | None = None
    selections: tuple[str, ...] = ()
    reason: str | None = None
    nonce: str | None = None
    shown_digest: str | None = None
    approval_request_id: str | None = None
    transition_id: str | None = None
    groups: frozenset[str] = frozenset()
    version_author: str | None = None
