"""A daemon's control socket in a thread of the test's process, with a scripted runtime behind it, and a command line that talks to it."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
import trio
from click.testing import CliRunner, Result

from actors.cli.main import cli
from tests.actors.cli.world import World
from tests.actors.control.fakes import Served, served


class Daemon:
    """Serves a world until `stop`. Everything of it is touched in its own thread only, through `do`."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.here: Served
        self._up = threading.Event()
        self._thread = threading.Thread(target=trio.run, args=(self._main,))
        self._thread.start()
        assert self._up.wait(10)

    async def _main(self) -> None:
        self._token, self._over = trio.lowlevel.current_trio_token(), trio.Event()
        async with served(self.world.runtime) as self.here, trio.open_nursery() as nursery:
            self.world.nursery = nursery
            self._up.set()
            await self._over.wait()
            nursery.cancel_scope.cancel()

    @property
    def socket(self) -> str:
        return str(self.here.path)

    def do(self, what: Callable[..., Any], *args: Any) -> Any:
        """Run something in the daemon's thread."""
        return trio.from_thread.run_sync(what, *args, trio_token=self._token)

    def stop(self) -> None:
        if self._thread.is_alive():
            self.do(self._over.set)
            self._thread.join(20)
            assert not self._thread.is_alive()


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def daemon(world: World) -> Iterator[Daemon]:
    running = Daemon(world)
    yield running
    running.stop()


Penstock = Callable[..., Result]


@pytest.fixture
def penstock(daemon: Daemon) -> Penstock:
    """Run a command line against the daemon."""
    return lambda *words, **kw: CliRunner().invoke(cli, ["--socket", daemon.socket, *words], **kw)


@pytest.fixture
def alone(tmp_path: Any) -> Penstock:
    """Run a command line where no daemon is."""
    places = ["--data", str(tmp_path / "data"), "--socket", str(tmp_path / "none.sock"), "--config", str(tmp_path / "penstock.toml")]
    return lambda *words, **kw: CliRunner().invoke(cli, [*places, *words], **kw)


@pytest.fixture
def carried(world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> Iterator[SimpleNamespace]:
    """No daemon listens, but one can be carried: `penstock` runs a command line, `daemons` lists those that were carried."""
    import contextlib

    from actors.cli import link
    from actors.control.client import Client

    daemons: list[Daemon] = []

    @contextlib.contextmanager
    def embedded(places: Any) -> Iterator[None]:
        daemons.append(Daemon(world))
        monkeypatch.setattr(link.Link, "client", lambda self, *, patience=0.0: Client(daemons[-1].here.path))
        try:
            yield
        finally:
            if world.on_shutdown is not None:
                daemons[-1].do(world.on_shutdown)
            daemons[-1].stop()

    fake = SimpleNamespace(embedded=embedded)
    monkeypatch.setitem(sys.modules, "actors.daemon", fake)
    words = ["--data", str(tmp_path / "data"), "--socket", str(tmp_path / "none.sock")]
    yield SimpleNamespace(penstock=lambda *more, **kw: CliRunner().invoke(cli, [*words, *more], **kw), daemons=daemons)
    for daemon in daemons:
        daemon.stop()
