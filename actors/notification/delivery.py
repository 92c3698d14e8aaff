"""One try to hand a notification to the hook: to a program's standard input, or signed to an address."""

from __future__ import annotations

import hmac
import os
from collections.abc import Mapping
from hashlib import sha256
from typing import TYPE_CHECKING

from attrs import field, frozen

from actors.outside.program import Program, run_program
from actors.outside.secrets import read_secret
from actors.outside.trouble import Trouble, not_before
from actors.outside.web import Request, fetch
from actors.version import VERSION

if TYPE_CHECKING:
    from actors.config.sections import Notify
    from actors.node.guardian.guardian import Guardian

__all__ = ["Hook", "Parcel", "deliver", "signature"]


@frozen
class Hook:
    """Who is told. `env`: what the program gets of the daemon's own environment."""

    guardian: Guardian
    notify: Notify
    env: Mapping[str, str] = field(repr=False)

    @property
    def ways(self) -> tuple[str, ...]:
        """The ways in which it is told: none where none is configured."""
        return self.notify.ways


@frozen
class Parcel:
    """`body`: canonical JSON, the same at every try. `at_ms`: the time of this try, epoch milliseconds."""

    notification_id: str
    event: str
    body: bytes = field(repr=False)
    at_ms: int


async def deliver(hook: Hook, way: str, parcel: Parcel) -> None:
    """Return when the hook has taken it. Raises Trouble."""
    if way not in hook.ways:
        raise Trouble("notify_not_configured", f"notify.{way} is not set any more")
    timeout_s = hook.notify.timeout_ms / 1000
    if way == "command":
        assert hook.notify.command is not None, "a way that is configured"
        env = {**hook.env, "PENSTOCK_NOTIFICATION_ID": parcel.notification_id, "PENSTOCK_NOTIFICATION_EVENT": parcel.event}
        token = f"notification/{sha256(parcel.notification_id.encode()).hexdigest()[:16]}/{os.getpid()}/{parcel.at_ms}"
        await run_program(hook.guardian, Program(hook.notify.command, env, token, parcel.body, timeout_s))
        return
    assert hook.notify.url is not None, "a way that is configured"
    key = read_secret(f"file:{hook.notify.key_file}")
    headers = {
        "Content-Type": "application/json", "User-Agent": f"penstock/{VERSION}", "Idempotency-Key": parcel.notification_id,
        "Penstock-Event": parcel.event, **signature(key, parcel.at_ms // 1000, parcel.body),
    }  # fmt: skip
    reply = await fetch(Request("POST", hook.notify.url, timeout_s, headers, parcel.body))
    if not 200 <= reply.status < 300:
        raise Trouble("http_refused", f"the address of notify.url answered {reply.status}", not_before(reply.headers, parcel.at_ms))


def signature(key: str, at_s: int, body: bytes) -> dict[str, str]:
    """The headers that prove who sent it, and when: HMAC-SHA256 over the time in seconds, a dot, and the body."""
    digest = hmac.new(key.encode(), b"%d." % at_s + body, sha256).hexdigest()
    return {"Penstock-Timestamp": str(at_s), "Penstock-Signature": f"sha256={digest}"}
