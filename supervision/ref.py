"""How one speaks to an actor: by its path, looked up at each send, so a Ref outlives every incarnation. It holds nobody alive."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar, cast

import trio
from attrs import field, frozen

from supervision.errors import ActorDead, AskTimeout, MailboxFull
from supervision.mailbox import Asked

if TYPE_CHECKING:
    from supervision.incarnation import Incarnation
    from supervision.system import System

__all__ = ["Forwarded", "Ref", "Request"]

M_contra = TypeVar("M_contra", contravariant=True)
R = TypeVar("R")


class Request(Generic[R]):
    """Base of messages that are asked; `R` is the type of the reply: `class Admit(Request[Admitted | Refusal])`."""

    __slots__ = ()


class Forwarded:
    """What `Actor.forward` returns and a handler may return in turn: the answer will come from another actor."""

    __slots__ = ()


@frozen
class Ref(Generic[M_contra]):
    """Told messages reach the mailbox in the order of the sends of one task. Nothing told is answered, nothing asked stays unanswered."""

    path: str
    _system: System = field(repr=False)

    async def tell(self, message: M_contra) -> None:
        """Put `message` into the mailbox, waiting for room. To the dead, or to one who dies meanwhile: a counted dead letter, no error.

        Raises `MailboxFull` where the mailbox's policy is "fail".
        An actor tells itself with `tell_nowait`: for its own room it would wait for ever.
        """
        cell = self._system.registry.receiver(self.path)
        if cell is None or cell.post.rules.overflow != "wait":
            self.tell_nowait(message)
            await trio.lowlevel.checkpoint()
            return
        try:
            cell.post.send.send_nowait(message)  # no checkpoint while there is room, which bounds how long that can go on
        except trio.WouldBlock:
            await cell.post.send.send(message)  # an actor that ends empties its mailbox, waiting senders included

    def tell_nowait(self, message: M_contra) -> None:
        """As `tell`, at once: raises `MailboxFull` when there is no room, unless the policy is "drop_new"."""
        registry = self._system.registry
        cell = registry.receiver(self.path)
        if cell is None:
            registry.dead_letter(self.path, message)
            return
        try:
            cell.post.send.send_nowait(message)
        except trio.WouldBlock:
            if cell.post.rules.overflow != "drop_new":
                raise MailboxFull(self.path) from None
            registry.drop(self.path, message)

    async def ask(self, request: Request[R], *, timeout: float) -> R:
        """Send `request` and wait for the reply, at most `timeout` seconds in all (`math.inf`: for ever).

        Raises `ActorDead` (at once if nobody is there; with the cause if the handler breaks), `AskTimeout`, `MailboxFull`.
        Cancelling the asker does not take the request back.
        """
        cell = self._system.registry.receiver(self.path)
        if cell is None:
            raise ActorDead(self.path)
        asked = Asked(self.path, request, timeout, self._system.timers)
        try:
            cell.post.send.send_nowait(asked)
        except trio.WouldBlock:
            timeout = await self._wait_for_room(cell, asked)
        return cast("R", await asked.wait(timeout))

    async def _wait_for_room(self, cell: Incarnation, asked: Asked) -> float:
        """Seconds that are left for the answer."""
        if cell.post.rules.overflow != "wait":
            raise MailboxFull(self.path) from None
        with trio.move_on_after(asked.seconds) as patience:
            await cell.post.send.send(asked)
        if patience.cancelled_caught:
            raise AskTimeout(self.path, asked.seconds) from None
        return max(0.0, patience.deadline - trio.current_time())

    def pass_on(self, asked: Asked, message: object) -> None:
        """Let the actor at this path answer what another was asked; if it cannot take it, the asker learns so at once."""
        asked.request, asked.path = message, self.path
        cell = self._system.registry.receiver(self.path)
        if cell is None:
            asked.fail(ActorDead(self.path))
            return
        try:
            cell.post.send.send_nowait(asked)
        except trio.WouldBlock:
            asked.fail(MailboxFull(self.path))
