"""What resolvers ask with, and what it means when they are turned away."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from attrs import field, frozen

from actors.outside.secrets import read_secret
from actors.outside.trouble import Trouble, not_before
from actors.outside.web import Reply

if TYPE_CHECKING:
    from actors.node.guardian.guardian import Guardian

__all__ = ["Means", "refused"]


@frozen
class Means:
    """What resolvers ask with. `env`: what a program gets of the daemon's environment; `tokens`: where they lie, by name."""

    guardian: Guardian
    timeout_s: float
    env: Mapping[str, str] = field(repr=False)
    tokens: Mapping[str, str]

    def token(self, gate_type: str, identity: str | None) -> str | None:
        """The token of the gate's identity; without one, that of its type, else the default one, else none. Raises Trouble."""
        if identity is not None and identity not in self.tokens:
            raise Trouble("resolver_identity_unknown", f"gates.tokens has no {identity!r}, under which the gate, or its run, works")
        where = self.tokens.get(identity or gate_type) or self.tokens.get("default")
        return None if where is None else read_secret(where)


def refused(reply: Reply, now_ms: int) -> Trouble:
    """What a status other than 200 means."""
    later = not_before(reply.headers, now_ms)
    text = f"it answered {reply.status}"
    if reply.status == 429 or (reply.status == 403 and later is not None):
        return Trouble("resolver_rate_limited", text, later)
    return Trouble("resolver_unavailable" if reply.status >= 500 else "resolver_refused", text, later)
