"""Services for what agents do."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import trio

from actors.services import Services
from tests.actors.run.house import services_at


@pytest.fixture
async def services(tmp_path: Path, nursery: trio.Nursery) -> AsyncIterator[Services]:
    """Services over a served store."""
    with services_at(tmp_path / "data") as services:
        await nursery.start(services.store.serve)
        yield services
