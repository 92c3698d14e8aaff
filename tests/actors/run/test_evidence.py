"""What the artifacts before a gate hash to right now."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

import pytest
from attrs import evolve

from actors.run import evidence
from actors.run.evidence import gather
from tests.actors.run.table import Story


def drafted() -> Story:
    story = Story.begun("draft artifact: notes.json", "ask gate: human_approval, needs: [draft]", "x needs: [ask]")
    story.ok("draft", file="notes.json")
    return story


@pytest.mark.parametrize("size", [5, evidence.IN_THREAD + 1])
async def test_a_file_is_hashed_as_it_is_now_large_ones_in_a_thread(tmp_path: Path, size: int) -> None:
    story = drafted()
    artifact = story.state.nodes["draft"].artifact
    assert artifact is not None
    story.state.nodes["draft"].artifact = evolve(artifact, size=size)
    (tmp_path / "notes.json").write_bytes(b"other")
    assert await gather(story.state, str(tmp_path), ["ask"]) == {"draft": sha256(b"other").hexdigest()}


async def test_a_file_that_is_gone_or_no_regular_file_has_no_hash(tmp_path: Path) -> None:
    story = drafted()
    assert await gather(story.state, str(tmp_path), ["ask"]) == {"draft": None}
    (tmp_path / "elsewhere").write_bytes(b"hello")
    (tmp_path / "notes.json").symlink_to(tmp_path / "elsewhere")
    assert await gather(story.state, str(tmp_path), ["ask"]) == {"draft": None}


async def test_nothing_is_read_for_no_gate(tmp_path: Path) -> None:
    assert await gather(drafted().state, str(tmp_path), []) == {}
