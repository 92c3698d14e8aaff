from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable
from functools import partial
from pathlib import Path

import pytest

from actors.node.guardian.guardian import Guardian
from actors.node.guardian.process import Process
from actors.node.orders import WorkOrder
from actors.node.tools import NodeSettings, Tools
from storage.blobs import Blobs
from tests.actors.node.support import COVERAGE, Contents, make_order, unique

ENV = {"PATH": os.environ["PATH"]}


@pytest.fixture
def tools(guardian: Guardian, tmp_path: Path) -> Tools:
    inherit = (*NodeSettings().inherit_env, COVERAGE)
    return Tools(guardian, Contents(Blobs(tmp_path)), NodeSettings(kill_grace_ms=200, inherit_env=inherit, threads=4))


@pytest.fixture
def order(tmp_path: Path) -> Callable[..., WorkOrder]:
    return partial(make_order, tmp_path)


class Spawner:
    """Starts commands in a folder, with next to no environment, and closes their pipes in the end."""

    def __init__(self, guardian: Guardian, folder: Path) -> None:
        self._guardian = guardian
        self.folder = os.open(folder, os.O_PATH | os.O_DIRECTORY)
        self._null = os.open("/dev/null", os.O_RDONLY)
        self._processes: list[Process] = []

    async def __call__(self, *argv: str, env: dict[str, str] | None = None, token: str | None = None) -> Process:
        process = await self._guardian.spawn(
            argv, ENV if env is None else env, token=token or unique("t"), folder=self.folder, stdin=self._null
        )
        self._processes.append(process)
        return process

    def close(self) -> None:
        os.close(self.folder)
        os.close(self._null)
        for process in self._processes:
            process.close()


@pytest.fixture
async def spawn(guardian: Guardian, tmp_path: Path) -> AsyncIterator[Spawner]:
    spawner = Spawner(guardian, tmp_path)
    yield spawner
    spawner.close()
