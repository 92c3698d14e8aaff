"""A real memory for what reads and writes logs, and a server that speaks as model services do, written by others than us."""

from __future__ import annotations

import subprocess
from collections.abc import AsyncIterator, Generator
from pathlib import Path

import pytest
import trio

from actors.services import Services
from tests.actors.run.house import services_at
from tests.architecture.sources import ROOT

# It takes a free port before it says so, and ends when its standard input does, whatever becomes of us.
SERVE = """
import sys
from llmock.testing import LLMockServer
from llmock.simulation import MockResponseSettings
with LLMockServer() as server:
    print(server.base_url("openai"), server.base_url("anthropic"), flush=True)
    sys.stdin.read()
"""


@pytest.fixture(scope="session")
def llmock() -> Generator[tuple[str, str], None, None]:
    """The base URLs of its two services, one process for each worker."""
    python = ROOT / ".venv" / "llmock" / "bin" / "python"
    with subprocess.Popen([python, "-c", SERVE], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        line = process.stdout.readline().split()
        assert len(line) == 2, "llmock has not started; run bin/setup test"
        yield line[0], line[1]
        process.stdin.close()


@pytest.fixture
async def services(tmp_path: Path, nursery: trio.Nursery) -> AsyncIterator[Services]:
    """Services over a served store."""
    with services_at(tmp_path / "data") as services:
        await nursery.start(services.store.serve)
        yield services
