"""What can be asked of a daemon of which only the store is there."""

from __future__ import annotations

from pathlib import Path

from actors.assembly import Assembly
from actors.config import Config
from actors.control import params as p
from actors.paths import Places
from actors.refusals import Principal


async def test_without_a_scheduler_its_numbers_are_left_out(tmp_path: Path) -> None:
    places = Places(tmp_path / "data", tmp_path / "s", tmp_path / "penstock.toml")
    with Assembly.open(places, Config(), lambda _: None, inline=True, listen=False) as assembly:
        answer = await assembly.runtime.system_metrics(p.SystemMetrics(), Principal(0))
    assert isinstance(answer, dict)
    assert answer["metrics"]["runs_queued"] == 0
    assert [name for name in answer["metrics"] if name.startswith("scheduler_")] == []
