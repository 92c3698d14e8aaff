"""The anchor keeps the head of the log in two slots: one that is torn leaves the other, and a lost write is lawful."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from attrs import evolve

from storage.anchor import Anchor, Mark
from storage.errors import StoreDamaged

FIRST = Mark(b"s" * 16, 1)


@pytest.fixture
def written(tmp_path: Path) -> Path:
    """An anchor at position 5, moved there from 1 step by step."""
    anchor = Anchor(tmp_path)
    anchor.start(FIRST)
    for position in range(1, 6):
        anchor.write(evolve(FIRST, position=position, sum=bytes([position]) * 8))
    anchor.close()
    return tmp_path / "penstock.anchor"


def _position(path: Path) -> int:
    mark = Anchor(path.parent).read()
    assert mark is not None
    return mark.position


def test_the_newest_mark_is_read_back(written: Path) -> None:
    assert Anchor(written.parent).read() == evolve(FIRST, position=5, sum=b"\x05" * 8)


def test_no_file_is_no_mark(tmp_path: Path) -> None:
    assert Anchor(tmp_path).read() is None


def test_a_torn_slot_leaves_the_mark_before(written: Path) -> None:
    data = bytearray(written.read_bytes())
    found = []
    for offset in (0, 512):
        torn = data.copy()
        torn[offset + 40 : offset + 80] = bytes(40)
        written.write_bytes(torn)
        found.append(_position(written))
    assert sorted(found) == [4, 5]


def test_any_flipped_bit_of_a_slot_makes_it_void(written: Path) -> None:
    data = written.read_bytes()
    newest = 512 if _position_of(data, 512) == 5 else 0
    for at in range(newest, newest + 104):
        written.write_bytes(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
        assert _position(written) == 4


def _position_of(data: bytes, offset: int) -> int:
    return int.from_bytes(data[offset + 36 : offset + 44], "big")


@pytest.mark.parametrize("data", [b"", b"short", bytes(1_024)])
def test_without_an_intact_slot_the_anchor_is_damaged(written: Path, data: bytes) -> None:
    written.write_bytes(data)
    with pytest.raises(StoreDamaged):
        Anchor(written.parent).read()


def test_starting_again_goes_on_from_the_newest_mark(written: Path) -> None:
    anchor = Anchor(written.parent)
    anchor.read()
    anchor.start(evolve(FIRST, position=9))
    anchor.write(evolve(FIRST, position=10))
    anchor.sync()
    anchor.close()
    anchor.close()
    assert _position(written) == 10


def test_a_write_or_a_sync_that_fails_is_no_failure_of_the_commit(written: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    anchor = Anchor(written.parent)
    anchor.start(FIRST)

    def broken(*_: object) -> int:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "pwrite", broken)
    monkeypatch.setattr(os, "fdatasync", broken)
    anchor.write(evolve(FIRST, position=7))
    anchor.sync()
    anchor.close()
    assert anchor.mark is not None
    assert anchor.mark.position == 7
    assert _position(written) == 0
