"""Tasks that an actor runs beside its handlers. They live in the system's nursery under scopes of their own and end with their actor."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import trio

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from supervision.incarnation import Incarnation

__all__ = ["Background"]


class Background:
    """Made with an actor's first such task. A task that breaks breaks its actor; one that is cancelled or returns is forgotten."""

    __slots__ = ("_cell", "_quiet", "_scopes")

    def __init__(self, cell: Incarnation) -> None:
        self._cell = cell
        self._scopes: dict[trio.CancelScope, None] = {}
        self._quiet: trio.Event | None = None

    def __len__(self) -> int:
        return len(self._scopes)

    def spawn(self, work: Callable[..., Awaitable[object]], args: tuple[Any, ...]) -> trio.CancelScope:
        scope = trio.CancelScope()
        self._scopes[scope] = None
        if self._quiet is not None:  # too late: the actor is ending
            scope.cancel()
        self._cell.system.start_task(self._run, f"{self._cell.path}:{getattr(work, '__name__', 'task')}", scope, work, args)
        return scope

    async def _run(self, scope: trio.CancelScope, work: Callable[..., Awaitable[object]], args: tuple[Any, ...]) -> None:
        foreign: BaseException | None = None
        try:
            with scope:
                await work(*args)
        except BaseException as error:  # noqa: BLE001 - sifted: what is not the actor's own is raised again below
            foreign = self._cell.broken(error)
            self._cell.scope.cancel()
        del self._scopes[scope]
        if self._quiet is not None and not self._scopes:
            self._quiet.set()
        if foreign is not None:
            raise foreign

    async def end(self) -> None:
        """Cancel them all (there must be one) and wait until they are gone; only they themselves can delay that."""
        self._quiet = trio.Event()
        for scope in self._scopes:
            scope.cancel()
        with trio.CancelScope(shield=True):
            await self._quiet.wait()
