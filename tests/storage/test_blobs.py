"""Content is stored once, named by its digest, whole or not at all, and checked whenever it is read."""

from __future__ import annotations

import os
from hashlib import sha256
from pathlib import Path

import pytest

from storage.blobs import Blobs
from storage.errors import BlobDamaged, BlobMissing, StorageFull
from storage.store import Store


@pytest.fixture
def blobs(tmp_path: Path) -> Blobs:
    return Blobs(tmp_path / "blobs")


async def test_a_content_is_found_by_its_digest(store: Store) -> None:
    digest = await store.put_blob(b"content")
    assert digest == sha256(b"content").hexdigest()
    assert store.blobs.get(digest) == b"content"
    assert store.blobs.path(digest).stat().st_mode & 0o777 == 0o600


def test_the_same_content_is_stored_once(blobs: Blobs) -> None:
    first = blobs.path(blobs.put(b"x")).stat()
    second = blobs.path(blobs.put(b"x")).stat()
    assert first.st_ino == second.st_ino


def test_a_file_is_stored_from_where_it_stands(blobs: Blobs, tmp_path: Path) -> None:
    (tmp_path / "source").write_bytes(b"head" + b"y" * 3_000_000)
    source = os.open(tmp_path / "source", os.O_RDONLY)
    try:
        os.lseek(source, 4, os.SEEK_SET)
        digest = blobs.put_file(source)
        os.lseek(source, 4, os.SEEK_SET)
        assert blobs.put_file(source) == digest
    finally:
        os.close(source)
    assert blobs.get(digest) == b"y" * 3_000_000
    assert list(blobs.digests()) == [digest]


def test_changed_bytes_are_never_handed_out(blobs: Blobs) -> None:
    digest = blobs.put(b"content")
    blobs.path(digest).write_bytes(b"c0ntent")
    with pytest.raises(BlobDamaged):
        blobs.get(digest)


@pytest.mark.parametrize("digest", ["0" * 64, "", "../../etc/passwd", "A" * 64, "0" * 63 + "/"])
def test_what_is_not_there_or_no_digest_is_missing(blobs: Blobs, digest: str) -> None:
    with pytest.raises(BlobMissing):
        blobs.get(digest)


def test_a_discarded_content_is_gone(blobs: Blobs) -> None:
    digest = blobs.put(b"content")
    assert [blobs.discard(digest), blobs.discard(digest)] == [True, False]
    assert list(blobs.digests()) == []


def test_what_is_old_may_be_collected_and_what_was_put_again_may_not(blobs: Blobs) -> None:
    old, again, new = (blobs.put(data) for data in (b"old", b"again", b"new"))
    for digest in (old, again):
        os.utime(blobs.path(digest), (1, 1))
    assert sorted(blobs.older(5_000)) == sorted([old, again])
    blobs.put(b"again")
    assert list(blobs.older(5_000)) == [old]
    assert [blobs.collect(digest, 5_000) for digest in (old, again, new, old)] == [3, None, None, None]
    assert set(blobs.digests()) == {again, new}


def test_what_is_put_while_somebody_gathers_is_not_collected_whatever_the_clock_says(tmp_path: Path) -> None:
    blobs = Blobs(tmp_path / "blobs")
    blobs.now_ms = 1_000
    first, second = blobs.put(b"first"), blobs.put(b"second")
    blobs.stored = set()
    blobs.now_ms = 500  # it goes back
    third = blobs.put(b"third")
    assert blobs.put(b"first") == first
    assert [blobs.collect(digest, 2_000) for digest in (first, second, third)] == [None, 6, None]
    assert blobs.put(b"second") == second
    assert set(blobs.digests()) == {first, second, third}


def test_a_content_counts_as_there_on_a_disk_that_takes_nothing(blobs: Blobs, monkeypatch: pytest.MonkeyPatch) -> None:
    digest = blobs.put(b"x")

    def refuse(*_: object, **__: object) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(os, "utime", refuse)
    assert blobs.put(b"x") == digest


def test_a_write_that_fails_leaves_nothing(blobs: Blobs, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(fd: int, data: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(StorageFull):
        blobs.put(b"content")
    assert list(blobs._folder.iterdir()) == []


def test_remains_of_a_crash_are_cleared(blobs: Blobs) -> None:
    digest = blobs.put(b"content")
    rest, fresh = blobs._folder / "77-0.new", blobs._folder / "78-0.new"
    rest.write_bytes(b"half")
    fresh.write_bytes(b"half")
    os.utime(rest, (1, 1))
    blobs.clear_remains(5_000)
    assert (rest.exists(), fresh.exists(), list(blobs.digests())) == (False, True, [digest])
