"""The listener and the branch of the tree it stands in. It accepts, looks who it is, and hands the connection to a session."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import count
from pathlib import Path

import trio
from attrs import field, frozen

from actors.control import endpoint, protocol
from actors.control.dispatch import Dispatcher
from actors.control.limits import Limits
from actors.control.peers import Doorkeeper, Entry, Peer, Rights, read_peer
from actors.control.port import Runtime
from actors.control.session import Session
from actors.refusals import Refusal
from supervision import Actor, ChildSpec, Dynamic, Supervisor

__all__ = ["ControlSettings", "Listener", "control_branch"]

_OUT_OF_RESOURCES = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM}
_BREATH = 0.1


@frozen
class ControlSettings:
    """What the socket needs to know. `is_step_process(pid)` tells whether a process descends from a step's; `version` is ours.

    `redact` takes secrets out of a line of JSON.
    """

    path: Path
    version: str
    is_step_process: Callable[[int], bool]
    rights: Rights = field(factory=Rights)
    limits: Limits = field(factory=Limits)
    redact: Callable[[bytes], bytes] = bytes


def control_branch(settings: ControlSettings, runtime: Runtime) -> Supervisor:
    """The child for the tree: sessions first, the listener last, so that nobody knocks before there is room or after the rest is gone."""
    dispatcher = Dispatcher(runtime, settings.rights, settings.limits, settings.is_step_process, settings.version, settings.redact)
    sessions = ChildSpec("sessions", lambda: Dynamic(intensity=1000, period=1.0), shutdown=settings.limits.stall)
    # Sessions outlive a listener's incarnation, so what is known of them must, too.
    doorkeeper, numbers = Doorkeeper(settings.limits), count(1)
    listener = ChildSpec("listener", lambda: Listener(settings, dispatcher, doorkeeper, numbers))
    return Supervisor(strategy="rest_for_one", intensity=3, period=60.0, children=[sessions, listener])


class Listener(Actor[None]):
    """Accepts connections. Its own restart leaves sessions alone; an orderly stop removes the socket."""

    def __init__(self, settings: ControlSettings, dispatcher: Dispatcher, doorkeeper: Doorkeeper, numbers: Iterator[int]) -> None:
        self._settings = settings
        self._dispatcher = dispatcher
        self._doorkeeper = doorkeeper
        self._numbers = numbers
        self._endpoint: endpoint.Endpoint | None = None
        self._accepted = 0
        self._turned_away = 0

    async def started(self) -> None:
        """Listen: from here on a client that connects is served."""
        self._endpoint = endpoint.bind(self._settings.path, self._settings.limits.backlog)
        self.spawn(self._accept_all, self._endpoint)

    async def stopped(self) -> None:
        """Nobody should find a name behind which nobody is."""
        if self._endpoint is not None:
            endpoint.remove(self._endpoint)

    def status(self) -> str:
        """Where, and how many came."""
        return f"listening on {self._settings.path}: {self._accepted} accepted, {self._turned_away} turned away, {self._dispatcher.slots!r}"

    async def _accept_all(self, place: endpoint.Endpoint) -> None:
        listening = trio.socket.from_stdlib_socket(place.sock)
        with listening:
            while True:
                try:
                    connection, _ = await listening.accept()
                except OSError as error:
                    if error.errno == errno.EBADF:
                        return  # `stopped` came first
                    if error.errno not in _OUT_OF_RESOURCES:
                        raise
                    await trio.sleep(_BREATH)
                else:
                    self._receive_peer(connection)

    def _receive_peer(self, connection: trio.socket.SocketType) -> None:
        try:
            self._welcome(connection, read_peer(connection, self._settings.is_step_process))
        except OSError:
            connection.close()  # it was gone before we looked
        except BaseException:
            connection.close()
            raise

    def _welcome(self, connection: trio.socket.SocketType, peer: Peer) -> None:
        settings = self._settings
        if not settings.rights.may_connect(peer.uid):
            self._turn_away(connection, Refusal("peer_not_allowed", f"uid {peer.uid} may not use this daemon"))
            return
        self._accepted += 1
        name = f"s{next(self._numbers)}"
        sessions = self.system.dynamic(f"{self.path.rpartition('/')[0]}/sessions")
        entry = self._doorkeeper.admit(name, peer.uid, sessions.children)
        if entry is None:
            self._turn_away(connection, Refusal("overloaded", "all connections are taken", {"retry_after_ms": 1000}))
            return
        sessions.start_soon(self._spec(name, connection, peer, entry))

    def _spec(self, name: str, connection: trio.socket.SocketType, peer: Peer, entry: Entry) -> ChildSpec:
        limits = self._settings.limits
        return ChildSpec(
            name, lambda: Session(self._dispatcher, connection, peer, entry, limits), restart="temporary", shutdown=2 * limits.farewell
        )

    def _turn_away(self, connection: trio.socket.SocketType, refusal: Refusal) -> None:
        """One line, if it goes out at once: a new connection has room for it."""
        self._turned_away += 1
        with connection, suppress(OSError):
            os.write(connection.fileno(), protocol.error(None, protocol.REFUSED, refusal, self._dispatcher.greeting))
