"""One connection, from its first line to its last. Requests are answered one after the other; subscriptions send between the answers."""

from __future__ import annotations

import trio
from attrs import frozen

from actors.control import protocol
from actors.control.dispatch import Dispatcher, Follow, Reply
from actors.control.framing import FrameTooLarge, FrameTooSlow, Idle, LineReader
from actors.control.limits import Limits
from actors.control.outbox import CutOff, Outbox
from actors.control.peers import Entry, Peer
from actors.control.subscription import Subscription
from actors.refusals import Refusal
from storage.crashpoints import reach
from supervision import Actor, Mailbox

__all__ = ["Ended", "Line", "Session"]


@frozen
class Line:
    """The peer sent a line."""

    data: bytes


@frozen
class Ended:
    """Nothing more will come from the peer, or nothing more gets through to it; `refusal` is what it should be told."""

    refusal: Refusal | None = None


class Session(Actor[Line | Ended]):
    """A temporary actor: its reader fills the mailbox and waits when it is full, so a peer that hurries is slowed by its own answers.

    An error of the runtime is answered with `internal` and then ends this session, and only this one.
    """

    mailbox = Mailbox(capacity=4)

    def __init__(self, dispatcher: Dispatcher, sock: trio.socket.SocketType, peer: Peer, entry: Entry, limits: Limits) -> None:
        self._dispatcher = dispatcher
        self._socket = sock
        self._peer = peer
        self._reserved = entry == "reserved"
        self._limits = limits
        self._outbox = Outbox(sock, limits, dispatcher.redact)
        self._requests = 0
        self._pending = 0
        self._over = False
        self._subscriptions: set[str] = set()

    async def started(self) -> None:
        """Begin to read and to write."""
        self.spawn(self._write)
        self.spawn(self._read)

    async def receive(self, message: Line | Ended) -> None:
        """Answer a line; or, when nothing follows, let the answers out and end."""
        try:
            if isinstance(message, Line):
                await self._answer(message.data)
                self._pending -= 1
                return
            if message.refusal is not None:
                await self._outbox.put(protocol.error(None, protocol.BAD_REQUEST, message.refusal))
            await self._outbox.drained(self._limits.stall)
        except CutOff:
            pass  # the peer is gone; that is the end of a session, not a fault of it
        self._over = True
        self.finish()

    async def stopped(self) -> None:
        """Where the daemon ends, and not the peer: say so, so that a client does not take it for a crash."""
        if self._over:
            return
        reason = {"code": "shutting_down", "message": "the daemon is stopping; its runs go on when it starts again"}
        with trio.move_on_after(self._limits.farewell):
            try:
                await self._outbox.put(protocol.notification("session.closed", {"closed": reason}))
            except CutOff:
                return
            await self._outbox.drained(self._limits.farewell)

    def status(self) -> str:
        """Who, and how much was asked."""
        kind = "reserved " if self._reserved else ""
        asked = f"{self._requests} request{'' if self._requests == 1 else 's'}"
        return f"{kind}uid {self._peer.uid} pid {self._peer.pid}: {asked}, subscriptions: {len(self._subscriptions)}"

    async def _answer(self, line: bytes) -> None:
        first, self._requests = self._requests == 0, self._requests + 1
        outcome = await self._dispatcher.handle(line, self._peer, reserved_only=self._reserved, first=first)
        if isinstance(outcome, Follow):
            await self._subscribe(outcome, first=first)
            return
        await self._outbox.put(outcome.line)
        await self._after(outcome)

    async def _after(self, reply: Reply) -> None:
        if reply.changed:
            await self._outbox.drained(self._limits.stall)
            reach("reply.after")
        if reply.fault is not None:
            await self._outbox.drained(self._limits.farewell)
            raise reply.fault

    async def _subscribe(self, follow: Follow, *, first: bool) -> None:
        extra = self._dispatcher.greeting if first else None
        name = f"sub-{self._requests}"
        subscription = Subscription(name, follow.run_id, follow.after, self._dispatcher.runtime, self._limits, history=follow.history)
        refusal: Refusal | None
        if len(self._subscriptions) >= self._limits.subscriptions:
            refusal = Refusal("overloaded", f"a connection may hold {self._limits.subscriptions} subscriptions: open another one")
        else:
            refusal = await subscription.check()
        if refusal is not None:
            await self._outbox.put(protocol.error(follow.call_id, protocol.REFUSED, refusal, extra))
            return
        self._subscriptions.add(name)
        await self._outbox.put(protocol.result(follow.call_id, {"subscription": name}, extra))
        self.spawn(self._follow, subscription)

    async def _follow(self, subscription: Subscription) -> None:
        await subscription.run(self._outbox.put)
        self._subscriptions.discard(subscription.name)

    async def _read(self) -> None:
        idle = self._limits.reserved_idle if self._reserved else self._limits.idle
        reader = LineReader(self._socket, self._limits, idle=idle, occupied=lambda: bool(self._pending or self._subscriptions))
        await self.ref.tell(Ended(await self._read_lines(reader)))

    async def _read_lines(self, reader: LineReader) -> Refusal | None:
        limits = self._limits
        try:
            while (line := await reader.read()) is not None:
                self._pending += 1
                await self.ref.tell(Line(line))
        except FrameTooLarge:
            return Refusal("bad_request", f"a line may have at most {limits.frame} bytes")
        except FrameTooSlow:
            return Refusal("bad_request", f"a line must end within {limits.frame_deadline:g} s of its beginning")
        except Idle:
            return Refusal("idle", "nothing was asked for too long")
        except (OSError, trio.ClosedResourceError):
            pass  # broken off: as good as closed
        return None

    async def _write(self) -> None:
        try:
            await self._outbox.run()
        finally:
            self._socket.close()
        await self.ref.tell(Ended())
